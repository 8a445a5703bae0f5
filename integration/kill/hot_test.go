package kill

import (
	"fmt"
	"maps"
	"math"
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
	window     = time.Second
	windows    = int(steadyTime / window)
	backlog    = 20_000
)

// noSlower is by how much a hot user's events may be slower than those of others. What comes while a request
// of his is in the air waits for its answer before it may be in the next, and others are seldom sent a
// second time within a round trip; so it is counted from that answer on. The slowest of a hundred events of
// others take 150 ms; one of his that is read a moment too late for the next request waits for one more, which
// is composed after 50 ms and answered after another 50. Were there one event of his in each round trip, it
// would take twenty times as long as others after a quarter of a minute.
const noSlower = 2

// keepsUp is what half of the events of others take less than while the machine keeps up with the load. If it
// does not, whoever has a hundredth of all events has a hundredth of what lies there too.
const keepsUp = 5 * roundTrip

// TestHotUser measures whether one user with a hundredth of all events is served like anybody else: out of
// a backlog, and in a steady load.
func TestHotUser(t *testing.T) {
	var best service
	_, times := within(noSlower, func() float64 {
		s := serve(newWorld(t, 0))
		if s.slower() <= best.slower() {
			best = s
		}
		return s.slower()
	})
	w := &world{T: t}
	const who = "one user with 1 % of all events at 50 ms latency, "
	w.figure(who+"backlog: time until it is done, over that of the others", times*backlog/100, best.backlog, "times", noSlower)
	if best.kept < windows/3 {
		t.Skipf("NOT RUN: %d times this machine kept up with 3,000 events/s in %d of %d seconds at most", times, best.kept, windows)
	}
	w.figure(fmt.Sprintf("%s3,000 events/s: from when an event may be sent to applied, p99 over that of the others, median of %d windows of %s", who, windows, window),
		times*best.kept, best.steady, "times", noSlower)
}

// service is by how much slower than others the hot user was served: out of a backlog, and in those of the windows
// of a steady load in which the machine kept up.
type service struct {
	backlog, steady float64
	kept            int
}

// slower is by how much he was in all, of which nothing is known where the machine kept up too seldom.
func (s service) slower() float64 {
	if s.kept < windows/3 {
		return math.Inf(1)
	}
	return max(s.backlog, s.steady)
}

// serve measures it once.
func serve(w *world) service {
	w.Helper()
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

	var hot, others [windows][]time.Duration
	var hotDone, othersDone time.Time
	for _, e := range w.waits(w.judge().history, begun) {
		took, at := e.applied.Sub(later(e.produced, e.free)), int(e.produced.Sub(steady.Add(warmUp))/window)
		switch {
		case e.produced.Before(steady) && e.hot:
			hotDone = later(hotDone, e.applied)
		case e.produced.Before(steady):
			othersDone = later(othersDone, e.applied)
		case e.produced.Before(steady.Add(warmUp)) || at >= windows:
		case e.hot:
			hot[at] = append(hot[at], took)
		default:
			others[at] = append(others[at], took)
		}
	}
	w.Logf("a backlog of %d in %v, of the hot user in %v", backlog, othersDone.Sub(begun), hotDone.Sub(begun))
	var ratios []float64
	for i := range windows {
		if len(hot[i]) == 0 || len(others[i]) == 0 || percentile(others[i], 50) > keepsUp {
			continue
		}
		ratio := percentile(hot[i], 99).Seconds() / percentile(others[i], 99).Seconds()
		w.Logf("window %d: sendable to applied, p50 and p99: %v and %v of %d, of the hot user %v and %v of %d: %.2f", i,
			percentile(others[i], 50), percentile(others[i], 99), len(others[i]), percentile(hot[i], 50), percentile(hot[i], 99), len(hot[i]), ratio)
		ratios = append(ratios, ratio)
	}
	s := service{backlog: hotDone.Sub(begun).Seconds() / othersDone.Sub(begun).Seconds(), kept: len(ratios)}
	if slices.Sort(ratios); s.kept > 0 {
		s.steady = ratios[s.kept/2]
	}
	return s
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

// wait is the way of one event from the producer to the destination. free is when the hot user's request was
// answered that kept an event of his from being sent at once.
type wait struct {
	hot                     bool
	produced, free, applied time.Time
}

// waits are those of all events that were delivered; the history tells what happened at the time begun.
func (w *world) waits(h history.History, begun time.Time) (list []wait) {
	w.Helper()
	at := slices.IndexFunc(h, func(e history.Entry) bool { return e.Fault != nil && e.Fault.What == loadBegins })
	zero := begun.Add(-h[at].At)
	applied, answered, carrier := map[int]time.Time{}, map[int]time.Time{}, map[int]int{}
	for _, e := range h {
		switch {
		case e.Answer != nil:
			answered[e.Answer.Request] = zero.Add(e.At)
		case e.Applied != nil:
			for _, seq := range e.Applied.Stored {
				if applied[seq].IsZero() {
					applied[seq], carrier[seq] = zero.Add(e.At), e.Applied.Request
				}
			}
		}
	}
	hot := map[int]time.Time{} // when the requests were answered that brought something of the hot user
	for _, p := range w.load.Book() {
		if n, sent := carrier[p.Event.Seq]; sent && p.Event.User == witness.Hot {
			hot[n] = answered[n]
		}
	}
	ends := slices.SortedFunc(maps.Values(hot), time.Time.Compare)
	for _, p := range w.load.Book() {
		if p.Event.End != history.Delivered {
			continue
		}
		e := wait{hot: p.Event.User == witness.Hot, produced: p.Record.Timestamp, applied: applied[p.Event.Seq]}
		if i, _ := slices.BinarySearchFunc(ends, e.produced, time.Time.Compare); e.hot && i < len(ends) && ends[i].Before(e.applied) {
			e.free = ends[i]
		}
		list = append(list, e)
	}
	return list
}
