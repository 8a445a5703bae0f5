package sink

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// trip opens the breaker with five failures in a row and returns how many requests that took.
func trip(b *bench) {
	b.t.Helper()
	for range tripInARow {
		b.done(b.mustNext(), failed())
	}
	if !b.e.gate.shut() {
		b.t.Fatal("five failures in a row did not shut the gate")
	}
}

func TestAnOutageHoldsEverythingAndRejectsNothing(t *testing.T) {
	b := newBench(t, Options{MaxOps: 20})
	for i := range 100 {
		b.add(op(uint64(i), strconv.Itoa(i)))
	}
	trip(b)
	start := b.now
	probes := 0
	for b.now.Sub(start) < 72*time.Hour {
		r := b.mustNext()
		if len(r.Ops) > probeOps {
			t.Fatalf("a probe carries %d ops, want at most %d", len(r.Ops), probeOps)
		}
		if other, _ := b.e.Next(b.now); other != nil {
			t.Fatal("two probes in the air")
		}
		if got := b.done(r, failed()); len(got) > 0 {
			t.Fatalf("an outage settled %v", got)
		}
		probes++
	}
	if least := int(72 * time.Hour / (2 * probeMost)); probes < least {
		t.Errorf("%d probes in three days, want at least %d", probes, least)
	}
	settled := 0
	for r := b.next(time.Hour); r != nil; r = b.next(time.Hour) {
		settled += len(b.done(r, ok()))
	}
	if settled != 100 {
		t.Errorf("%d of 100 ops delivered after the outage", settled)
	}
	if s := b.e.Stats(b.now); s.Rejected != 0 || s.Gate.Shut {
		t.Errorf("after the outage: %d rejected, gate shut: %v", s.Rejected, s.Gate.Shut)
	}
}

func TestTheFirstDeliveryComesSoonAfterAnOutage(t *testing.T) {
	b := newBench(t, Options{})
	b.add(op(1, "a"))
	for range 50 {
		b.done(b.mustNext(), failed())
	}
	ended := b.now
	b.done(b.mustNext(), ok())
	if took := b.now.Sub(ended); took > 2*probeMost {
		t.Errorf("the first delivery came %v after the outage, want at most %v", took, 2*probeMost)
	}
}

func TestAttemptsDoNotCountWhileTheGateIsShut(t *testing.T) {
	b := newBench(t, Options{})
	o := op(1, "a")
	b.add(o)
	for !b.e.gate.shut() {
		b.done(b.mustNext(), failed())
	}
	before := o.attempts
	for range 20 {
		b.done(b.mustNext(), failed())
	}
	if o.attempts != before {
		t.Errorf("attempts grew from %d to %d while the gate was shut", before, o.attempts)
	}
}

func TestAWrongKeyIsHeldAtOnceAndSaysWhatToDo(t *testing.T) {
	b := newBench(t, Options{})
	b.add(op(1, "a"))
	if got := b.done(b.mustNext(), wrongKey()); got != nil {
		t.Fatalf("settled %v", got)
	}
	g := b.e.Stats(b.now).Gate
	if !g.Shut || g.Cause != CauseCredentials || g.Hint != "check the key" || g.Status != 401 {
		t.Errorf("gate: %+v", g)
	}
	for range 20 {
		b.done(b.mustNext(), wrongKey())
	}
	if got := b.done(b.mustNext(), ok()); len(got) != 1 {
		t.Errorf("after the key was mended: %v", got)
	}
	if b.e.gate.shut() {
		t.Error("the gate stayed shut")
	}
}

