package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// build builds the tests of the simulation, with files replaced by those that an overlay names.
func build(ctx context.Context, dir, overlay string) (binary string, err error) {
	binary = filepath.Join(dir, "sim.test")
	args := []string{"test", "-c", "-tags", "synctests", "-ldflags", "-s -w", "-o", binary}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	out, err := exec.CommandContext(ctx, "go", append(args, "./integration/sim")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go test -c: %w\n%s", err, out)
	}
	return binary, nil
}

// chunk is what one process runs.
type chunk struct {
	seed        uint64
	runs, times int
	faults      string // kinds that all schedules have, besides what their seeds draw
}

// report is what a process tells of its schedules.
type report struct {
	Schedules int
	// Happened is in how many of them each thing happened.
	Happened map[string]int
	// Failed are the seeds that broke an invariant.
	Failed []uint64
}

// play runs all schedules and returns how many processes told of a failure.
func play(ctx context.Context, o options, binary, dir string, t *table, out io.Writer) (failed int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chunks := make(chan chunk)
	var workers sync.WaitGroup
	var mu sync.Mutex
	for i := range o.workers {
		workers.Go(func() {
			file := filepath.Join(dir, "report"+strconv.Itoa(i))
			for c := range chunks {
				r, text, err := one(ctx, o, binary, file, c)
				mu.Lock()
				t.add(r)
				if err != nil && ctx.Err() == nil {
					failed++
					fmt.Fprintf(out, "FAILED: seeds %d to %d: %v\n%s\n", c.seed, c.seed+uint64(c.runs)-1, err, text)
					cancel() // what has failed is looked at before more is
				}
				mu.Unlock()
			}
		})
	}
	for left, seed := o.runs, o.seed; left > 0 && ctx.Err() == nil; {
		c := chunk{seed, min(left, o.chunk), o.times, o.faults}
		select {
		case chunks <- c:
			left, seed = left-c.runs, seed+uint64(c.runs)
		case <-ctx.Done():
		}
	}
	close(chunks)
	workers.Wait()
	return failed
}

// one runs a chunk in a process of its own and returns the end of what it said.
func one(ctx context.Context, o options, binary, file string, c chunk) (report, string, error) {
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	_ = os.Remove(file)
	cmd := exec.CommandContext(ctx, binary, "-test.v", "-test.timeout=0", "-test.run=^TestSchedules$",
		"-sim.seed="+strconv.FormatUint(c.seed, 10), "-sim.runs="+strconv.Itoa(c.runs), "-sim.times="+strconv.Itoa(c.times), "-sim.faults="+c.faults, "-sim.report="+file)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1") // one worker a core is quicker than one with all of them
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("%w: this machine is too slow for -chunk or -limit, or it hangs", ctx.Err())
	}
	if stacks := hung(said.Bytes()); stacks != "" {
		err = fmt.Errorf("%w: a schedule hangs at%s", err, stacks)
	}
	var r report
	if raw, readErr := os.ReadFile(file); readErr == nil { //nolint:gosec // a file of our own
		if err := json.Unmarshal(raw, &r); err != nil {
			return r, "", err //nolint:wrapcheck // says what it was about
		}
	}
	return r, tail(said.Bytes(), 60_000), err //nolint:wrapcheck // the process said why
}

// hung are the goroutines that the clock of a bubble waits for, where a process has ended in a panic.
func hung(said []byte) string {
	var stacks strings.Builder
	_, after, _ := strings.Cut(string(said), "panic: seed ")
	for stack := range strings.SplitSeq(after, "\n\n") {
		state, _, _ := strings.Cut(stack, "\n")
		if strings.Contains(state, ", synctest bubble ") && !strings.Contains(state, " (durable)") {
			stacks.WriteString("\n" + stack)
		}
	}
	return stacks.String()
}

// tail is the end of a text.
func tail(b []byte, n int) string { return string(b[max(0, len(b)-n):]) }
