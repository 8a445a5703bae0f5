package sink

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestAResultTellsHowTheOpFared: how many requests carried it, what the last answer was, and when it failed.
func TestAResultTellsHowTheOpFared(t *testing.T) {
	b := newBench(t, Options{})
	for i := range 5 {
		b.add(op(uint64(i), strconv.Itoa(i)))
	}
	r, first := b.mustNext(), b.now
	refusal := Refusal{Code: "invalid"}
	items := []Item{{Index: 1, Verdict: Reject, Refusal: refusal}, {Index: 2, Verdict: Retry}, {Index: 4, Verdict: Retry}}
	got := b.e.Done(b.now, r, Answer{Verdict: Done, Cause: CauseContent, Status: 207, Items: items}, nil)
	again := b.mustNext()
	b.after(time.Second)
	second := b.now
	b.done(again, failed())
	got = append(got, b.e.Done(b.now, b.mustNext(), Answer{Verdict: Done, Status: 207, Items: []Item{{Index: 1, Verdict: Reject}}}, nil)...)
	want := []Result{
		{Op: r.Ops[0], Attempts: 1},
		{Op: r.Ops[1], Attempts: 1, Reason: ReasonRejected, Status: 207, Refusal: refusal, FirstFailed: first, LastFailed: first},
		{Op: r.Ops[3], Attempts: 1},
		{Op: r.Ops[2], Attempts: 3, FirstFailed: first, LastFailed: second},
		{Op: r.Ops[4], Attempts: 3, Reason: ReasonRejected, Status: 207, FirstFailed: first, LastFailed: b.now},
	}
	if d := cmp.Diff(got, want, cmp.Comparer(func(a, b *Op) bool { return a == b })); d != "" {
		t.Errorf("results (-got +want):\n%s", d)
	}
}

// TestWhatFailsBehindAShutGateIsNoFailureOfTheOp: requests that were in the air when the gate shut say no more
// about their ops than a probe does.
func TestWhatFailsBehindAShutGateIsNoFailureOfTheOp(t *testing.T) {
	b := newBench(t, Options{MaxOps: 1})
	b.add(op(0, "a"), op(1, "b"))
	first, second := b.mustNext(), b.mustNext()
	b.done(first, Answer{Verdict: Hold, Cause: CauseCredentials, Status: 401})
	b.done(second, failed())
	for range 2 {
		for _, r := range b.e.Done(b.now, b.mustNext(), ok(), nil) {
			if !r.FirstFailed.IsZero() {
				t.Errorf("%s failed at %v", r.Op.Body, r.FirstFailed)
			}
		}
	}
}

// TestTheCountsOfTheSink follow a batch with a culprit through refusal, halving and a failure.
func TestTheCountsOfTheSink(t *testing.T) {
	b := newBench(t, Options{})
	for i := range 4 {
		b.add(op(uint64(i), strconv.Itoa(i)))
	}
	expect := func(after string, want Stats) {
		t.Helper()
		got := b.e.Stats(b.now)
		if d := cmp.Diff(got, want, cmpopts.IgnoreFields(Stats{}, "Permits", "Rate")); d != "" {
			t.Errorf("after %s (-got +want):\n%s", after, d)
		}
	}
	expect("adding", Stats{Queued: 4})
	r := b.mustNext()
	expect("sending", Stats{Requests: 1, InFlight: 1})
	b.done(r, refused())
	expect("a refusal", Stats{Requests: 1, Splits: 1, Waiting: 1})
	b.done(b.mustNext(), ok())
	expect("the first half", Stats{Requests: 2, Retries: 1, Resent: 2, Splits: 1, Waiting: 1, Delivered: 2})
	b.done(b.mustNext(), ok())
	expect("the third", Stats{Requests: 3, Retries: 2, Resent: 3, Splits: 1, Waiting: 1, Delivered: 3})
	b.done(b.mustNext(), failed())
	r = b.mustNext()
	expect("a failure", Stats{Requests: 5, Retries: 4, Resent: 5, Splits: 1, InFlight: 1, Delivered: 3})
	b.done(r, Answer{Verdict: Done, Status: 207, Items: []Item{{Index: 0, Verdict: Reject}}})
	expect("the fourth", Stats{Requests: 5, Retries: 4, Resent: 5, Splits: 1, Delivered: 3, Rejected: 1})
}

// TestWhatTheDestinationCanTake: a failure means fewer requests at once, a 429 a lower rate too, and after an
// outage both begin low. A probe that fails says nothing new.
func TestWhatTheDestinationCanTake(t *testing.T) {
	b := newBench(t, Options{MaxOps: 1})
	for i := range 40 {
		b.add(op(uint64(i), strconv.Itoa(i)))
	}
	expect := func(after string, permits int, rate float64) {
		t.Helper()
		if s := b.e.Stats(b.now); s.Permits != permits || s.Rate != rate {
			t.Errorf("after %s: %d permits, rate %v; want %d, %v", after, s.Permits, s.Rate, permits, rate)
		}
	}
	expect("nothing", 4, 100)
	b.done(b.mustNext(), failed())
	expect("a failure", 2, 100)
	b.done(b.mustNext(), throttled())
	expect("a 429", 1, 50)
	b.after(time.Minute)
	b.e.permits.limit = 6
	b.done(b.mustNext(), ok())
	expect("successes", 6, 100)
	b.done(b.mustNext(), wrongKey())
	expect("a refused key", 6, 100)
	b.done(b.mustNext(), failed())
	expect("a probe that failed", 6, 100)
	b.done(b.mustNext(), ok())
	expect("the end of an outage", 1, 10)
}

