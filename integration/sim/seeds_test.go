//go:build synctests

package sim

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pintle-io/pintle/integration/history"
)

//nolint:gochecknoglobals // flags of the test binary
var (
	firstSeed = flag.Uint64("sim.seed", 1, "the first seed")
	runs      = flag.Int("sim.runs", 20, "how many seeds")
	times     = flag.Int("sim.times", 1, "how often each seed is run")
	always    = flag.String("sim.faults", "", "kinds of faults that every schedule has, besides what its seed draws")
	reportTo  = flag.String("sim.report", "", "a file for what happened, as JSON")
	dump      = flag.String("sim.history", "", "a file for the history of the schedule that fails, as JSON lines")
)

func TestSchedules(t *testing.T) {
	total := report{Happened: map[string]int{}}
	for i := range *runs {
		for range *times {
			happen := newHappenings()
			if ok := schedule(t, *firstSeed+uint64(i), happen); !ok {
				total.Failed = append(total.Failed, *firstSeed+uint64(i))
			}
			total.Schedules++
			for what := range happen.counts {
				total.Happened[what]++
			}
			if len(total.Failed) > 0 {
				break
			}
		}
		if len(total.Failed) > 0 {
			break
		}
	}
	if *reportTo == "" {
		t.Logf("%+v", total)
		return
	}
	raw, err := json.Marshal(total)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*reportTo, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// report is what the program that runs many of these processes reads.
type report struct {
	Schedules int
	Happened  map[string]int // in how many schedules
	Failed    []uint64       // seeds
}

// No schedule takes nearly as long in virtual time, nor in real time. One that does waits for something that
// does not come, while tickers let the time pass; or its clock stands still.
const (
	endless = time.Hour
	hanging = time.Minute
)

// schedule runs a seed; it tells everything about it when it fails.
func schedule(t *testing.T, seed uint64, happen *happenings) bool {
	t.Helper()
	t.Logf("seed %d", seed) // for whoever wonders where it hangs
	p := newPlan(seed, strings.Split(*always, ","))
	var o outcome
	over := func(why string) func() {
		return func() {
			debug.SetTraceback("all")
			panic(fmt.Sprintf("seed %d %s:\n%s\n", seed, why, p))
		}
	}
	defer time.AfterFunc(hanging, over("hangs")).Stop()
	synctest.Test(t, func(t *testing.T) {
		defer time.AfterFunc(endless, over("does not end")).Stop()
		o = run(t, p, happen)
	})
	if len(o.found) == 0 {
		return true
	}
	t.Logf("the log:\n%s", strings.Join(o.log, "\n"))
	t.Logf("%s", p)
	for _, v := range o.found {
		t.Errorf("VIOLATION %s", v)
	}
	if *dump != "" {
		write(t, *dump, o.history)
	}
	return false
}

// write puts a history into a file.
func write(t *testing.T, file string, h history.History) {
	t.Helper()
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	for i := range h {
		if err := lines.Encode(&h[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
