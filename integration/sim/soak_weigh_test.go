//go:build synctests

package sim

import (
	"math"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/pintle-io/pintle/integration/figure"
	"github.com/pintle-io/pintle/integration/history"
)

// fineRate is one of how many bytes allocated is looked at to tell whose they are.
const fineRate = 4 << 10

// fineProfile lets the heap be told apart by whose it is, until the function that it returns is called.
func fineProfile() (back func()) {
	before := runtime.MemProfileRate
	runtime.MemProfileRate = fineRate
	return func() { runtime.MemProfileRate = before }
}

// weight is what there is at a full hour.
type weight struct {
	hour       int
	goroutines int     // of everybody
	heap       float64 // of the processes alone, in MiB
}

// weigh tells what there is now. The brokers keep what was produced and the harness its history, both in
// this very heap, so what counts is what the program's own code, or its client of Kafka, has allocated.
func weigh(hour int) weight {
	runtime.GC()
	runtime.GC() // the profile is of the last cycle but one
	list := make([]runtime.MemProfileRecord, 1<<12)
	n, ok := runtime.MemProfile(list, false)
	for !ok {
		list = make([]runtime.MemProfileRecord, 2*n)
		n, ok = runtime.MemProfile(list, false)
	}
	w := weight{hour: hour, goroutines: runtime.NumGoroutine()}
	for i := range list[:n] {
		if ours(list[i].Stack()) {
			w.heap += unsampled(&list[i]) / (1 << 20)
		}
	}
	return w
}

// unsampled is how many bytes a record of the profile stands for.
func unsampled(r *runtime.MemProfileRecord) float64 {
	if r.InUseObjects() == 0 {
		return 0
	}
	mean := float64(r.InUseBytes()) / float64(r.InUseObjects())
	return float64(r.InUseBytes()) / (1 - math.Exp(-mean/fineRate))
}

// ours tells whether the innermost code that is anybody's is the program's.
func ours(stack []uintptr) bool {
	frames := runtime.CallersFrames(stack)
	for {
		f, more := frames.Next()
		for _, theirs := range []string{"pintle/integration/", "/customeriotest.", "/pkg/kfake."} {
			if strings.Contains(f.Function, theirs) {
				return false
			}
		}
		for _, mine := range []string{"pintle/processor", "pintle/sink", "/pkg/kgo."} {
			if strings.Contains(f.Function, mine) {
				return true
			}
		}
		if !more {
			return false
		}
	}
}

// tally counts the events that were never delivered though they should, and the letters of events that
// should have none.
func tally(h history.History) (lost, letters int) {
	stored, end, place := map[int]bool{}, map[int]history.End{}, map[history.Place]map[history.End]bool{}
	for i := range h {
		switch e := &h[i]; {
		case e.Input != nil:
			ends := map[history.End]bool{}
			for _, ev := range e.Input.Events {
				end[ev.Seq] = ev.End
				ends[ev.End] = true
			}
			place[e.Input.Place] = ends
		case e.Applied != nil:
			for _, seq := range e.Applied.Stored {
				stored[seq] = true
			}
		}
	}
	for seq, e := range end {
		if e == history.Delivered && !stored[seq] {
			lost++
		}
	}
	for i := range h {
		if l := h[i].Letter; l != nil && !place[l.Place][history.Lettered] {
			letters++
		}
	}
	return lost, letters
}

// records counts what was produced.
func records(h history.History) (n int) {
	for i := range h {
		if h[i].Input != nil {
			n++
		}
	}
	return n
}

// judge fails for what the checker has found.
func judge(t *testing.T, o *outcome) {
	t.Helper()
	for _, v := range o.found {
		t.Errorf("VIOLATION %s", v)
	}
	if len(o.found) == 0 {
		return
	}
	t.Logf("the end of the log:\n%s", strings.Join(o.log[max(0, len(o.log)-200):], "\n"))
	if *dump != "" {
		write(t, *dump, o.history)
	}
}

// show prints a figure, and fails when it misses its limit.
func show(t *testing.T, f *figure.Figure) {
	t.Helper()
	f.Tier = "soak"
	if err := f.Print(os.Stdout); err != nil {
		t.Fatal(err)
	}
	if !f.Met() {
		t.Errorf("%s: %.2f %s, and may be %.2f", f.What, f.Value, f.Unit, f.Limit)
	}
}
