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

// latencies keeps the latest times of answers.
type latencies struct {
	ring   [256]time.Duration
	n      int
	cached time.Duration // p99 as of the last few
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

// timeout is how long an attempt may take; the longest while too little is known.
func (l *latencies) timeout() time.Duration {
	if l.cached == 0 {
		return timeoutMost
	}
	return min(timeoutMost, max(timeoutLeast, timeoutFactor*l.cached))
}
