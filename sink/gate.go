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

// Probes of a shut gate: the first wait and the longest, before jitter of a quarter. A probe is one
// small request: one a second costs a dead host nothing, and a host that is back is used within two.
const (
	probeFirst     = 500 * time.Millisecond
	probeMost      = time.Second
	probeLatchMost = 30 * time.Second
	probeJitter    = 0.25
)

// errFailed is what the breaker counts as a failure.
var errFailed = errors.New("the destination failed")

// gate decides whether anything may be sent. It is shut by the circuit breaker (server errors, no
// answer), by a latch (our credentials or our configuration are refused), and for a while when the
// destination asks to be left alone.
type gate struct {
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}] // of the time since the gate was opened
	inARow  int
	// cause is CauseNone while the gate is clear.
	cause          Cause
	refusal        Refusal
	status         int
	since          time.Time
	probeAt        time.Time
	patient, brief bool // which probes are in the air
	openings       int
	waits          *backoff.ExponentialBackOff
	notBefore      time.Time // Retry-After
}

// passage is how a request went through the gate.
type passage struct {
	done  func(error) // of the breaker, nil for a probe
	probe bool
	// brief is a probe that is soon given up: it asks whether the destination is well again while
	// another, which may take its time, hangs.
	brief    bool
	openings int // of the gate until then
}

func newGate() *gate {
	g := &gate{}
	g.breaker = g.newBreaker()
	return g
}

// newBreaker returns one that is closed. It is used until it opens: then the gate asks by probes of its
// own.
func (g *gate) newBreaker() *gobreaker.TwoStepCircuitBreaker[struct{}] {
	return gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Interval:     tripWindow,
		BucketPeriod: tripBucket,
		ReadyToTrip:  g.readyToTrip,
		IsSuccessful: func(err error) bool { return err == nil },
	})
}

func (g *gate) readyToTrip(c gobreaker.Counts) bool {
	judged := c.TotalSuccesses + c.TotalFailures
	return g.inARow >= tripInARow ||
		judged >= tripLeast && c.TotalFailures*100 >= judged*tripPercent
}

// clear tells whether ordinary requests may go. If not, a probe may go at the time returned; the zero
// time means that as many probes are in the air as may be.
func (g *gate) clear(now time.Time) (ok bool, probeAt time.Time) {
	switch {
	case g.cause == CauseNone:
		return !g.notBefore.After(now), g.notBefore
	case g.patient && g.brief:
		return false, time.Time{}
	case g.notBefore.After(g.probeAt):
		return false, g.notBefore
	default:
		return false, g.probeAt
	}
}

// shut tells whether the gate holds everything back but probes.
func (g *gate) shut() bool { return g.cause != CauseNone }

// enter is called for each request that is about to go, after clear allowed it. The passage goes to
// leave, exactly once.
func (g *gate) enter(now time.Time) passage {
	p := passage{openings: g.openings}
	if !g.shut() {
		p.done, _ = g.breaker.Allow() // it is closed, and refuses nobody
		return p
	}
	p.probe, p.brief = true, g.patient
	g.air(p, true)
	g.probeAt = now.Add(g.waits.NextBackOff())
	return p
}

// air books that a probe is in the air, or no more.
func (g *gate) air(p passage, is bool) {
	if p.brief {
		g.brief = is
	} else {
		g.patient = is
	}
}

// leave takes the answer of a request into account and reports whether it opened the gate.
func (g *gate) leave(now time.Time, p passage, a Answer) (opened bool) {
	if until := now.Add(a.RetryAfter); until.After(g.notBefore) {
		g.notBefore = until
	}
	if p.openings != g.openings {
		return false // what left before the gate was opened proves nothing about now
	}
	if p.probe {
		return g.probed(now, p, a)
	}
	switch a.Cause {
	case CauseNone, CauseContent:
		g.inARow = 0
		p.done(nil)
	case CauseServer, CauseTransport:
		g.inARow++
		p.done(errFailed)
		if g.breaker.State() != gobreaker.StateClosed && !g.shut() {
			g.close(now, a)
		}
	case CauseCredentials, CauseConfiguration:
		if !g.shut() {
			g.close(now, a)
		}
	case CauseThrottled, CauseCanceled, CauseUnsent: // they count for nothing
	}
	return false
}

// probed takes the answer of a probe into account.
func (g *gate) probed(now time.Time, p passage, a Answer) (opened bool) {
	g.air(p, false)
	switch a.Cause {
	case CauseNone, CauseContent:
		g.open()
		return true
	case CauseServer, CauseTransport, CauseCredentials, CauseConfiguration:
		g.close(now, a)
	case CauseUnsent:
		g.probeAt = now // it told nothing, so that the next need not wait
	case CauseThrottled, CauseCanceled: // the next is due as it was
	}
	return false
}

func (g *gate) open() {
	g.cause, g.refusal, g.status, g.inARow = CauseNone, Refusal{}, 0, 0
	g.patient, g.brief = false, false
	g.openings++
	g.breaker = g.newBreaker()
}

// close shuts the gate, or tells what keeps it shut.
func (g *gate) close(now time.Time, a Answer) {
	if !g.shut() || latches(g.cause) != latches(a.Cause) {
		g.since = now
		g.waits = probeWaits(a.Cause)
		g.probeAt = now.Add(g.waits.NextBackOff())
	}
	g.cause, g.refusal, g.status = a.Cause, a.Refusal, a.Status
}

func latches(c Cause) bool { return c == CauseCredentials || c == CauseConfiguration }

func probeWaits(c Cause) *backoff.ExponentialBackOff {
	most := probeMost
	if latches(c) {
		most = probeLatchMost
	}
	return &backoff.ExponentialBackOff{
		InitialInterval: probeFirst, MaxInterval: most, Multiplier: 2, RandomizationFactor: probeJitter,
	}
}
