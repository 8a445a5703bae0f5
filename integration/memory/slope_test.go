package memory

import (
	"context"
	"flag"
	"math"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/figure"
	"github.com/pintle-io/pintle/integration/traffic"
)

// point is what was resident at a time.
type point struct{ hours, mib float64 }

// slope is the least-squares slope of points, in MiB an hour.
func slope(points []point) float64 {
	var x, y, xx, xy float64
	for _, p := range points {
		x, y, xx, xy = x+p.hours, y+p.mib, xx+p.hours*p.hours, xy+p.hours*p.mib
	}
	n := float64(len(points))
	return (n*xy - x*y) / (n*xx - x*x)
}

func TestSlopeOfALine(t *testing.T) {
	if got := slope([]point{{1, 7}, {2, 4}, {3, 11}, {5, 13}}); math.Abs(got-67./35) > 1e-9 {
		t.Errorf("the slope is %v, want %v", got, 67./35)
	}
}

// TestSlope has a steady stream, for as long as the flag -steady says, and tells how resident memory rises in
// the second half of it. Below an hour that is for information: the first minutes of a process say
// nothing about its days.
func TestSlope(t *testing.T) {
	w := newWorld(t, 12)
	long := flag.Lookup("steady").Value.(flag.Getter).Get().(time.Duration)
	stream, err := traffic.New(users, time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(w.ctx, long)
	defer stop()
	m := w.run()
	produced := make(chan error, 1)
	go func() {
		produced <- stream.Produce(ctx, w.client, w.settings.Topic, w.partitions, 0, math.MaxInt, 3000)
	}()
	var points []point
	for begun := time.Now(); ctx.Err() == nil; <-time.After(250 * time.Millisecond) {
		if now, _ := m.Resident(); time.Since(begun) > long/2 {
			points = append(points, point{time.Since(begun).Hours(), float64(now) / mib})
		}
	}
	if <-produced; !m.Running() || w.front.Stats().Items == 0 {
		t.Fatalf("%d events arrived:\n%s", w.front.Stats().Items, m.Tail(20))
	}
	w.show(figure.Figure{
		Tier: "memory", What: "slope of resident memory under a steady stream, second half of " + long.String(),
		Runs: 1, Value: slope(points), Unit: "MiB/h", Limit: 1, Free: long < time.Hour,
	})
}
