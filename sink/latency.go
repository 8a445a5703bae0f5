package sink

import (
	"slices"
	"time"
)

// An attempt may take three times what 99 of 100 took, within these bounds.
const (
	timeoutLeast  = 2 * time.Second
	timeoutMost   = 15 * time.Second
	timeoutFactor = 3
)

// briefTimeout is how long a brief probe may take: what is healthy answers in less.
const briefTimeout = time.Second

// latencies keeps the latest times of answers.
type latencies struct {
	ring   [256]time.Duration
	n      int
	cached time.Duration // p99 as of the last few
	newest time.Time     // when the newest request was sent that was answered
}

// limit is how long an attempt of r may take.
func (l *latencies) limit(r *Request) time.Duration {
	switch {
	case r.passage.brief:
		return briefTimeout
	case r.passage.probe: // whatever was known before the outage
		return timeoutMost
	}
	limit := l.timeout()
	for range r.outrun {
		limit = min(timeoutMost, timeoutFactor*limit)
	}
	return limit
}

// learn books how an attempt of r went that was sent at since and might take so long, and whether it
// opened the gate.
//
// A time-out says that r takes long only if what was sent after it was answered before: then the next
// attempt may take longer. If not, the destination is down, or as slow for all; the gate finds out which.
func (l *latencies) learn(r *Request, cause Cause, since time.Time, took, limit time.Duration, opened bool) {
	switch {
	case cause == CauseNone || cause == CauseContent:
		l.add(took)
		if since.After(l.newest) {
			l.newest = since
		}
	case cause == CauseTransport && took >= limit && !r.passage.probe && l.newest.After(since):
		r.outrun++
	}
	if opened && l.cached > 0 {
		l.cached = max(l.cached, took) // or the next would be given up, and shut the gate again
	}
}

func (l *latencies) add(d time.Duration) {
	l.ring[l.n%len(l.ring)] = d
	l.n++
	if l.n%16 == 0 {
		l.cached = l.compute()
	}
}

func (l *latencies) compute() time.Duration {
	sorted := slices.Clone(l.ring[:min(l.n, len(l.ring))])
	slices.Sort(sorted)
	return sorted[len(sorted)*99/100]
}

func (l *latencies) p99() time.Duration { return l.cached }

// timeout is how long an ordinary attempt may take; the longest while too little is known.
func (l *latencies) timeout() time.Duration {
	if l.cached == 0 {
		return timeoutMost
	}
	return min(timeoutMost, max(timeoutLeast, timeoutFactor*l.cached))
}
