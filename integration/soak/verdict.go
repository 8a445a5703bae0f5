package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/pintle-io/pintle/integration/figure"
	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/witness"
)

// What may be: the first delivery within a probe of the gate and a second, see ADR 3; a slope of memory,
// which shows in a run of two hours and more.
const (
	firstWithin = 2 * time.Second
	slopeLimit  = 1 // MiB/h
	slopeShows  = 2 * time.Hour
	growthLimit = 5 // goroutines, or descriptors
)

// verdict prints the figures and judges the history.
func (w *world) verdict(ctx context.Context) error {
	h, err := w.history(ctx)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%d members for %s of real time", w.o.members, w.o.length)
	if w.o.outage > 0 {
		name = fmt.Sprintf("%d members, outage of %s of real time", w.o.members, w.o.outage)
	}
	produced, lost, letters := history.Tally(h)
	outages, slowest := waits(h)
	list := []figure.Figure{
		{What: "events lost", Runs: produced, Value: float64(lost), Unit: "events"},
		{What: "letters of events that have nothing wrong", Runs: produced, Value: float64(letters), Unit: "letters"},
		{What: "first delivery after an outage, the slowest", Runs: outages, Value: slowest.Seconds(), Unit: "s", Limit: firstWithin.Seconds()},
	}
	if w.o.outage == 0 {
		list = append(list, w.growth()...)
	}
	for i := range list {
		f := &list[i]
		f.Tier, f.What = "soak", name+": "+f.What
		err = errors.Join(err, f.Print(os.Stdout))
		if !f.Met() {
			err = errors.Join(err, fmt.Errorf("%s: %.2f %s, and may be %.2f", f.What, f.Value, f.Unit, f.Limit))
		}
	}
	for _, v := range history.Check(h) {
		if v.Invariant != "I2c" && v.Invariant != "I2d" { // who owned what, and when a letter was safe, is not seen from here
			err = errors.Join(err, errors.New(v.String()))
		}
	}
	return err
}

// history is what happened, with what was produced and the letters.
func (w *world) history(ctx context.Context) (history.History, error) {
	for _, p := range w.load.Book() {
		w.rec.Add(history.Entry{Input: p.Input()})
	}
	letters, err := witness.Letters(ctx, w.settings.Brokers, w.settings.Letters)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was about
	}
	for i := range letters {
		l := &letters[i]
		w.rec.Recall(l.At, history.Entry{Written: &history.Written{Place: l.Place, Op: l.Op}})
		w.rec.Add(history.Entry{Letter: &l.Letter})
	}
	return w.rec.History(), nil
}

// waits counts the outages, and tells how long after the end of one nothing was taken at most.
func waits(h history.History) (outages int, slowest time.Duration) {
	ended := time.Duration(-1)
	for i := range h {
		switch e := &h[i]; {
		case e.Fault != nil && e.Fault.What == well:
			outages, ended = outages+1, e.At
		case e.Applied != nil && len(e.Applied.Stored) > 0 && ended >= 0:
			slowest, ended = max(slowest, e.At-ended), -1
		}
	}
	return outages, slowest
}

// growth is by how much the member that grows most does.
func (w *world) growth() []figure.Figure {
	half := w.looks[len(w.looks)/2:]
	var slope, goroutines, files float64
	for i := range w.members {
		var memory []figure.Point
		for _, l := range half {
			memory = append(memory, figure.Point{At: l.at.Hours(), Value: l.members[i].resident / mib})
		}
		slope = max(slope, figure.Slope(memory))
		goroutines = max(goroutines, w.grown(func(l *look) float64 { return l.members[i].goroutines }))
		files = max(files, w.grown(func(l *look) float64 { return l.members[i].files }))
	}
	return []figure.Figure{
		{What: "memory, slope of the second half", Runs: len(half), Value: slope, Unit: "MiB/h", Limit: slopeLimit, Free: w.o.length < slopeShows},
		{What: "goroutines more in the last quarter than in the second", Runs: len(w.looks), Value: goroutines, Unit: "goroutines", Limit: growthLimit},
		{What: "descriptors more in the last quarter than in the second", Runs: len(w.looks), Value: files, Unit: "descriptors", Limit: growthLimit},
	}
}

// grown compares the mean of the last quarter with that of the second: both have outages in them.
func (w *world) grown(of func(*look) float64) float64 {
	n := len(w.looks)
	mean := func(list []look) (sum float64) {
		for i := range list {
			sum += of(&list[i]) / float64(len(list))
		}
		return sum
	}
	return mean(w.looks[n-n/4:]) - mean(w.looks[n/4:n/2])
}
