package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/pintle-io/pintle/integration/figure"
)

// prove runs the tiers, prints the table as it grows, and reports whether everything is proven.
func prove(ctx context.Context, chosen []tier, table, talk io.Writer) (proven bool) {
	proven = true
	fmt.Fprintln(table, "| tier | what | runs | measured | limit | verdict | time |")
	fmt.Fprintln(table, "| --- | --- | ---: | ---: | ---: | --- | ---: |")
	for i := range chosen {
		t, begun := &chosen[i], time.Now()
		figures, err := t.run(ctx, talk)
		missed := 0
		for _, f := range figures {
			fmt.Fprintln(table, row(t.name, f))
			if !f.Met() {
				missed++
			}
		}
		verdict := "passed"
		switch {
		case err != nil:
			verdict = "**failed**: " + strings.NewReplacer("\n", " ", "|", `\|`).Replace(err.Error())
		case missed > 0:
			verdict = "**failed**: figures that missed: " + strconv.Itoa(missed)
		}
		proven = proven && err == nil && missed == 0
		fmt.Fprintf(table, "| %s | *the whole tier* | | | | %s | %s |\n", t.name, verdict, time.Since(begun).Round(time.Second))
	}
	return proven
}

// row is a figure of a tier as a line of the table.
func row(tier string, f figure.Figure) string {
	runs, limit, verdict := "", "", "met"
	if f.Runs > 0 {
		runs = strconv.Itoa(f.Runs)
	}
	switch {
	case f.Free:
		verdict = ""
	case f.Met():
		limit = "≤ " + amount(f.Limit, f.Unit)
	default:
		limit, verdict = "≤ "+amount(f.Limit, f.Unit), "**missed**"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | |", tier, f.What, runs, amount(f.Value, f.Unit), limit, verdict)
}

// amount is a value to four digits, or all of them before the point.
func amount(v float64, unit string) string {
	if math.Abs(v) >= 1000 {
		return fmt.Sprintf("%.0f %s", v, unit)
	}
	return fmt.Sprintf("%.4g %s", v, unit)
}

// run runs one tier and returns the figures that it printed. A tier that says of a part that it was not
// run, or that measured nothing, proves nothing: that is an error as well.
func (t *tier) run(ctx context.Context, talk io.Writer) (figures []figure.Figure, err error) {
	cmd := exec.CommandContext(ctx, t.args[0], t.args[1:]...)
	cmd.Stderr = talk
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err //nolint:wrapcheck // told beside the tier
	}
	if err := cmd.Start(); err != nil {
		return nil, err //nolint:wrapcheck // told beside the tier
	}
	figures, said := read(out, talk)
	if err := cmd.Wait(); err != nil {
		said = append(said, err)
	}
	if len(figures) == 0 && !t.plain {
		said = append(said, errors.New("it measured nothing"))
	}
	return figures, errors.Join(said...)
}

// read passes on what a tier says, and gathers its figures and what keeps it from being a proof.
func read(out io.Reader, talk io.Writer) (figures []figure.Figure, said []error) {
	lines := bufio.NewReader(out)
	for {
		line, end := lines.ReadString('\n')
		if line != "" {
			fmt.Fprintln(talk, strings.TrimSuffix(line, "\n"))
		}
		if _, why, ok := strings.Cut(line, "NOT RUN: "); ok {
			said = append(said, errors.New("not run: "+strings.TrimSpace(why)))
		}
		if _, text, ok := strings.Cut(line, "FIGURE "); ok {
			var f figure.Figure
			if err := json.Unmarshal([]byte(text), &f); err != nil {
				said = append(said, fmt.Errorf("the line %q is no figure: %w", strings.TrimSpace(line), err))
			} else {
				figures = append(figures, f)
			}
		}
		if end != nil { // of the pipe, with the process behind it
			return figures, said
		}
	}
}
