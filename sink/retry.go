package sink

import (
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Full jitter from 0.5 s, doubling to 60 s: the library draws from the interval ± its factor.
const (
	retryFirst = 250 * time.Millisecond
	retryMost  = 30 * time.Second
)

// When an op alone has failed this often over this long, each time while others were taken, it is given
// up.
const (
	exhaustedAttempts = 10
	exhaustedAfter    = 15 * time.Minute
)

// A request that failed this often while others succeeded is split.
const splitAfter = 2

// schedule says when a request goes again.
type schedule struct {
	due      time.Time
	waits    backoff.ExponentialBackOff
	failures int
	others   int64   // successes of all requests, as seen at the first failure
	before   fortune // as seen at the newest failure
	alone    int     // failures since whose predecessor others fared well
}

// fortune counts how all requests fared: those that were taken or refused with a reason, and those that
// failed as the destination does when it is sick.
type fortune struct{ successes, failures int64 }

// failed books a failure, which is in all already, and sets the time of the next send.
func (s *schedule) failed(now time.Time, all fortune) {
	if s.failures == 0 {
		s.others = all.successes
	} else if well := all.successes - s.before.successes; well > 0 && well >= all.failures-s.before.failures-1 {
		s.alone++
	}
	s.before = all
	s.failures++
	s.wait(now)
}

// wait sets the time of the next send and books nothing.
func (s *schedule) wait(now time.Time) {
	if s.waits.InitialInterval == 0 {
		s.waits = backoff.ExponentialBackOff{
			InitialInterval: retryFirst, MaxInterval: retryMost, Multiplier: 2, RandomizationFactor: 1,
		}
	}
	s.due = now.Add(max(time.Millisecond, s.waits.NextBackOff()))
}

// toxic tells whether the request fails where others do not.
func (s *schedule) toxic(successes int64) bool {
	return s.failures >= splitAfter && successes > s.others
}

// waiting holds the requests that go again, soonest first.
type waiting []*Request

func (w *waiting) push(r *Request) {
	i, _ := slices.BinarySearchFunc(*w, r, func(a, b *Request) int {
		if c := a.retry.due.Compare(b.retry.due); c != 0 {
			return c
		}
		return -1 // behind its equals
	})
	*w = slices.Insert(*w, i, r)
}

func (w waiting) first() *Request {
	if len(w) == 0 {
		return nil
	}
	return w[0]
}

func (w *waiting) take(i int) *Request {
	r := (*w)[i]
	*w = slices.Delete(*w, i, i+1)
	return r
}

// leastProbed is the place of the request that was a probe least often, -1 when none waits.
func (w waiting) leastProbed() int {
	best := -1
	for i, r := range w {
		if best < 0 || r.probes < w[best].probes {
			best = i
		}
	}
	return best
}

// laneCut returns the place nearest to want at which ops can be cut without cutting a lane, or 0 when
// all are of one lane.
func laneCut(ops []*Op, want int) int {
	best := 0
	for i := 1; i < len(ops); i++ {
		if laneOf(ops[i]) == laneOf(ops[i-1]) {
			continue
		}
		if best == 0 || abs(i-want) < abs(best-want) {
			best = i
		}
	}
	return best
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// runs calls each for the ops of every lane in ops, which stand together.
func runs(ops []*Op, each func([]*Op)) {
	for start := 0; start < len(ops); {
		end := start + 1
		for end < len(ops) && laneOf(ops[end]) == laneOf(ops[start]) {
			end++
		}
		each(ops[start:end])
		start = end
	}
}
