package main

import (
	"fmt"
	"slices"
	"strings"
)

// tier is one command, and what it proves.
type tier struct {
	name string
	args []string // the command
	// plain says that it prints no figures: it passes or fails.
	plain bool
}

// tiers are all of them; long asks for ten times as much, and for hours of real time.
func tiers(long bool) []tier {
	size := func(ci, long10 string) string {
		if long {
			return long10
		}
		return ci
	}
	test := func(pkg string, flags ...string) []string {
		return append([]string{"go", "test", "-count=1", "-v", "-timeout", "0", pkg}, flags...)
	}
	all := []tier{
		{name: "simulation", args: []string{"go", "run", "./integration/sim/run", "-runs", size("2000", "20000")}},
		{name: "sabotage", args: []string{"go", "run", "./integration/sim/run", "-sabotage"}},
		{name: "soak", args: []string{"make", "--no-print-directory", "soak"}},
		{name: "processes", args: test("./integration/kill", "-runs", size("100", "1000"), "-each", size("5", "50"), "-restarts", size("20", "100"), "-outage", size("6s", "10m"))},
		{name: "brokers", args: test("./integration/brokers", "-long="+size("false", "true"))},
		{name: "memory", args: test("./integration/memory")},
		{name: "canary", args: test("./integration/canary")},
		{name: "generated", args: []string{"make", "--no-print-directory", "generated", "EVENTS=" + size("1000000", "10000000")}, plain: true},
		{name: "kafka", args: test("./integration/kafka"), plain: true},
		{name: "coverage", args: []string{"make", "--no-print-directory", "coverage"}},
		{name: "mutation", args: []string{"make", "--no-print-directory", "mutation"}},
	}
	if long { // in less the slope of memory tells nothing
		all = append(all, tier{name: "hours", args: []string{"go", "run", "./integration/soak", "-for", "2h", "-every", "1m"}})
	}
	return all
}

// choose returns the tiers of these names, with commas between them, in their own order; no names: all.
func choose(all []tier, names string) ([]tier, error) {
	if names == "" {
		return all, nil
	}
	wanted := strings.Split(names, ",")
	var chosen []tier
	var known []string
	for _, t := range all {
		known = append(known, t.name)
		if slices.Contains(wanted, t.name) {
			chosen = append(chosen, t)
		}
	}
	for _, name := range wanted {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("there is no tier %q; -only takes some of: %s", name, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}
