// Program run plays many schedules of the simulation in several processes, and prints what happened in
// them.
//
//	go run ./integration/sim/run -runs 2000              # the schedules of CI
//	go run ./integration/sim/run -seed 4711 -runs 100    # one seed and its neighbours, 100 in all
//	go run ./integration/sim/run -seed 4711 -times 100   # one seed, 100 times: interleavings differ
//	go run ./integration/sim/run -sabotage               # planted bugs, each of which must be caught
//
// It ends with code 1 when a schedule breaks an invariant, when something that must have happened did
// not, or when a planted bug is not caught.
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
	"time"

	"github.com/pintle-io/pintle/integration/figure"
)

// options are the command line's.
type options struct {
	seed     uint64
	runs     int
	times    int
	workers  int
	chunk    int
	limit    time.Duration
	sabotage bool
	only     string
	faults   string
}

// errFound is what a run ends with that found something. It has been told.
var errFound = errors.New("see above")

func main() {
	var o options
	flag.Uint64Var(&o.seed, "seed", 1, "the first seed")
	flag.IntVar(&o.runs, "runs", 2000, "how many seeds")
	flag.IntVar(&o.times, "times", 1, "how often each seed is run")
	flag.IntVar(&o.workers, "workers", runtime.NumCPU(), "processes at once")
	flag.IntVar(&o.chunk, "chunk", 250, "schedules in one process: a bubble that hangs takes its process with it")
	flag.DurationVar(&o.limit, "limit", 6*time.Minute, "how long one process may take")
	flag.BoolVar(&o.sabotage, "sabotage", false, "plant bugs, and see that each is caught")
	flag.StringVar(&o.only, "only", "", "of the planted bugs, the one of this name")
	flag.StringVar(&o.faults, "faults", "", "kinds of faults that every schedule has, with commas between them, besides what its seed draws")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, o, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "sim:", err)
		stop()
		os.Exit(1) //nolint:gocritic // nothing is left to undo
	}
}

func run(ctx context.Context, o options, out io.Writer) error {
	dir, err := os.MkdirTemp("", "pintle-sim-")
	if err != nil {
		return err //nolint:wrapcheck // says what it was about
	}
	defer os.RemoveAll(dir)
	if o.sabotage {
		return sabotage(ctx, o, dir, out)
	}
	binary, err := build(ctx, dir, "")
	if err != nil {
		return err
	}
	begun := time.Now()
	t := newTable()
	failed := play(ctx, o, binary, dir, t, out)
	took := time.Since(begun)
	fmt.Fprintf(out, "%d schedules in %s, %.0f a minute, %d failed\n", t.schedules, took.Round(time.Second), float64(t.schedules)/took.Minutes(), failed)
	missing := t.print(out)
	for _, f := range []figure.Figure{
		{Tier: "simulation", What: "fault schedules with a violation", Runs: t.schedules, Value: float64(failed), Unit: "schedules"},
		{Tier: "simulation", What: "schedules, all together", Runs: t.schedules, Value: took.Seconds(), Unit: "s", Free: true},
	} {
		if err := f.Print(out); err != nil {
			return err //nolint:wrapcheck // says what it was about
		}
	}
	if failed > 0 || missing {
		return errFound
	}
	return nil
}
