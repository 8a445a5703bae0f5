//go:build synctests

package sim

import (
	"cmp"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pintle-io/pintle/integration/figure"
)

//nolint:gochecknoglobals // flags of the test binary
var (
	dayHours    = flag.Int("sim.day", 1, "how many hours the long run lasts")
	outageHours = flag.Int("sim.outage", 1, "how many hours the long outages last")
)

// A day's load follows the sun: so many records an hour at four in the morning, and at four in the
// afternoon. They come in bursts.
const (
	night   = 200
	peak    = 2000
	between = 30 * time.Second
)

// away is how long the longest outage of a day lasts.
const away = 20 * time.Minute

// Nothing is produced and nothing goes wrong for this long before each full hour, so that what is counted
// then is not what happens to be going on.
const lull = 4 * time.Minute

// TestDay is a long run in which everything goes wrong now and then: nothing may be lost, and nothing may
// grow.
func TestDay(t *testing.T) {
	fine := fineProfile()
	defer fine()
	var o outcome
	var weights []weight
	took := taking(t)
	synctest.Test(t, func(t *testing.T) { o = run(t, newDay(*firstSeed, *dayHours, &weights), newHappenings()) })
	length := fmt.Sprintf("a run of %d h of virtual time", *dayHours)
	accounts(t, length, o.history)
	lasted, worked := took()
	show(t, &figure.Figure{What: length + ": it takes", Runs: 1, Value: lasted.Seconds(), Unit: "s", Free: true})
	show(t, &figure.Figure{What: length + ": processor time", Runs: 1, Value: worked.Seconds(), Unit: "s", Limit: 180})
	growth(t, length, weights)
	judge(t, &o)
}

// taking tells how long something takes, and how much processor time, which does not depend on who else
// uses the machine.
func taking(t *testing.T) func() (lasted, worked time.Duration) {
	t.Helper()
	work := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	begun, before := time.Now(), work()
	return func() (lasted, worked time.Duration) { return time.Since(begun), work() - before }
}

// newDay plans a run of so many hours, which is weighed at each full one.
func newDay(seed uint64, hours int, weights *[]weight) *plan {
	p := &plan{seed: seed, processes: 3, lag: time.Millisecond, session: session, users: 400, classic: true}
	r := p.random(0)
	for at := time.Duration(0); at < time.Duration(hours)*time.Hour; at += between {
		if at%time.Hour < time.Hour-lull {
			n := int(sun(at)*between.Hours() + r.Float64())
			p.add(at, fmt.Sprintf("produce %d records", n), func(w *world) { w.produce(n) })
		}
	}
	for hour := range hours + 1 {
		p.add(time.Duration(hour)*time.Hour, "weigh", func(*world) { *weights = append(*weights, weigh(hour)) })
	}
	for _, k := range kinds() {
		for range max(1, 2*k.most*hours/24) {
			k.plan(p, r, moment(r, hours))
		}
	}
	at := time.Duration(2*hours/3)*time.Hour + 10*time.Minute
	p.add(at, fmt.Sprintf("destination: away for %s", away), func(w *world) { w.sink.Outage(503) })
	p.add(at+away, "destination: back", func(w *world) { w.sink.Outage(0) })
	slices.SortStableFunc(p.steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	return p
}

// sun is the load at a time of the day, in records an hour.
func sun(at time.Duration) float64 {
	return night + (peak-night)*(1-math.Cos(2*math.Pi*(at-4*time.Hour).Hours()/24))/2
}

// moment is a time at which something goes wrong, early enough in its hour to be over in the lull.
func moment(r *rand.Rand, hours int) time.Duration {
	return time.Duration(r.IntN(hours))*time.Hour + some(r, time.Minute, time.Hour-2*lull)
}

// growth tells what has grown from the first full hour to the last.
func growth(t *testing.T, length string, list []weight) {
	t.Helper()
	var heap []figure.Point
	for _, w := range list {
		t.Logf("hour %2d: %d goroutines, %.2f MiB held by the program", w.hour, w.goroutines, w.heap)
		if 2*w.hour >= len(list)-1 {
			heap = append(heap, figure.Point{At: float64(w.hour), Value: w.heap})
		}
	}
	first, last := list[min(1, len(list)-1)], list[len(list)-1]
	show(t, &figure.Figure{What: length + ": goroutines more at the end than after an hour", Runs: 1, Value: float64(last.goroutines - first.goroutines), Unit: "goroutines", Limit: 20})
	show(t, &figure.Figure{What: length + ": heap of three members, slope of the second half", Runs: len(heap), Value: figure.Slope(heap), Unit: "MiB/h", Limit: 1})
}
