package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// outcome is how a check went.
type outcome struct {
	check
	took            time.Duration
	packages        int
	passed, skipped int
	failed          []failure
	missing         []string            // what could not run, and why
	output          map[string][]string // of tests that have not ended
	outside         []string            // what was said outside of tests, as of a build that fails
	exit            error
}

// failure is a test that failed, with the last of what it said.
type failure struct {
	test string
	said []string
}

// event is what go test -json prints: go doc test2json.
type event struct {
	Action, Package, Test, Output string
}

// run runs the check. It fails only when that is not possible.
func (o *outcome) run(ctx context.Context, progress, log io.Writer) error {
	begun := time.Now()
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, o.args...)...)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = log
	cmd.Env = append(os.Environ(), "RAPID_SEED="+cmp.Or(os.Getenv("RAPID_SEED"), "1")) // of property tests
	fmt.Fprintf(log, "\n== %s: %s\n", o.name, strings.Join(cmd.Args, " "))
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewReader(pipe)
	for {
		line, err := lines.ReadBytes('\n')
		o.read(line, progress, log)
		if err != nil {
			break
		}
	}
	o.exit = cmd.Wait()
	o.took = time.Since(begun)
	var exit *exec.ExitError
	if o.exit != nil && !errors.As(o.exit, &exit) {
		return o.exit
	}
	return nil
}

// read takes one line of what go test says.
func (o *outcome) read(line []byte, progress, log io.Writer) {
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		if text := strings.TrimSpace(string(line)); text != "" {
			o.outside = append(o.outside, text)
			fmt.Fprintln(log, text)
		}
		return
	}
	switch e.Action {
	case "output", "build-output":
		o.said(&e, progress, log)
	case "pass", "fail", "skip":
		o.ended(&e)
	}
}

// said keeps what a test or a package says.
func (o *outcome) said(e *event, progress, log io.Writer) {
	fmt.Fprint(log, e.Output)
	text := strings.TrimRight(e.Output, "\n")
	if _, why, ok := strings.Cut(text, "NOT RUN: "); ok {
		o.missing = append(o.missing, why)
	}
	switch {
	case e.Test != "":
		if key := e.Package + " " + e.Test; !strings.HasPrefix(strings.TrimSpace(text), "===") && strings.TrimSpace(text) != "" {
			o.output[key] = last(append(o.output[key], text), 40)
		}
	case strings.HasPrefix(text, "ok  ") || strings.HasPrefix(text, "FAIL\t") || strings.HasPrefix(text, "---"):
		fmt.Fprintln(progress, text)
	case text != "" && text != "PASS" && text != "FAIL" && !strings.HasPrefix(text, "?"):
		o.outside = last(append(o.outside, text), 40)
	}
}

// ended counts a test or a package that has ended.
func (o *outcome) ended(e *event) {
	if e.Test == "" {
		if e.Action != "skip" {
			o.packages++
		}
		return
	}
	key := e.Package + " " + e.Test
	said := o.output[key]
	delete(o.output, key)
	parts := strings.Count(e.Test, "/")
	switch {
	case e.Action == "fail":
		if !o.explained(e.Package, e.Test) {
			o.failed = append(o.failed, failure{strings.TrimPrefix(key, module), said})
		}
	case parts != o.depth:
	case e.Action == "skip":
		o.skipped++
	default:
		o.passed++
	}
}

// explained tells whether a part of the test has failed, which says more.
func (o *outcome) explained(pkg, test string) bool {
	part := strings.TrimPrefix(pkg+" "+test+"/", module)
	return slices.ContainsFunc(o.failed, func(f failure) bool { return strings.HasPrefix(f.test, part) })
}

// ok tells whether the check passed: some of it ran, or it says what keeps it from running, and nothing failed.
func (o *outcome) ok() bool {
	return o.exit == nil && len(o.failed) == 0 && (o.passed > 0 || len(o.missing) > 0)
}

// last returns the last n of a list.
func last(list []string, n int) []string { return list[max(0, len(list)-n):] }
