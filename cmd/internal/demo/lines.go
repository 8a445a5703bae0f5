package demo

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Lines shows a line each second: for logs and pipes.
func Lines(w io.Writer) Display {
	v := &speed{}
	return Display{Every: time.Second, Show: func(s *Snapshot) {
		_, _ = io.WriteString(w, line(s, v.of(s), time.Now())+"\n") // who has gone does not read
	}}
}

// line writes a snapshot as one line of names and values.
func line(s *Snapshot, r rates, now time.Time) string {
	l := &s.Stats.Ledger
	var b strings.Builder
	fmt.Fprintf(&b, "%3.0f s  consumed=%d delivered=%d filtered=%d dead_lettered=%d in_flight=%d age=%.1fs",
		s.Elapsed.Seconds(), l.Consumed, l.Delivered, l.Filtered, l.DeadLettered, l.InFlight, s.age().Seconds())
	fmt.Fprintf(&b, " requests=%d requests_per_second=%.0f events_per_request=%.0f retries=%d",
		s.Stats.Sink.Requests, r.requests, s.perRequest(), s.Stats.Sink.Retries)
	b.WriteString(" gate=")
	if why := s.holding(now); why == "" {
		b.WriteString("open")
	} else {
		fmt.Fprintf(&b, "shut cause=%s (%s)", s.Stats.Sink.Gate.Cause, why)
	}
	if _, balance := s.books(); balance {
		b.WriteString(" books=balance")
	} else {
		fmt.Fprintf(&b, " books_off_by=%d", l.Imbalance())
	}
	for _, f := range s.Faults {
		b.WriteString("  [" + f + "]")
	}
	return b.String()
}
