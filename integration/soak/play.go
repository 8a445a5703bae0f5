package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/program"
	"github.com/pintle-io/pintle/integration/witness"
)

// What the history calls the begin and the end of an outage.
const (
	out  = "the destination is out"
	well = "the destination is well again"
)

// before and after are how long the load runs around a single long outage.
const (
	before = 30 * time.Second
	after  = 45 * time.Second
)

// turn is something that is done at a time of the run.
type turn struct {
	at time.Duration
	do func(context.Context) error
}

// turns are all of the run: looks, outages of both kinds in turn, and the end.
func (w *world) turns() (list []turn) {
	length := w.o.length
	if w.o.outage > 0 {
		length = before + w.o.outage + after
		list = append(list, w.outage(before, w.o.outage, witness.Unavailable)...)
	} else {
		manner := witness.Unavailable
		for at := w.o.pause; at+w.o.lasts+after <= length; at += w.o.pause {
			list = append(list, w.outage(at, w.o.lasts, manner)...)
			manner = witness.Unavailable + witness.Mute - manner
		}
	}
	for at := w.o.every; at <= length; at += w.o.every {
		list = append(list, turn{at, w.look})
	}
	list = append(list, turn{length, func(context.Context) error { return nil }})
	slices.SortStableFunc(list, func(a, b turn) int { return cmp.Compare(a.at, b.at) })
	return list
}

func (w *world) outage(at, lasts time.Duration, manner witness.Manner) []turn {
	say := func(what string, manner witness.Manner) func(context.Context) error {
		return func(context.Context) error {
			log.Print(what)
			w.front.Behave(manner)
			w.front.Release()
			w.rec.Add(history.Entry{Fault: &history.Fault{What: what}})
			return nil
		}
	}
	return []turn{{at, say(out, manner)}, {at + lasts, say(well, witness.Normal)}}
}

// play takes the turns as their time comes.
func (w *world) play(ctx context.Context, list []turn) error {
	for _, t := range list {
		select {
		case <-time.After(time.Until(w.begun.Add(t.at))):
		case <-ctx.Done():
			return ctx.Err() //nolint:wrapcheck // whoever ended it knows
		}
		if err := t.do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// look is what was seen of the members at one time.
type look struct {
	at      time.Duration
	members []size
}

// size is how large a member is.
type size struct{ resident, goroutines, files float64 }

// look prints a line and keeps what it says.
func (w *world) look(ctx context.Context) error {
	l := look{at: time.Since(w.begun)}
	var line strings.Builder
	for _, m := range w.members {
		s, err := measure(ctx, m)
		if err != nil {
			return fmt.Errorf("look at %s: %w\n%s", m.Name, err, m.Tail(20))
		}
		l.members = append(l.members, s)
		fmt.Fprintf(&line, "  %s %.1f MiB %.0f goroutines %.0f files", m.Name, s.resident/mib, s.goroutines, s.files)
	}
	w.looks = append(w.looks, l)
	lag, err := w.lag(ctx)
	if err != nil {
		return err
	}
	log.Printf("%6s  delivered %d  lag %d%s", l.at.Round(time.Second), w.front.Server.Stats().Items, lag, line.String())
	return nil
}

// measure reads a member's metrics.
func measure(ctx context.Context, m *program.Member) (s size, err error) {
	_, text, err := m.Get(ctx, "/metrics")
	if err != nil {
		return s, err //nolint:wrapcheck // says what it was about
	}
	for name, to := range map[string]*float64{"process_resident_memory_bytes": &s.resident, "go_goroutines": &s.goroutines, "process_open_fds": &s.files} {
		_, rest, found := strings.Cut(text, "\n"+name+" ")
		value, _, _ := strings.Cut(rest, "\n")
		if *to, err = strconv.ParseFloat(value, 64); err != nil || !found {
			return s, fmt.Errorf("its metrics have no %s, as they have on Linux", name)
		}
	}
	return s, nil
}
