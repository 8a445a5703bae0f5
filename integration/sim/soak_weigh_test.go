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

// accounts shows what was lost, and what was given up without a reason.
func accounts(t *testing.T, name string, h history.History) {
	t.Helper()
	records, lost, letters := history.Tally(h)
	show(t, &figure.Figure{What: name + ": events lost", Runs: records, Value: float64(lost), Unit: "events"})
	show(t, &figure.Figure{What: name + ": letters of events that have nothing wrong", Runs: records, Value: float64(letters), Unit: "letters"})
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
