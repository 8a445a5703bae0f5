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

// TourLines shows the tour where there is no terminal: its captions, and between them how it goes.
func TourLines(w io.Writer) Display {
	say := func(text string) { _, _ = io.WriteString(w, text) } // who has gone does not read
	say("pintle demo: RudderStack events > Kafka > pintle > Customer.io, in one process\n")
	return Display{
		Every: 2 * time.Second,
		Show:  func(s *Snapshot) { say(progress(s, time.Now()) + "\n") },
		Say:   func(c Caption) { say(caption(c)) },
	}
}

// progress writes a snapshot as a short line for people.
func progress(s *Snapshot, now time.Time) string {
	text := fmt.Sprintf("     %4.0f s   delivered %7s   waiting %7s", s.Elapsed.Seconds(), count(s.Stats.Ledger.Delivered), count(s.unfinished()))
	if why := s.holding(now); why != "" {
		text += "   " + why
	}
	return text
}

// caption writes a caption as lines.
func caption(c Caption) string {
	var b strings.Builder
	if c.Head != "" {
		b.WriteString("\n" + c.Head + "\n")
	}
	for _, l := range c.Lines {
		b.WriteString("     " + l + "\n")
	}
	return b.String()
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
