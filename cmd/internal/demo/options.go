package demo

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Options say what the demo does.
type Options struct {
	// Events ends the demo when so many events have ended.
	Events int
	// Follow lets it go on until it is stopped. Without both it ends by itself, some time after the
	// last fault; without faults too it is the tour.
	Follow bool
	// Scene is how long each scene of the tour is to be seen at least; 0: some seconds.
	Scene time.Duration
	// Rate bounds the events produced a second. 0 means 2,000, in the tour 1,000, and no bound with Events.
	Rate float64
	// Outage is when Customer.io is down, RevokeKey when it refuses the key.
	Outage, RevokeKey Span
	// Reject is the share of items that Customer.io refuses.
	Reject float64
	// Seed chooses the order of people and what is refused.
	Seed uint64
	// Admin is where the admin server listens; empty: there is none.
	Admin string
	// Version is the program's, for letters.
	Version string
}

// endlessRate is the rate of a demo without a number of events: steady, and far from any limit.
const endlessRate = 2000

// tourRate is that of the tour: slow enough that no alias comes for the second time, which the stand-in
// would count as a repeat.
const tourRate = 1000

const (
	// shortest is how long a demo with faults lasts that has neither a number of events nor is to go on.
	shortest = 10 * time.Second
	// rest is how much of that is left after the last fault.
	rest = 5 * time.Second
)

// tail is how long events are still produced after the last fault has begun, so that it meets some.
const tail = 1500 * time.Millisecond

// Span is a time within the demo, counted from its first event. It is written as LENGTH@START, and is
// a flag value.
type Span struct{ Length, Start time.Duration }

// Set reads a span as it is written.
func (s *Span) Set(text string) error {
	length, start, ok := strings.Cut(text, "@")
	if !ok {
		return fmt.Errorf("%q has no @: write LENGTH@START, such as 5s@3s for five seconds from the third on", text)
	}
	l, err := time.ParseDuration(length)
	if err != nil || l <= 0 {
		return fmt.Errorf("%q is no length of time: write one such as 5s or 500ms", length)
	}
	at, err := time.ParseDuration(start)
	if err != nil || at < 0 {
		return fmt.Errorf("%q is no time to start at: write one such as 3s or 0s", start)
	}
	*s = Span{l, at}
	return nil
}

// String writes the span the way Set reads it, empty for none.
func (s *Span) String() string {
	if s.Length == 0 {
		return ""
	}
	return s.Length.String() + "@" + s.Start.String()
}

// Type names the value in a help text.
func (*Span) Type() string { return "LENGTH@START" }

// Check returns what cannot be meant, with the flag to correct; nil when all can.
func (o *Options) Check() error {
	switch {
	case o.Events < 0:
		return fmt.Errorf("--events %d: write how many events, or leave it out", o.Events)
	case o.Events > 0 && o.Follow:
		return errors.New("--events ends the demo and --follow lets it go on: leave one of them out")
	case !(o.Rate >= 0):
		return fmt.Errorf("--rate %v: write how many events a second, or 0 for the default", o.Rate)
	case !(o.Reject >= 0 && o.Reject <= 1):
		return fmt.Errorf("--reject %v: write a share from 0 to 1, such as 0.01 for one item of a hundred", o.Reject)
	}
	return nil
}

// Tour reports whether the demo is the tour.
func (o *Options) Tour() bool {
	return o.Events == 0 && !o.Follow && o.Outage.Length == 0 && o.RevokeKey.Length == 0 && o.Reject == 0
}

// length is how long events are produced; 0: something else ends that.
func (o *Options) length() time.Duration {
	if o.Events > 0 || o.Follow || o.Tour() {
		return 0
	}
	last := shortest
	for _, s := range []Span{o.Outage, o.RevokeKey} {
		if s.Length > 0 {
			last = max(last, s.Start+s.Length+rest)
		}
	}
	return last
}

// pace is the rate to produce at, in events a second; 0: as fast as they are taken. Events are spread
// over the time until the last fault has begun, so that each fault meets some.
func (o *Options) pace() float64 {
	if o.Events == 0 {
		switch {
		case o.Rate > 0:
			return o.Rate
		case o.Tour():
			return tourRate
		}
		return endlessRate
	}
	var until time.Duration
	for _, s := range []Span{o.Outage, o.RevokeKey} {
		if s.Length > 0 {
			until = max(until, s.Start+tail)
		}
	}
	if until == 0 {
		return o.Rate
	}
	spread := float64(max(1, o.Events-1)) / until.Seconds()
	if o.Rate == 0 {
		return spread
	}
	return min(o.Rate, spread)
}
