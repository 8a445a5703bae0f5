// Program proof runs the tiers of the proof one after another, gathers the figures that they measure, and
// prints them as one Markdown table: docs/reliability.md holds the last one.
//
//	go run ./integration/proof            # what CI runs
//	go run ./integration/proof -long      # ten times as much
//
// What the tiers say goes to standard error as it comes, the table to standard output. It ends with code 1
// when a tier fails or a figure misses its limit.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/pintle-io/pintle/integration/figure"
)

// tier is one command and what it proves.
type tier struct {
	name string
	args []string // of go
}

// tiers are the commands; long makes ten times as many schedules and kills.
func tiers(long bool) []tier {
	schedules, kills := "2000", "100"
	if long {
		schedules, kills = "20000", "1000"
	}
	return []tier{
		{"simulation", []string{"run", "./integration/sim/run", "-runs", schedules}},
		{"sabotage", []string{"run", "./integration/sim/run", "-sabotage"}},
		{"processes", []string{"test", "-count=1", "-v", "-timeout", "0", "./integration/kill", "-runs", kills}},
	}
}

func main() {
	long := flag.Bool("long", false, "ten times as many schedules and kills")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := prove(ctx, tiers(*long), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// prove runs the tiers and prints the table. It returns what to exit with.
func prove(ctx context.Context, all []tier, table, talk io.Writer) (code int) {
	fmt.Fprintln(table, "| tier | what | runs | measured | limit | |")
	fmt.Fprintln(table, "| --- | --- | ---: | ---: | ---: | --- |")
	for _, t := range all {
		begun := time.Now()
		figures, err := t.run(ctx, talk)
		for i := range figures {
			fmt.Fprintln(table, row(&figures[i]))
			if !figures[i].Met() {
				code = 1
			}
		}
		verdict := "passed"
		if err != nil {
			verdict, code = "**failed**: "+err.Error(), 1
		}
		fmt.Fprintf(table, "| %s | the whole tier | | %s | | %s |\n", t.name, time.Since(begun).Round(time.Second), verdict)
	}
	return code
}

// row is a figure as a line of the table.
func row(f *figure.Figure) string {
	runs, limit, verdict := "", "", "met"
	if f.Runs > 0 {
		runs = strconv.Itoa(f.Runs)
	}
	if f.Free {
		verdict = ""
	} else {
		limit = fmt.Sprintf("≤ %.4g %s", f.Limit, f.Unit)
	}
	if !f.Met() {
		verdict = "**missed**"
	}
	return fmt.Sprintf("| %s | %s | %s | %.4g %s | %s | %s |", f.Tier, f.What, runs, f.Value, f.Unit, limit, verdict)
}

// run runs one tier and returns the figures that it printed.
func (t *tier) run(ctx context.Context, talk io.Writer) (figures []figure.Figure, err error) {
	cmd := exec.CommandContext(ctx, "go", t.args...)
	cmd.Stderr = talk
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err //nolint:wrapcheck // told beside the tier
	}
	if err := cmd.Start(); err != nil {
		return nil, err //nolint:wrapcheck // told beside the tier
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fmt.Fprintln(talk, lines.Text())
		_, text, ok := strings.Cut(lines.Text(), "FIGURE ")
		if !ok {
			continue
		}
		var f figure.Figure
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			return figures, fmt.Errorf("the line %q is no figure: %w", lines.Text(), err)
		}
		figures = append(figures, f)
	}
	return figures, cmd.Wait() //nolint:wrapcheck // told beside the tier
}