func TestALateFailureDoesNotPostponeTheProbe(t *testing.T) {
	b := newBench(t, Options{MaxOps: 1})
	b.add(op(1, "a"), op(2, "b"))
	a, late := b.mustNext(), b.mustNext()
	b.done(a, wrongKey())
	at := b.e.gate.probeAt
	b.after(time.Millisecond)
	b.done(late, wrongKey())
	if !b.e.gate.probeAt.Equal(at) {
		t.Errorf("the probe moved from %v to %v", at, b.e.gate.probeAt)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	b := newBench(t, Options{})
	b.add(op(1, "a"))
	answer := throttled()
	answer.RetryAfter = 30 * time.Second
	start := b.now
	b.done(b.mustNext(), answer)
	b.mustNext()
	if waited := b.now.Sub(start); waited < 30*time.Second {
		t.Errorf("sent again after %v, though asked to wait 30 s", waited)
	}
}

// A later answer that asks for less does not cut short what was asked for before.
func TestTheLongestRetryAfterIsHonoured(t *testing.T) {
	b := newBench(t, Options{MaxOps: 1})
	b.add(op(1, "a"), op(2, "b"))
	start, first, second := b.now, b.mustNext(), b.mustNext()
	long, short := throttled(), throttled()
	long.RetryAfter, short.RetryAfter = 30*time.Second, time.Second
	b.done(first, long)
	b.done(second, short)
	b.mustNext()
	if waited := b.now.Sub(start); waited < 30*time.Second {
		t.Errorf("sent again after %v, though asked to wait 30 s", waited)
	}
}

func TestThrottlingShrinksPermitsAndRateAndIsNoOutage(t *testing.T) {
	b := newBench(t, Options{})
	b.add(op(1, "a"))
	permits, rate := b.e.permits.limit, b.e.pace.perSecond()
	for range 10 {
		b.done(b.mustNext(), throttled())
	}
	if b.e.gate.shut() {
		t.Error("429 shut the gate")
	}
	if b.e.permits.limit >= permits || b.e.pace.perSecond() >= rate {
		t.Errorf("permits %v of %v, rate %v of %v", b.e.permits.limit, permits, b.e.pace.perSecond(), rate)
	}
	b.after(time.Minute)
	b.done(b.mustNext(), ok())
	if got := b.e.pace.perSecond(); got != rate {
		t.Errorf("the rate recovered to %v of %v in a minute", got, rate)
	}
}

func TestAnOpThatFailsAloneIsExhaustedOnlyWhenOthersEarnedIt(t *testing.T) {
	for _, earned := range []bool{false, true} {
		b := newBench(t, Options{Rate: -1})
		if earned {
			b.e.tokens = 1
		}
		bad := op(1, "bad")
		b.add(bad)
		deadline := b.now.Add(24 * time.Hour)
		exhausted := false
		for n := uint64(0); b.now.Before(deadline) && !exhausted; n++ {
			r := b.mustNext()
			if r.Ops[0] != bad {
				b.done(r, ok())
				b.e.tokens = min(b.e.tokens, map[bool]float64{true: 1}[earned])
				continue
			}
			for _, res := range b.e.Done(b.now, r, failed(), nil) {
				exhausted = res.Reason == ReasonExhausted
				if res.Attempts < exhaustedAttempts || res.LastFailed.Sub(res.FirstFailed) < exhaustedAfter {
					t.Errorf("given up after %d attempts in %v", res.Attempts, res.LastFailed.Sub(res.FirstFailed))
				}
			}
			b.add(op(2+n%7, "good")) // keeps the gate open
		}
		if exhausted != earned {
			t.Errorf("with a token %v: exhausted %v", earned, exhausted)
		}
	}
}

func TestPermitsGrowOnlyWhileTheyLimit(t *testing.T) {
	b := newBench(t, Options{Rate: -1, MaxOps: 1})
	for i := range 4000 {
		b.add(op(uint64(i), "x"))
	}
	for range 100 {
		b.done(b.mustNext(), ok()) // one at a time: never the last permit
	}
	if b.e.permits.limit != permitsFirst {
		t.Errorf("grew to %v though one request at a time was in the air", b.e.permits.limit)
	}
	var air []*Request
	for range 200 {
		for r, _ := b.e.Next(b.now); r != nil; r, _ = b.e.Next(b.now) {
			air = append(air, r)
		}
		b.done(air[0], ok())
		air = air[1:]
	}
	if b.e.permits.limit != 64 {
		t.Errorf("grew to %v in 200 answers at the limit, want 64", b.e.permits.limit)
	}
}

func TestAnEndedEpochIsNotSentAndItsNeighboursAre(t *testing.T) {
	b := newBench(t, Options{MaxOps: 2})
	gone := op(2, "gone")
	gone.Epoch = 7
	b.add(op(1, "a1"), gone)
	b.done(b.mustNext(), failed()) // both wait in one request
	later := op(1, "late")
	later.Epoch = 7
	b.add(later, op(1, "a2"))
	if n := b.e.End(7); n != 2 {
		t.Errorf("End dropped %d ops, want 2", n)
	}
	b.add(func() *Op { o := op(3, "after"); o.Epoch = 7; return o }())
	check(t, "request", names(b.mustNext()), []string{`"a1"`, `"a2"`})
}

func TestAnEpochThatEndsInTheAirSettlesWhatWasTaken(t *testing.T) {
	b := newBench(t, Options{})
	gone := op(2, "gone")
	gone.Epoch = 7
	b.add(op(1, "a1"), gone)
	r := b.mustNext()
	b.e.End(7)
	check(t, "results", b.done(r, ok()), []string{`"a1"`, `"gone"`})

	b.add(op(1, "a2"), func() *Op { o := op(2, "x"); o.Epoch = 8; return o }())
	r = b.mustNext()
	b.e.End(8)
	b.done(r, Answer{Verdict: Retry, Cause: CauseCanceled})
	check(t, "after a cancel", names(b.mustNext()), []string{`"a2"`})
}

func TestThrottlingNeitherSplitsNorExhausts(t *testing.T) {
	b := newBench(t, Options{Rate: -1, MaxOps: 2})
	b.e.tokens = tokensMost
	b.add(op(1, "a1"), op(2, "b1"))
	start := b.now
	for n := uint64(0); b.now.Sub(start) < 2*exhaustedAfter; n++ {
		r := b.mustNext()
		if string(r.Ops[0].Body) == `"other"` {
			b.done(r, ok())
			continue
		}
		if len(r.Ops) != 2 {
			t.Fatalf("a throttled request was split: %v", names(r))
		}
		if got := b.done(r, throttled()); got != nil {
			t.Fatalf("throttling settled %v", got)
		}
		b.add(op(3+n%5, "other"), op(9+n%5, "other")) // others are delivered
	}
}

func TestAShutGateWithNothingToProbeWantsMore(t *testing.T) {
	b := newBench(t, Options{})
	b.add(op(1, "a"))
	b.done(b.mustNext(), wrongKey())
	if b.e.saturated() {
		t.Error("one op that waits is enough to probe with, though it may be what is toxic")
	}
	b.add(op(2, "b"))
	if !b.e.saturated() {
		t.Error("with another op in the lanes, more is wanted")
	}
	b.e.End(1)
	if b.e.saturated() {
		t.Error("with nothing left to probe with, nothing more is wanted")
	}
}

// As many requests wait for the gate as there are permits, and not one more.
func TestAShutGateWithAsManyToProbeAsMayWaitWantsNoMore(t *testing.T) {
	b := newBench(t, Options{MaxOps: 1, MaxInFlight: 2})
	b.add(op(1, "a"), op(2, "b"))
	first, second := b.mustNext(), b.mustNext()
	b.done(first, wrongKey())
	if b.e.saturated() {
		t.Error("one of two waits, and no more is wanted")
	}
	b.done(second, wrongKey())
	if !b.e.saturated() {
		t.Error("two of two wait, and more is wanted")
	}
}

func TestAnOpThatFitsNoBatchGoesAlone(t *testing.T) {
	b := newBench(t, Options{MaxBytes: 50})
	b.add(op(1, strings.Repeat("x", 60)), op(2, "b"))
	got := append(names(b.mustNext()), names(b.mustNext())...)
	if len(got) != 2 {
		t.Errorf("sent %v", got)
	}
}

func TestAnOpThatNobodyWasAskedAboutOpensNoGate(t *testing.T) {
	b := newBench(t, Options{MaxOps: 1})
	b.add(op(1, "a"), op(2, "b"))
	b.done(b.mustNext(), wrongKey())
	got := b.done(b.mustNext(), unsent())
	if len(got) != 1 || !strings.HasSuffix(got[0], ":too_large") {
		t.Errorf("settled %v, want one that is too large", got)
	}
	if !b.e.gate.shut() {
		t.Error("the gate opened without an answer")
	}
	if got := b.done(b.mustNext(), ok()); len(got) != 1 || b.e.gate.shut() {
		t.Errorf("the next probe settled %v, gate shut: %v", got, b.e.gate.shut())
	}
	if s := b.e.Stats(b.now); s.Requests != 2 {
		t.Errorf("%d requests counted, want the 2 that were sent", s.Requests)
	}
}
