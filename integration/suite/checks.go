package main

import (
	"slices"
	"strings"
)

// check is one call of go test.
type check struct {
	name string
	args []string // after "go test -json"
	// depth tells what the summary counts: tests (0), or their parts at that depth, which are called what.
	depth int
	what  string
}

const (
	module      = "github.com/pintle-io/pintle/"
	integration = module + "integration"
)

// alone are the packages with a check of their own, or in make proof: they start processes and brokers.
func alone() []string {
	list := []string{integration}
	for _, name := range []string{"brokers", "canary", "kafka", "kill", "memory", "sim"} {
		list = append(list, integration+"/"+name)
	}
	return list
}

// checks are what make test runs, or make test-fast. Each of them goes by fixed seeds, and waits for what it wants
// to have happened with a patience that no machine uses up; what measures times or rates is in make proof.
func checks(all []string, race, fast bool) []check {
	units := slices.DeleteFunc(slices.Clone(all), func(p string) bool { return slices.Contains(alone(), p) })
	if fast {
		// Its tests start the program dozens of times.
		units = slices.DeleteFunc(units, func(p string) bool { return strings.HasPrefix(p, module+"cmd/pintle") })
		return []check{{name: "packages but cmd/pintle, -short", args: append([]string{"-short", "-parallel=8"}, units...)}}
	}
	with := func(args ...string) []string {
		if race {
			return append([]string{"-race"}, args...)
		}
		return args
	}
	whole := func(run string) []string { return with("-count=1", "-timeout=30m", "-run="+run, integration) }
	return []check{
		{name: "packages", args: with(append([]string{"-shuffle=1", "-parallel=8"}, units...)...)},
		{name: "layout and proofs of the scenarios", args: with("-run=^Test(Arrows|RulesBite|House|ProofsBite)$", integration)},
		{name: "200,000 generated events", args: []string{
			"-count=1", "-run=^TestGeneratedEvents$", module + "processor/transform", "-rapid.checks=1000", "-rapid.seed=1",
		}},
		{name: "fault schedules in virtual time", args: []string{
			"-count=1", "-tags=synctests", "-timeout=20m", "-run=^TestSchedules$", integration + "/sim", "-sim.seed=1", "-sim.runs=60",
		}},
		{name: "kill -9 at each kill point", args: []string{
			"-count=1", "-timeout=20m", "-run=^(TestKillPoints|TestWhatALifeMustHaveKnown|TestWithin)$", integration + "/kill", "-each=1", "-gate",
		}},
		{name: "personal values in all output", args: []string{"-count=1", "-timeout=20m", integration + "/canary"}},
		{name: "in-process broker", args: whole("^TestScenariosOnFake$"), depth: 2, what: "scenarios"},
		{name: "real Kafka", args: whole("^TestScenariosOnKafka$"), depth: 2, what: "scenarios"},
		{name: "docker compose", args: whole("^TestCompose$")},
	}
}
