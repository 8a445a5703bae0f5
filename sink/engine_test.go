package sink

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// bench drives an engine by hand: time moves only when a test says so.
type bench struct {
	t   *testing.T
	e   *Engine
	now time.Time
}

func newBench(t *testing.T, o Options) *bench {
	t.Helper()
	return &bench{t: t, e: NewEngine(o), now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
}

// op makes an op of lane n whose Body is its name in quotes.
func op(lane uint64, name string) *Op {
	return &Op{Body: []byte(`"` + name + `"`), Key: lane, Epoch: 1, Kind: KindEvent}
}

func barrier(lane uint64, name string) *Op {
	o := op(lane, name)
	o.Barrier = true
	return o
}

func (b *bench) add(ops ...*Op) { b.e.Add(b.now, ops) }

func (b *bench) after(d time.Duration) { b.now = b.now.Add(d) }

// next waits in steps for the next request, at most for limit.
func (b *bench) next(limit time.Duration) *Request {
	b.t.Helper()
	end := b.now.Add(limit)
	for {
		r, at := b.e.Next(b.now)
		if r != nil {
			return r
		}
		if at.IsZero() || at.After(end) {
			return nil
		}
		if !at.After(b.now) {
			b.t.Fatalf("Next asks to be called again at %v, which is now", at)
		}
		b.now = at
	}
}

func (b *bench) mustNext() *Request {
	b.t.Helper()
	r := b.next(time.Hour)
	if r == nil {
		b.t.Fatalf("no request is due within an hour")
	}
	return r
}

func (b *bench) done(r *Request, a Answer) []string {
	b.t.Helper()
	before := Result{Op: op(0, "from before")}
	results := b.e.Done(b.now, r, a, []Result{before})
	if len(results) == 0 || results[0].Op != before.Op {
		b.t.Fatal("the results from before are lost")
	}
	var out []string
	for _, res := range results[1:] {
		name := string(res.Op.Body)
		if !res.Delivered() {
			name += ":" + string(res.Reason)
		}
		out = append(out, name)
	}
	return out
}

func names(r *Request) []string {
	var out []string
	for _, o := range r.Ops {
		out = append(out, string(o.Body))
	}
	return out
}

// lanesOf are the lanes of its ops.
func lanesOf(r *Request) []string {
	var out []string
	for _, o := range r.Ops {
		out = append(out, strconv.Itoa(laneOf(o)))
	}
	return out
}

// The answers that tests give. Functions, so that no test can change them for another.
func ok() Answer        { return Answer{Verdict: Done, Status: 200} }
func failed() Answer    { return Answer{Verdict: Retry, Cause: CauseServer, Status: 503} }
func refused() Answer   { return Answer{Verdict: Split, Cause: CauseContent, Status: 400} }
func throttled() Answer { return Answer{Verdict: Retry, Cause: CauseThrottled, Status: 429} }
func wrongKey() Answer {
	return Answer{Verdict: Hold, Cause: CauseCredentials, Status: 401, Refusal: Refusal{Hint: "check the key"}}
}

func unsent() Answer {
	return Answer{Verdict: Reject, Cause: CauseUnsent, Refusal: Refusal{Code: "too_large"}}
}

func rejected() Answer {
	return Answer{Verdict: Reject, Cause: CauseContent, Status: 400, Refusal: Refusal{Code: "invalid"}}
}

func check(t *testing.T, what string, got, want []string) {
	t.Helper()
	if d := cmp.Diff(got, want); d != "" {
		t.Errorf("%s (-got +want):\n%s", what, d)
	}
}

func TestOpsOfManyLanesShareARequestAfterTheLinger(t *testing.T) {
	b := newBench(t, Options{})
	b.add(op(1, "a1"), op(2, "b1"), op(1, "a2"))
	if r := b.next(24 * time.Millisecond); r != nil {
		t.Fatalf("a request went before the linger was over: %v", names(r))
	}
	check(t, "request", names(b.mustNext()), []string{`"a1"`, `"a2"`, `"b1"`})
}

func TestALaneTakesPartInOneRequestAtATime(t *testing.T) {
	b := newBench(t, Options{})
	b.add(op(1, "a1"))
	first := b.mustNext()
	b.add(op(1, "a2"), op(2, "b1"))
	second := b.mustNext()
	check(t, "while a1 is in the air", names(second), []string{`"b1"`})
	b.done(second, ok())
	if r := b.next(time.Hour); r != nil {
		t.Fatalf("a2 overtook a1: %v", names(r))
	}
	b.done(first, ok())
	check(t, "after a1", names(b.mustNext()), []string{`"a2"`})
}

func TestABarrierTravelsWithoutItsNeighbours(t *testing.T) {
	b := newBench(t, Options{})
	b.add(op(1, "a1"), barrier(1, "merge"), op(1, "a2"), op(2, "b1"))
	var got []string
	for range 3 {
		r := b.mustNext()
		got = append(got, fmt.Sprint(names(r)))
		b.done(r, ok())
	}
	check(t, "requests", got, []string{`["a1" "b1"]`, `["merge"]`, `["a2"]`})
}

func TestRequestsAreFullToTheByteAndNeverBeyond(t *testing.T) {
	b := newBench(t, Options{MaxBytes: 12 + 3*10 + 2, MaxOps: 100, Rate: -1})
	for i := range 7 {
		b.add(op(uint64(i), fmt.Sprintf("item-%03d", i))) // 10 bytes each
	}
	var sizes []int
	for range 3 {
		r := b.mustNext()
		sizes = append(sizes, len(r.Ops))
		b.done(r, ok())
	}
	if d := cmp.Diff(sizes, []int{3, 3, 1}); d != "" {
		t.Errorf("ops a request (-got +want):\n%s", d)
	}
}

func TestAFullRequestDoesNotLinger(t *testing.T) {
	b := newBench(t, Options{MaxOps: 3})
	b.add(op(1, "a"), op(2, "b"), op(3, "c"))
	if r := b.next(0); r == nil {
		t.Error("a full load waited for company")
	}
}

func TestABigOpGoesAlone(t *testing.T) {
	b := newBench(t, Options{SoloBytes: 10})
	b.add(op(1, "a1"), op(2, "a long body of a big op"), op(3, "c1"))
	check(t, "first", names(b.mustNext()), []string{`"a1"`, `"c1"`})
	check(t, "second", names(b.mustNext()), []string{`"a long body of a big op"`})
}

func TestARejectedOpHoldsItsLaneUntilItsLetterIsSafe(t *testing.T) {
	b := newBench(t, Options{})
	bad, good := op(1, "a1"), op(1, "a2")
	b.add(bad, good, op(2, "b1"))
	r := b.mustNext()
	b.add(op(1, "a3"))
	got := b.done(r, Answer{Verdict: Done, Status: 207, Items: []Item{{Index: 0, Verdict: Reject}}})
	check(t, "results", got, []string{`"a1":rejected`, `"a2"`, `"b1"`})
	if r := b.next(time.Hour); r != nil {
		t.Fatalf("the lane went on without the letter: %v", names(r))
	}
	b.e.Resolve(bad)
	check(t, "after the letter", names(b.mustNext()), []string{`"a3"`})
}

func TestItemsThatWereNotTakenForTheirNeighboursGoAgainInOrder(t *testing.T) {
	b := newBench(t, Options{})
	bad := op(2, "bad")
	b.add(op(1, "a1"), op(1, "a2"), bad)
	r := b.mustNext()
	b.add(op(1, "a3"), op(2, "b1"))
	items := []Item{{Index: 0, Verdict: Retry}, {Index: 1, Verdict: Retry}, {Index: 2, Verdict: Reject}}
	check(t, "results", b.done(r, Answer{Verdict: Done, Cause: CauseContent, Status: 400, Items: items}), []string{`"bad":rejected`})
	check(t, "again", names(b.mustNext()), []string{`"a1"`, `"a2"`, `"a3"`})
}

func TestARefusedBatchIsHalvedUntilTheCulpritIsAlone(t *testing.T) {
	b := newBench(t, Options{Rate: -1})
	var all []string
	for i := range 8 {
		b.add(op(uint64(i), strconv.Itoa(i)))
	}
	requests := 0
	for r := b.next(time.Minute); r != nil; r = b.next(time.Minute) {
		requests++
		answer := ok()
		for _, o := range r.Ops {
			if string(o.Body) == `"5"` {
				answer = refused()
				if len(r.Ops) == 1 {
					answer = rejected()
				}
			}
		}
		all = append(all, b.done(r, answer)...)
	}
	check(t, "results", all, []string{`"0"`, `"1"`, `"2"`, `"3"`, `"4"`, `"5":rejected`, `"6"`, `"7"`})
	if requests != 6 {
		t.Errorf("took %d requests, want 6: one, one for each halving, 5 alone, 6 and 7 together", requests)
	}
}

func TestALaneAloneIsHalvedInOrder(t *testing.T) {
	b := newBench(t, Options{Rate: -1})
	for i := range 5 {
		b.add(op(1, strconv.Itoa(i)))
	}
	var sent, all []string
	for r := b.next(time.Minute); r != nil; r = b.next(time.Minute) {
		sent = append(sent, fmt.Sprint(names(r)))
		answer := ok()
		for _, o := range r.Ops {
			if string(o.Body) == `"3"` {
				if answer = refused(); len(r.Ops) == 1 {
					answer = rejected()
				}
			}
		}
		all = append(all, b.done(r, answer)...)
		if answer.Verdict == Reject {
			b.e.Resolve(r.Ops[0])
		}
	}
	check(t, "results", all, []string{`"0"`, `"1"`, `"2"`, `"3":rejected`, `"4"`})
	if sent[0] != `["0" "1" "2" "3" "4"]` || sent[1] != `["0" "1"]` {
		t.Errorf("requests: %v", sent)
	}
}

func TestARetryOfTheWholeKeepsItsCompositionAndItsBytes(t *testing.T) {
	b := newBench(t, Options{})
	b.add(op(1, "a1"), op(2, "b1"))
	r := b.mustNext()
	r.Body = []byte("frozen")
	b.done(r, failed())
	b.add(op(1, "a2"))
	again := b.mustNext()
	if again != r || string(again.Body) != "frozen" || again.Attempt != 2 {
		t.Errorf("repeated as %v, body %q, attempt %d", names(again), again.Body, again.Attempt)
	}
}

func TestARequestThatFailsTwiceWhileOthersSucceedIsHalved(t *testing.T) {
	b := newBench(t, Options{Rate: -1})
	b.add(op(1, "a1"), op(2, "toxic"))
	toxic := b.mustNext()
	b.done(toxic, failed())
	again := b.mustNext()
	b.add(op(3, "c1"))
	b.done(b.mustNext(), ok()) // somebody else succeeds
	at := b.now
	b.done(again, failed())
	first, second := b.mustNext(), b.mustNext()
	if !b.now.Equal(at) {
		t.Errorf("the halves waited %v", b.now.Sub(at))
	}
	check(t, "first half", names(first), []string{`"a1"`})
	check(t, "second half", names(second), []string{`"toxic"`})
}
