package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// said is how many lines the summary shows of a test that failed, and shown of how many of them.
const said, shown = 8, 5

// summary is what is said at the end.
type summary struct {
	name     string
	begun    time.Time
	ci       bool
	outcomes []*outcome
	missing  []string // what could not run, and why
}

func (s *summary) add(o *outcome) {
	s.outcomes = append(s.outcomes, o)
	s.missing = append(s.missing, o.missing...)
}

// passed tells whether all is well. In CI everything must run.
func (s *summary) passed() bool {
	for _, o := range s.outcomes {
		if !o.ok() {
			return false
		}
	}
	return !s.ci || len(s.missing) == 0
}

func (s *summary) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s: %s in %s\n\n", s.name, map[bool]string{true: "passed", false: "FAILED"}[s.passed()], round(time.Since(s.begun)))
	passed, failed, skipped := 0, 0, 0
	for _, o := range s.outcomes {
		fmt.Fprintf(w, "  %-36s %-30s %10s\n", o.name, o.count(), round(o.took))
		passed, failed, skipped = passed+o.passed, failed+o.wrong(), skipped+o.skipped
	}
	for i, why := range slices.Compact(s.missing) {
		if i == 0 {
			fmt.Fprintln(w, "\n  not run")
		}
		fmt.Fprintf(w, "    %s\n", why)
	}
	s.failures(w)
	fmt.Fprintf(w, "\n  all that was said: %s\n\n%d passed, %d failed, %d skipped\n", logFile, passed, failed, skipped)
}

// failures shows the first tests that failed.
func (s *summary) failures(w io.Writer) {
	n := 0
	for _, o := range s.outcomes {
		for _, f := range o.reasons() {
			n++
			if n > shown {
				continue
			}
			fmt.Fprintf(w, "\n  FAILED  %s\n", f.test)
			for _, line := range last(f.said, said) {
				fmt.Fprintf(w, "    %s\n", cut(strings.TrimSpace(line)))
			}
		}
	}
	if n > shown {
		fmt.Fprintf(w, "\n  and %d more\n", n-shown)
	}
}

// reasons are the tests that failed, or else what was said outside of them.
func (o *outcome) reasons() []failure {
	if o.ok() || len(o.failed) > 0 {
		return o.failed
	}
	list := o.outside
	for test, text := range o.output { // it was running when the process ended
		list = append(list, test+":")
		list = append(list, last(text, said)...)
	}
	if len(list) == 0 {
		list = []string{"no test ran: " + strings.Join(o.args, " ")}
	}
	return []failure{{o.name, list}}
}

// wrong is how many tests failed; a check that fails in another way counts as one.
func (o *outcome) wrong() int { return len(o.reasons()) }

func (o *outcome) count() string {
	what := o.what
	if what == "" {
		what = "tests"
	}
	text := fmt.Sprintf("%d %s", o.passed, what)
	if o.packages > 1 {
		text = fmt.Sprintf("%d packages, %s", o.packages, text)
	}
	if n := o.wrong(); n > 0 {
		text += fmt.Sprintf(", %d FAILED", n)
	}
	if len(o.missing) > 0 {
		return "NOT RUN"
	}
	return text
}

// cut shortens a line to the width of a screen.
func cut(line string) string {
	if r := []rune(line); len(r) > 160 {
		return string(r[:160]) + " …"
	}
	return line
}

func round(d time.Duration) string {
	d = d.Round(time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return fmt.Sprintf("%d min %02d s", d/time.Minute, d%time.Minute/time.Second)
}
