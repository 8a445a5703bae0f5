package sink

import (
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/sony/gobreaker/v2"
)

// The breaker opens after this many failures in a row, counted by us: the library forgets them with
// its window, and a window holds only two attempts that take 15 s to time out.
const tripInARow = 5

// It also opens when at least half of at least 20 requests of the last 30 s failed.
const (
	tripWindow  = 30 * time.Second
	tripBucket  = 3 * time.Second
	tripLeast   = 20
	tripPercent = 50
)

// Probes of a shut gate: the first wait and the longest, before jitter of half of it. A probe is one
// small request: one a second costs a dead host nothing, and a host that is back is used within two.
const (
	probeFirst     = 500 * time.Millisecond
	probeMost      = time.Second
	probeLatchMost = 30 * time.Second
)

var (
	errFailed   = errors.New("the destination failed")
	errExcluded = errors.New("counts for nothing")
)

// gate decides whether anything may be sent. It is shut by the circuit breaker (server errors, no
// answer), by a latch (our credentials or our configuration are refused), and for a while when the
// destination asks to be left alone.
type gate struct {
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]
	inARow  int
	// cause is CauseNone while the gate is clear.
	cause     Cause
	refusal   Refusal
	status    int
	since     time.Time
	probeAt   time.Time
	probing   bool
	waits     *backoff.ExponentialBackOff
	notBefore time.Time // Retry-After
}

func newGate() *gate {
	g := &gate{}
	g.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:  1,
		Interval:     tripWindow,
		BucketPeriod: tripBucket,
		// The library knows one constant time-out and leaves the open state only when asked. The
		// gate times its probes itself and asks then.
		Timeout:      time.Nanosecond,
		ReadyToTrip:  g.readyToTrip,
		IsSuccessful: func(err error) bool { return err == nil },
		IsExcluded:   func(err error) bool { return errors.Is(err, errExcluded) },
	})
	return g
}

func (g *gate) readyToTrip(c gobreaker.Counts) bool {
	judged := c.TotalSuccesses + c.TotalFailures
	return g.inARow >= tripInARow ||
		judged >= tripLeast && c.TotalFailures*100 >= judged*tripPercent
}

// clear tells whether ordinary requests may go. If not, a probe may go at the time returned; the zero
// time means that a probe is in the air.
func (g *gate) clear(now time.Time) (ok bool, probeAt time.Time) {
	switch {
	case g.cause == CauseNone:
		return !g.notBefore.After(now), g.notBefore
	case g.probing:
		return false, time.Time{}
	case g.notBefore.After(g.probeAt):
		return false, g.notBefore
	default:
		return false, g.probeAt
	}
}

// shut tells whether the gate holds everything back but probes.
func (g *gate) shut() bool { return g.cause != CauseNone }

// enter is called for each request that is about to go. The pass goes to leave, exactly once.
func (g *gate) enter() (pass func(error), ok bool) {
	done, err := g.breaker.Allow()
	if err != nil {
		return nil, false
	}
	if g.shut() {
		g.probing = true
	}
	return done, true
}

// leave takes the answer of a request into account and reports whether it opened the gate.
func (g *gate) leave(now time.Time, pass func(error), probe bool, a Answer) (opened bool) {
	if probe {
		g.probing = false
	}
	if until := now.Add(a.RetryAfter); until.After(g.notBefore) {
		g.notBefore = until
	}
	switch a.Cause {
	case CauseNone, CauseContent:
		g.inARow = 0
		pass(nil)
		return g.succeeded(probe)
	case CauseServer, CauseTransport:
		g.inARow++
		pass(errFailed)
		if g.cause == CauseNone && g.breaker.State() == gobreaker.StateClosed {
			return false
		}
	case CauseUnsent:
		pass(errExcluded)
		return false // the next probe need not wait: this one told nothing
	case CauseThrottled, CauseCanceled:
		pass(errExcluded)
		if probe {
			g.probeAt = now.Add(g.waits.NextBackOff())
		}
		return false
	default:
		pass(errExcluded)
	}
	g.close(now, probe, a)
	return false
}

// succeeded opens the gate for a probe that passed. Late answers of requests that left before the
// gate shut prove nothing about now.
func (g *gate) succeeded(probe bool) (opened bool) {
	if !probe || g.cause == CauseNone {
		return false
	}
	g.cause, g.refusal, g.status, g.inARow = CauseNone, Refusal{}, 0, 0
	return true
}

func (g *gate) close(now time.Time, probe bool, a Answer) {
	if g.shut() && !probe {
		return // one more answer of the requests that were in the air: the probes decide
	}
	if !g.shut() || g.latched() != latches(a.Cause) {
		g.since = now
		g.waits = probeWaits(a.Cause)
	}
	g.cause, g.refusal, g.status = a.Cause, a.Refusal, a.Status
	g.probeAt = now.Add(g.waits.NextBackOff())
}

func (g *gate) latched() bool { return latches(g.cause) }

func latches(c Cause) bool { return c == CauseCredentials || c == CauseConfiguration }

func probeWaits(c Cause) *backoff.ExponentialBackOff {
	most := probeMost
	if latches(c) {
		most = probeLatchMost
	}
	return &backoff.ExponentialBackOff{
		InitialInterval: probeFirst, MaxInterval: most, Multiplier: 2, RandomizationFactor: 0.5,
	}
}
