package kill

import (
	"slices"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/witness"
)

// roundTrip is how long the destination takes for each request.
const roundTrip = 50 * time.Millisecond

// At this rate 30 events a second are the hot user's. With one of them in each round trip there could be 20.
const (
	steadyRate = 3000
	steadyTime = 15 * time.Second
	warmUp     = 3 * time.Second
	backlog    = 20_000
)

// orderCosts is by how much a hot user's events may be slower than those of others, who are seldom sent a
// second time within a round trip: what comes while a request of his is in the air waits for its answer
// before it may be in the next. So he waits for the next request, 50 ms at most, and for two round trips
// at worst, where others wait for one.
const orderCosts = 1.5

// TestHotUser measures whether one user with a hundredth of all events is served like anybody else: out of
// a backlog, and in a steady load.
func TestHotUser(t *testing.T) {
	w := newWorld(t, 0)
	w.heat()
	w.front.Slow(func([]byte) time.Duration { return roundTrip })
	w.load.some(backlog)
	begun := time.Now()
	w.rec.Recall(begun, history.Entry{Fault: &history.Fault{What: loadBegins}})
	w.launch()
	w.settled(60 * time.Second)
	steady := time.Now()
	stop := w.load.start(steadyRate)
	<-time.After(warmUp + steadyTime)
	stop()
	w.settled(60 * time.Second)

	var hot, others []time.Duration
	var hotDone, othersDone time.Time
	for _, e := range w.waits(w.judge().history, begun) {
		took := e.applied.Sub(e.produced)
		switch {
		case e.produced.Before(steady) && e.hot:
			hotDone = later(hotDone, e.applied)
		case e.produced.Before(steady):
			othersDone = later(othersDone, e.applied)
		case e.produced.Before(steady.Add(warmUp)):
		case e.hot:
			hot = append(hot, took)
		default:
			others = append(others, took)
		}
	}
	t.Logf("a backlog of %d in %v, of the hot user in %v", backlog, othersDone.Sub(begun), hotDone.Sub(begun))
	t.Logf("produced to applied, p50 and p99: %v and %v of %d, of the hot user %v and %v of %d",
		percentile(others, 50), percentile(others, 99), len(others), percentile(hot, 50), percentile(hot, 99), len(hot))
	const who = "one user with 1 % of all events at 50 ms latency, "
	w.figure(who+"backlog: done after the others", len(hot), hotDone.Sub(othersDone).Seconds(), "s", slack.Seconds())
	w.figure(who+"3,000 events/s: produced to applied, p99 over that of the others", len(hot),
		percentile(hot, 99).Seconds()/percentile(others, 99).Seconds(), "times", orderCosts)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// percentile sorts what it is given.
func percentile(list []time.Duration, percent int) time.Duration {
	slices.Sort(list)
	return list[len(list)*percent/100]
}

// loadBegins is what the history calls a moment whose time by the clock is known.
const loadBegins = "the load begins"

// heat gives the world a load with a hot user.
func (w *world) heat() {
	w.Helper()
	events, err := witness.NewLoad(w.client, w.settings.Topic, partitions, 100*users, func(err error) { w.Error(err) })
	if err == nil {
		err = events.Heat()
	}
	if err != nil {
		w.Fatal(err)
	}
	w.load = &load{Load: events, world: w}
}

// wait is the way of one event from the producer to the destination.
type wait struct {
	hot               bool
	produced, applied time.Time
}

// waits are those of all events that were delivered; the history tells what happened at the time begun.
func (w *world) waits(h history.History, begun time.Time) (list []wait) {
	w.Helper()
	applied := map[int]time.Time{}
	at := slices.IndexFunc(h, func(e history.Entry) bool { return e.Fault != nil && e.Fault.What == loadBegins })
	zero := begun.Add(-h[at].At)
	for _, e := range h {
		if e.Applied == nil {
			continue
		}
		for _, seq := range e.Applied.Stored {
			if applied[seq].IsZero() {
				applied[seq] = zero.Add(e.At)
			}
		}
	}
	for _, p := range w.load.Book() {
		if p.Event.End == history.Delivered {
			list = append(list, wait{hot: p.Event.User == witness.Hot, produced: p.Record.Timestamp, applied: applied[p.Event.Seq]})
		}
	}
	return list
}
