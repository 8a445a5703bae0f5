package kill

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/witness"
)

// outageKind is a way in which the destination can be down.
type outageKind struct {
	name       string
	begin, end func(*world, *door)
}

// firstDelivery is how long after the end of an outage nothing may be delivered.
const firstDelivery = 2 * time.Second

func outageKinds() []outageKind {
	return []outageKind{
		{"refuses connections", func(_ *world, d *door) { d.shut() }, func(_ *world, d *door) { d.open() }},
		{"answers 503", func(w *world, _ *door) { w.front.Behave(witness.Unavailable) }, func(w *world, _ *door) { heal(w) }},
		{"hangs, and lets go of what hangs as it heals", func(w *world, _ *door) { w.front.Behave(witness.Mute) }, func(w *world, _ *door) { heal(w) }},
		// What is in the air as the outage ends is lost, and the sender cannot know.
		{"swallows requests for ever", func(_ *world, d *door) { d.deaf.Store(true) }, func(_ *world, d *door) { d.deaf.Store(false) }},
	}
}

// TestOutage lets the destination be down for -outage and measures how long after that the first event is
// delivered. Nothing is lost, and nothing becomes a letter for it.
func TestOutage(t *testing.T) {
	length := flagDuration(t, "outage")
	runs := 3
	if length > time.Minute {
		runs = 1
	}
	kinds := outageKinds()
	worst, times, violations := make([]time.Duration, len(kinds)), make([]int, len(kinds)), make([]int, len(kinds))
	t.Run("kinds", func(t *testing.T) {
		for i, k := range kinds {
			t.Run(k.name, func(t *testing.T) {
				t.Parallel()
				worst[i], times[i] = within(firstDelivery, func() time.Duration {
					first, broken := k.suffer(newWorld(t, i), 20+i, length, runs)
					violations[i] += broken
					return first
				})
			})
		}
	})
	w := &world{T: t}
	suffered, sum := 0, 0
	for i, k := range kinds {
		w.figure("first delivery after an outage ends, of a destination that "+k.name, runs*times[i], worst[i].Seconds(), "s", firstDelivery.Seconds())
		suffered, sum = suffered+runs*times[i], sum+violations[i]
	}
	w.figure(fmt.Sprintf("outage of Customer.io, %s: violations (lost, or a letter for it)", length), suffered, float64(sum), "violations", 0)
}

// learned is after how many answers a process knows how long they take: before, it waits for one up to 15 s.
const learned = 40

// suffer lets a process under load live through outages. It returns how long after the end of one of them
// it took at most until the first event was delivered.
func (k outageKind) suffer(w *world, slot int, length time.Duration, runs int) (worst time.Duration, violations int) {
	d := newDoor(w, slot)
	stop := w.load.start(300)
	l := w.launch(d.before)
	for range learned {
		w.reach(l, answered)
	}
	for range runs {
		w.reach(l, acknowledged)
		w.rec.Add(history.Entry{Fault: &history.Fault{What: ailing}})
		k.begin(w, d)
		<-time.After(length + rand.N(time.Second)) // so that it ends anywhere between two probes
		k.end(w, d)
		w.rec.Add(history.Entry{Fault: &history.Fault{What: healed}})
		// A request that is answered after it may have been taken before it: two are enough.
		w.reach(l, answered)
		w.reach(l, answered)
	}
	stop()
	w.settled(60 * time.Second)
	v := w.judge()
	waits := v.firstDeliveries()
	if len(waits) != runs {
		w.Errorf("after %d outages there were first deliveries after %d", runs, len(waits))
		return 0, len(v.violations)
	}
	w.Logf("first deliveries after %v", waits)
	return slices.Max(waits), len(v.violations)
}

// What the history calls the begin and the end of an outage.
const (
	ailing = "an outage begins"
	healed = "the destination is well again"
)

// onTheWay is how long an answer may be on its way to the process, on a machine that has other things to do.
const onTheWay = time.Second

// doubt marks the answers that may not have come through as an outage began: the front cannot tell.
func doubt(h history.History) {
	lost := false
	for i, e := range h {
		switch {
		case e.Fault != nil && e.Fault.What == ailing:
			lost = true
			for j := i - 1; j >= 0 && h[j].At > e.At-onTheWay; j-- {
				if h[j].Answer != nil {
					h[j].Answer.Unclear = true
				}
			}
		case e.Fault != nil && e.Fault.What == healed:
			lost = false
		case e.Answer != nil && lost:
			e.Answer.Unclear = true
		}
	}
}

// firstDeliveries are the times from the ends of outages to the next delivery.
func (v verdict) firstDeliveries() (waits []time.Duration) {
	since := time.Duration(-1)
	for _, e := range v.history {
		switch {
		case e.Fault != nil && e.Fault.What == healed:
			since = e.At
		case e.Applied != nil && len(e.Applied.Stored) > 0 && since >= 0:
			waits = append(waits, e.At-since)
			since = -1
		}
	}
	return waits
}
