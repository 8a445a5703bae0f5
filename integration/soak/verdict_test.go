package main

import (
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/history"
)

func TestWaits(t *testing.T) {
	at := func(at time.Duration, e history.Entry) history.Entry {
		e.At = at
		return e
	}
	says := func(what string) history.Entry { return history.Entry{Fault: &history.Fault{What: what}} }
	took := func(seq ...int) history.Entry { return history.Entry{Applied: &history.Applied{Stored: seq}} }
	outages, slowest := waits(history.History{
		at(1*time.Second, took(1)),
		at(2*time.Second, says(out)),
		at(3*time.Second, says(well)),
		at(4*time.Second, took()), // it refused what came
		at(6*time.Second, took(2)),
		at(9*time.Second, took(3)),
		at(20*time.Second, says(out)),
		at(30*time.Second, says(well)),
		at(31*time.Second, took(4)),
	})
	if outages != 2 || slowest != 3*time.Second {
		t.Errorf("%d outages, %s after the slowest; want 2, 3s", outages, slowest)
	}
}

func TestGrowth(t *testing.T) {
	w := &world{o: options{length: slopeShows}}
	for i := range 8 {
		n := float64(i)
		w.looks = append(w.looks, look{at: time.Duration(i) * time.Hour, members: []size{
			{resident: 9 * mib, goroutines: 40, files: 20}, {resident: (9 + 2*n) * mib, goroutines: 40 + n, files: 20 - n},
		}})
	}
	w.members = append(w.members, nil, nil) // only their number counts
	want := []float64{2, 4, 0}
	for i, f := range w.growth() {
		if f.Value != want[i] {
			t.Errorf("%s: %v, want %v", f.What, f.Value, want[i])
		}
	}
}

func TestTurns(t *testing.T) {
	for _, c := range []struct {
		name string
		o    options
		want int
		last time.Duration
	}{
		{"steady", options{length: 10 * time.Minute, every: time.Minute, pause: 3 * time.Minute, lasts: 20 * time.Second}, 10 + 2*2 + 1, 10 * time.Minute},
		{"one outage", options{every: time.Minute, outage: 5 * time.Minute}, 6 + 2 + 1, before + 5*time.Minute + after},
	} {
		list := (&world{o: c.o}).turns()
		if last := list[len(list)-1].at; len(list) != c.want || last != c.last {
			t.Errorf("%s: %d turns until %s, want %d until %s", c.name, len(list), last, c.want, c.last)
		}
	}
}
