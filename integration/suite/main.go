// Program suite runs the checks of `make test`, or with -fast those of `make test-fast`, one after another. It
// prints a line for each package as it ends, keeps everything else in the file test.log, and closes with a
// summary of one screen: what ran, what could not and what to install for it, what failed and why.
//
// It ends with code 1 when a check fails, and in CI also when one could not run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"
)

// logFile keeps all that the checks say.
const logFile = "test.log"

func main() {
	fast := flag.Bool("fast", false, "only what needs neither Kafka nor Docker nor the race detector")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *fast)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, fast bool) error {
	log, err := os.Create(logFile)
	if err != nil {
		return err
	}
	defer log.Close()
	s := &summary{name: "make test", begun: time.Now(), ci: os.Getenv("CI") != ""}
	if fast {
		s.name = "make test-fast"
	}
	all, err := packages(ctx)
	if err != nil {
		return err
	}
	race := !fast && compiler(ctx)
	if !fast && !race {
		s.missing = append(s.missing, "the race detector: no C compiler: install gcc")
	}
	for _, c := range checks(all, race, fast) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(os.Stdout, "== %s\n", c.name)
		o := &outcome{check: c, output: map[string][]string{}}
		if err := o.run(ctx, os.Stdout, log); err != nil {
			return err
		}
		s.add(o)
	}
	s.print(os.Stdout)
	if !s.passed() {
		return fmt.Errorf("%s did not pass", s.name)
	}
	return nil
}

// packages lists the module's packages.
func packages(ctx context.Context) ([]string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "./...").Output()
	if err != nil {
		return nil, fmt.Errorf("list the packages: %w", err)
	}
	return strings.Fields(string(out)), nil
}

// compiler tells whether there is the C compiler that the race detector wants.
func compiler(ctx context.Context) bool {
	out, err := exec.CommandContext(ctx, "go", "env", "CC").Output()
	if err != nil {
		return false
	}
	_, err = exec.LookPath(strings.TrimSpace(string(out)))
	return err == nil
}