// TestTokens: a hundred deliveries earn one, a hundred are the most, and each op that is given up costs one.
func TestTokens(t *testing.T) {
	b := newBench(t, Options{Rate: -1})
	deliver := func(n int) {
		for i := range n {
			b.add(op(uint64(i), "x"))
		}
		for r := b.next(time.Minute); r != nil; r = b.next(time.Minute) {
			b.done(r, ok())
		}
	}
	tokens := func(want string) {
		t.Helper()
		if got := fmt.Sprintf("%.2f", b.e.tokens); got != want {
			t.Errorf("%s tokens, want %s", got, want)
		}
	}
	deliver(250)
	tokens("2.50")
	deliver(12_000)
	tokens("100.00")
	bad := op(1, "bad")
	b.add(bad)
	r := b.mustNext()
	b.e.counts.successes++
	r.retry.alone, bad.attempts, bad.firstFailed = exhaustedAttempts, exhaustedAttempts, b.now.Add(-exhaustedAfter)
	check(t, "given up", b.done(r, failed()), []string{`"bad":exhausted`})
	tokens("99.00")
}

// TestWhenAnOpIsGivenUp: all of it must hold, and to the last attempt and nanosecond.
func TestWhenAnOpIsGivenUp(t *testing.T) {
	now := start()
	enough := func() (*Engine, *Request) {
		e := NewEngine(Options{})
		e.tokens = 1
		o := op(1, "a")
		o.attempts, o.firstFailed = exhaustedAttempts, now.Add(-exhaustedAfter)
		return e, &Request{Ops: []*Op{o}, retry: schedule{alone: exhaustedAttempts - 1}}
	}
	for _, tc := range []struct {
		name string
		less func(*Engine, *Request)
		want bool
	}{
		{"just enough", func(*Engine, *Request) {}, true},
		{"it was not alone once", func(_ *Engine, r *Request) { r.retry.alone-- }, false},
		{"an attempt less", func(_ *Engine, r *Request) { r.Ops[0].attempts-- }, false},
		{"not long enough", func(_ *Engine, r *Request) { r.Ops[0].firstFailed = r.Ops[0].firstFailed.Add(1) }, false},
		{"nobody earned it", func(e *Engine, _ *Request) { e.tokens = 0.99 }, false},
		{"the gate is shut", func(e *Engine, _ *Request) { e.gate.cause = CauseServer }, false},
	} {
		e, r := enough()
		tc.less(e, r)
		if got := e.exhausted(now, r); got != tc.want {
			t.Errorf("%s: given up %v", tc.name, got)
		}
	}
}

// TestARefusalThatBlamesTheOnlyOpOnNobodyIsAFailure: there is nothing to take apart, and asking again at once
// would not end.
func TestARefusalThatBlamesTheOnlyOpOnNobodyIsAFailure(t *testing.T) {
	b := newBench(t, Options{})
	b.add(op(1, "a"))
	b.done(b.mustNext(), refused())
	if s := b.e.Stats(b.now); s.Splits != 0 || s.Waiting != 1 {
		t.Errorf("%d splits, %d waiting", s.Splits, s.Waiting)
	}
	if r, at := b.e.Next(b.now); r != nil || !at.After(b.now) {
		t.Error("it goes again at once")
	}
}

// TestRequestsThatAreNotSentAgainAreGivenBack: each once, so that its buffer can be used again.
func TestRequestsThatAreNotSentAgainAreGivenBack(t *testing.T) {
	b := newBench(t, Options{})
	retired := func(after string, want ...*Request) {
		t.Helper()
		if got := b.e.Retired(); !cmp.Equal(got, want, cmp.Comparer(func(a, b *Request) bool { return a == b }), cmpopts.EquateEmpty()) {
			t.Errorf("after %s: %v, want %v", after, got, want)
		}
	}
	gone := op(3, "c")
	gone.Epoch = 7
	b.add(op(1, "a"), op(2, "b"), gone)
	r := b.mustNext()
	b.done(r, failed())
	retired("a failure")
	r = b.mustNext()
	b.done(r, refused())
	retired("a split", r)
	half := b.mustNext()
	b.done(half, ok())
	retired("a success", half)
	rest := b.e.waiting.first()
	b.e.End(7)
	retired("the end of an epoch", rest)
	retired("being asked")
}

// TestTheEndOfAnEpoch drops what waits of it, lets go the lanes that wait for its letters, and no others.
func TestTheEndOfAnEpoch(t *testing.T) {
	b := newBench(t, Options{MaxOps: 3})
	of := func(o *Op, epoch uint64) *Op { o.Epoch = epoch; return o }
	b.add(of(op(1, "bad"), 7), op(2, "bad too"), op(3, "c"))
	b.done(b.mustNext(), Answer{Verdict: Done, Status: 207, Items: []Item{{Index: 0, Verdict: Reject}, {Index: 1, Verdict: Reject}}})
	b.add(of(op(4, "d"), 7), op(5, "e"), op(6, "f"))
	b.done(b.mustNext(), failed())
	b.add(of(op(1, "a2"), 7), op(1, "a3"), op(2, "b2"), of(op(3, "c2"), 7))
	if n := b.e.End(7); n != 3 {
		t.Errorf("dropped %d ops, want d, a2 and c2", n)
	}
	check(t, "what goes on", names(b.mustNext()), []string{`"e"`, `"f"`, `"a3"`})
	if r := b.next(time.Hour); r != nil {
		t.Errorf("sent %v before the letter was safe", names(r))
	}
	b.e.Forget(7)
	if len(b.e.ended) > 0 {
		t.Error("an epoch that was forgotten is kept")
	}
}
