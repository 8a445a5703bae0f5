package kill

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/pintle-io/pintle/integration/figure"
	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/witness"
)

// verdict is what a world came to.
type verdict struct {
	history    history.History
	violations []history.Violation
	events     int
	repeats
}

// judge ends the lives that are left, completes the history, has it checked, and fails for what is wrong.
func (w *world) judge() verdict {
	w.Helper()
	v := w.look()
	for _, broken := range v.violations {
		w.Errorf("%v", broken)
	}
	if s := w.front.Server.Stats(); s.OrderViolations > 0 || s.Duplicates > 0 {
		w.Errorf("the stand-in counts %d first deliveries out of order and %d duplicates", s.OrderViolations, s.Duplicates)
	}
	if w.Failed() {
		w.tails()
	}
	return v
}

// justOnce fails for what was sent again though it was acknowledged before the last commit, or committed.
func (w *world) justOnce(v verdict) {
	w.Helper()
	if v.excess > 0 {
		w.Errorf("%d events were sent again beyond what was in flight at the kills", v.excess)
	}
	if v.late > 0 {
		w.Errorf("%d events were sent again though they were acknowledged before the last commit", v.late)
	}
}

// look is judge without the failing.
func (w *world) look() verdict {
	w.Helper()
	for _, l := range w.lives {
		l.kill()
	}
	w.readLetters()
	w.inputs()
	w.leaks()
	h := w.rec.History()
	doubt(h)
	w.front.Doubt(h)
	v := verdict{history: h, violations: history.Check(h), events: len(w.load.Book())}
	v.repeats = repeated(h)
	return v
}

// inputs puts what was produced into the history.
func (w *world) inputs() {
	for _, p := range w.load.Book() {
		w.rec.Add(history.Entry{Input: p.Input()})
	}
}

// readLetters puts the letters of their topic into the history.
func (w *world) readLetters() {
	w.Helper()
	letters, err := witness.Letters(w.ctx, w.settings.Brokers, w.settings.Letters)
	if err != nil {
		w.Error(err)
	}
	for i := range letters {
		w.rec.Add(history.Entry{Letter: &letters[i].Letter})
	}
}

// leaks looks for what is personal or secret in the logs.
func (w *world) leaks() {
	w.Helper()
	for _, file := range w.logs() {
		text, err := os.ReadFile(file)
		if err != nil {
			w.Fatal(err)
		}
		for _, private := range []string{"@example.com", "token-of-", "anonymous-", "user-1"} {
			if strings.Contains(string(text), private) {
				w.rec.Add(history.Entry{Leak: &history.Leak{By: file, Where: "log", Text: private}})
			}
		}
	}
}

// figure prints a measured value with the most that it may be, and fails when it is more.
func (w *world) figure(what string, runs int, value float64, unit string, limit float64) {
	w.Helper()
	w.show(figure.Figure{Tier: "process", What: what, Runs: runs, Value: value, Unit: unit, Limit: limit})
}

func (w *world) show(f figure.Figure) {
	w.Helper()
	if err := f.Print(os.Stdout); err != nil {
		w.Error(err)
	}
	if !f.Met() {
		w.Errorf("%s: %v %s, and may be %v", f.What, f.Value, f.Unit, f.Limit)
	}
}

// happened fails for moments that never came: a run in which they did not shows nothing.
func (w *world) happened(list ...moment) {
	w.Helper()
	w.moments.mu.Lock()
	defer w.moments.mu.Unlock()
	for _, m := range list {
		if w.moments.seen[m] == 0 {
			w.Errorf("it never happened that %s: the run shows nothing of it", m)
		}
	}
	for _, m := range slices.Sorted(maps.Keys(w.moments.seen)) {
		w.Logf("%6d times: %s", w.moments.seen[m], m)
	}
}
