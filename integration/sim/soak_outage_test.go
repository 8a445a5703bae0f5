//go:build synctests

package sim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pintle-io/pintle/integration/figure"
	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

// The gate's probes are a second apart, see ADR 3; a second more is what everything else may take.
const firstWithin = 2 * time.Second

// everyOutage is how often a record comes during a long outage.
const everyOutage = 2 * time.Minute

// healed is what the history calls the end of a long outage.
const healed = "the destination is well again"

// ailment is a way in which a destination is out.
type ailment struct {
	name       string
	begin, end func(*world)
}

func ailments() []ailment {
	return []ailment{
		{
			"answers 503",
			func(w *world) { w.sink.Outage(http.StatusServiceUnavailable) },
			func(w *world) { w.sink.Outage(0) },
		},
		{
			"refuses connections",
			func(w *world) {
				for _, s := range w.slots {
					s.now.card.drop(toSink)
					s.now.card.cut(toSink, false, outward, inward)
				}
			},
			func(w *world) {
				for _, s := range w.slots {
					s.now.card.heal(toSink)
				}
			},
		},
		{
			"hangs",
			func(w *world) { w.sink.AddFault(customeriotest.Fault{Action: customeriotest.Hang}) },
			func(w *world) { w.sink.ClearFaults() },
		},
	}
}

// TestLongOutage has the destination out for long, while events keep coming.
func TestLongOutage(t *testing.T) { //nolint:tparallel // TestDay weighs the whole test process
	for _, a := range ailments() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			var o outcome
			begun := time.Now()
			synctest.Test(t, func(t *testing.T) { o = run(t, newOutage(*firstSeed, *outageHours, a), newHappenings()) })
			what := fmt.Sprintf("outage of %d h of virtual time, the destination %s", *outageHours, a.name)
			accounts(t, what, o.history)
			show(t, &figure.Figure{What: what + ": first delivery after it is well again", Runs: 1, Value: firstAfter(t, o.history).Seconds(), Unit: "s", Limit: firstWithin.Seconds()})
			show(t, &figure.Figure{What: what + ": it takes", Runs: 1, Value: time.Since(begun).Seconds(), Unit: "s", Free: true})
			judge(t, &o)
		})
	}
}

// newOutage plans an outage of so many hours.
func newOutage(seed uint64, hours int, a ailment) *plan {
	p := &plan{seed: seed, processes: 1, lag: time.Millisecond, session: 10 * session, users: 100, maxOps: 3, classic: true}
	length := time.Duration(hours) * time.Hour
	p.add(10*time.Second, "produce 50 records", func(w *world) { w.produce(50) })
	p.add(time.Minute, "the destination "+a.name, a.begin)
	for at := 2 * time.Minute; at < length; at += everyOutage {
		p.add(at, "produce a record", func(w *world) { w.produce(1) })
	}
	p.add(time.Minute+length, healed, a.end)
	slices.SortStableFunc(p.steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	return p
}

// firstAfter is how long after the end of the outage the destination took an event, which it did not
// before.
func firstAfter(t *testing.T, h history.History) time.Duration {
	t.Helper()
	out, at := false, time.Duration(-1)
	for i := range h {
		switch e := &h[i]; {
		case e.Fault != nil:
			out = out || e.Fault.What == "produce a record"
			if e.Fault.What == healed {
				at = e.At
			}
		case e.Applied == nil || len(e.Applied.Stored) == 0:
		case at >= 0:
			return e.At - at
		case out:
			t.Errorf("event %d was taken in the outage", e.Applied.Stored[0])
		}
	}
	t.Error("nothing was delivered after the outage")
	return 0
}
