package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pintle-io/pintle/integration/figure"
)

// survivorsLimit is how many of a hundred mutants may survive without an explanation.
const survivorsLimit = 10

// quickest is how long the tests take together that a mutant meets first; the next ones take eight times as
// long together, and so on.
const quickest = 100 * time.Millisecond

// mutation tries every mutant and tells which survive.
func mutation(ctx context.Context, o options, dir string, out io.Writer) (figure.Figure, error) {
	why, err := explanations()
	if err != nil {
		return figure.Figure{}, err
	}
	began := time.Now()
	all, unexplained := 0, 0
	for _, pkg := range packages() {
		if !slices.ContainsFunc(of(pkg), func(d decision) bool { return strings.HasPrefix(d.file, o.only) }) {
			continue
		}
		st, err := newStage(ctx, pkg, dir)
		if err == nil {
			err = st.rehearse(ctx, dir, o.workers, out)
		}
		if err != nil {
			return figure.Figure{}, err
		}
		st.mutants = slices.DeleteFunc(st.mutants, func(m mutant) bool { return !strings.HasPrefix(m.name, o.only) })
		var mu sync.Mutex // covers what follows
		lives, explained, hangs := 0, 0, 0
		err = st.try(ctx, o.workers, func(m mutant, f fate, how string) {
			mu.Lock()
			defer mu.Unlock()
			if o.how && (f == killed || f == hung) {
				fmt.Fprintf(out, "%s (line %d): %s: %s\n", f, m.line, m.name, how)
			}
			switch {
			case f == hung:
				hangs++
			case f == killed && why[m.name] != "":
				fmt.Fprintf(out, "EXPLAINED, BUT KILLED: %s\n", m.name)
			case f == killed:
			case why[m.name] != "":
				explained++
			default:
				lives++
				fmt.Fprintf(out, "%s (line %d): %s\n", f, m.line, m.name)
			}
		})
		if err != nil {
			return figure.Figure{}, err
		}
		all, unexplained = all+len(st.mutants), unexplained+lives
		fmt.Fprintf(out, "%s: %d mutants, %d live on, %d do for a reason, %d hung (%s)\n", pkg, len(st.mutants), lives, explained, hangs, time.Since(began).Round(time.Second))
	}
	return percent("mutants of the decision types that survive unexplained", all, unexplained, survivorsLimit), nil
}

// fate is what became of a mutant.
type fate string

const (
	killed   fate = "KILLED"
	hung     fate = "HUNG" // as good as killed, if it was not the machine that was slow
	survived fate = "SURVIVED"
	unmet    fate = "UNMET" // no test runs its line
)

// try runs the tests that meet each mutant, the quick ones first, and tells what became of it. tell is called
// by many goroutines at once.
func (s *stage) try(ctx context.Context, workers int, tell func(m mutant, f fate, how string)) error {
	slices.SortStableFunc(s.tests, func(a, b test) int { return int(a.takes - b.takes) })
	return each(ctx, workers, len(s.mutants), func(ctx context.Context, i int) error {
		m, f, how := s.mutants[i], unmet, ""
		for _, r := range s.rounds(m.number) {
			if f, how = s.play(ctx, m, r); f != survived {
				break
			}
		}
		if ctx.Err() == nil {
			tell(m, f, how)
		}
		return ctx.Err() //nolint:wrapcheck // interrupted
	})
}

// play runs a round of tests with a mutant in force. Tests that wait in real time may fail for a slow machine:
// where they take long, they have to fail twice.
func (s *stage) play(ctx context.Context, m mutant, r round) (fate, string) {
	times := 1
	if r.takes > time.Second {
		times = 2
	}
	f, how := survived, ""
	for range times {
		said, err := s.run(ctx, r.tests, m.number, "", 10*time.Second+5*r.takes)
		switch {
		case err == nil:
			return survived, ""
		case errors.Is(err, context.DeadlineExceeded):
			return hung, ""
		default:
			f, how = killed, verdict(said)
		}
	}
	return f, how
}

// verdict is the line in which tests say that they failed.
func verdict(said []byte) string {
	for line := range bytes.Lines(said) {
		if text := string(bytes.TrimSpace(line)); strings.HasPrefix(text, "--- FAIL") || strings.HasPrefix(text, "panic:") {
			return text
		}
	}
	return "the process ended"
}

// round is tests that run in one process.
type round struct {
	tests []string
	takes time.Duration
}

func (s *stage) rounds(number int) (list []round) {
	most := quickest / 8
	for _, t := range s.tests {
		if !t.meets[number] {
			continue
		}
		if len(list) == 0 || list[len(list)-1].takes+t.takes > most {
			list = append(list, round{})
			most *= 8
		}
		last := &list[len(list)-1]
		last.tests, last.takes = append(last.tests, t.name), last.takes+t.takes
	}
	return list
}

// each calls do for every number below n, with so many at once, until one fails.
func each(ctx context.Context, workers, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	numbers := make(chan int)
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for i := range numbers {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		numbers <- i
	}
	close(numbers)
	group.Wait()
	return context.Cause(ctx) //nolint:wrapcheck // one of do's
}

//go:embed explained.txt
var explained []byte

// explanations says of mutants why they survive.
func explanations() (map[string]string, error) {
	why, name := map[string]string{}, ""
	for line := range bytes.Lines(explained) {
		text := strings.TrimSpace(string(line))
		switch {
		case text == "", text[0] == '#':
		case line[0] != ' ':
			if name = text; why[name] != "" {
				return nil, fmt.Errorf("explained.txt explains twice: %s", name)
			}
		case name == "":
			return nil, fmt.Errorf("explained.txt: %q explains nothing", text)
		default:
			why[name] += text + " "
		}
	}
	return why, nil
}
