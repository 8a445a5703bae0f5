// Program mutation asks how good the tests of the decision types are: the plain types without goroutines,
// clocks or I/O that decide what is committed, sent, repeated, given up and held back.
//
//	go run ./integration/mutation -coverage              # which statements no test of their package runs
//	go run ./integration/mutation                        # which mistakes no test of their package sees
//	go run ./integration/mutation -only sink/gate.go     # those in one file
//
// A mutant is the program with one small mistake: a comparison off by one or turned round, a sum for a
// difference, a statement left out, a result that is zero. Tests that pass all the same do not prove that
// line. What survives for a reason is explained in explained.txt; the reason may be that the mutant is no
// mistake, since it behaves as the original does.
//
// It ends with code 1 when a figure misses its limit.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"

	"github.com/pintle-io/pintle/integration/figure"
)

// options are the command line's.
type options struct {
	coverage bool
	only     string
	how      bool
	workers  int
}

// errMissed is what a run ends with that found too much. It has been told.
var errMissed = errors.New("a figure misses its limit, see above")

func main() {
	var o options
	flag.BoolVar(&o.coverage, "coverage", false, "say what the tests run, and change nothing")
	flag.StringVar(&o.only, "only", "", "only mutants of the files whose paths begin so")
	flag.BoolVar(&o.how, "how", false, "say of each mutant which test it failed")
	flag.IntVar(&o.workers, "workers", 3*runtime.NumCPU(), "test processes at once: most of them wait")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out io.Writer) error {
	dir, err := os.MkdirTemp("", "pintle-mutation-")
	if err != nil {
		return err //nolint:wrapcheck // says what it was about
	}
	defer os.RemoveAll(dir)
	measure := mutation
	if o.coverage {
		measure = coverage
	}
	f, err := measure(ctx, o, dir, out)
	if err != nil {
		return err
	}
	if err := f.Print(out); err != nil {
		return err //nolint:wrapcheck // says what it was about
	}
	if !f.Met() {
		return errMissed
	}
	return nil
}

// share is part of whole in percent.
func share(part, whole int) float64 { return 100 * float64(part) / float64(max(whole, 1)) }

// tier is what the figures belong to.
const tier = "decisions"

func percent(what string, runs, part int, limit float64) figure.Figure {
	return figure.Figure{Tier: tier, What: what, Runs: runs, Value: share(part, runs), Unit: "%", Limit: limit}
}
