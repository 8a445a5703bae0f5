package sink

import (
	"strings"
	"testing"
	"time"
)

// sized is an op whose Body has so many bytes.
func sized(lane uint64, bytes int) *Op {
	return op(lane, strings.Repeat("x", bytes-2))
}

// TestWhenARequestIsDue: at once when there is a full load or something that goes alone, else when the oldest
// op has waited for the linger, and two lingers have passed since the last load that was not full.
func TestWhenARequestIsDue(t *testing.T) {
	const linger = 25 * time.Millisecond
	options := Options{MaxOps: 4, MaxBytes: batchFrame + 20 + 1 + 20, SoloBytes: 30, Linger: linger}
	for _, tc := range []struct {
		name string
		ops  []*Op
		then []*Op         // after the first request
		wait time.Duration // until the second request, or the first where there is no second
	}{
		{name: "a few", ops: []*Op{op(1, "a")}, wait: linger},
		{name: "as many ops as a request takes", ops: []*Op{op(1, "a"), op(2, "b"), op(3, "c"), op(4, "d")}},
		{name: "one op less", ops: []*Op{op(1, "a"), op(2, "b"), op(3, "c")}, wait: linger},
		{name: "as many bytes as a request takes", ops: []*Op{sized(1, 20), sized(2, 20)}},
		{name: "one byte less", ops: []*Op{sized(1, 20), sized(2, 19)}, wait: linger},
		{name: "a big op", ops: []*Op{sized(1, 31)}},
		{name: "the biggest that is not", ops: []*Op{sized(1, 30)}, wait: linger},
		{name: "after a small load", ops: []*Op{op(1, "a")}, then: []*Op{op(2, "b")}, wait: 2 * linger},
		{name: "after a full load", ops: []*Op{sized(1, 20), sized(2, 20)}, then: []*Op{op(3, "c")}, wait: linger},
		{name: "after a big op", ops: []*Op{sized(1, 31)}, then: []*Op{op(2, "b")}, wait: linger},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t, options)
			began := b.now
			b.add(tc.ops...)
			b.mustNext()
			if tc.then != nil {
				began = b.now
				b.add(tc.then...)
				b.mustNext()
			}
			if waited := b.now.Sub(began); waited != tc.wait {
				t.Errorf("waited %v, want %v", waited, tc.wait)
			}
		})
	}
}

// TestWhatARequestLeftBehindGoesSooner: the second event of a user whose first is in flight misses a request of
// others, and goes one linger after that and not two.
func TestWhatARequestLeftBehindGoesSooner(t *testing.T) {
	const linger = 25 * time.Millisecond
	b := newBench(t, Options{Linger: linger})
	b.add(op(1, "first"))
	first := b.mustNext()
	b.add(op(1, "second"), op(2, "other"))
	check(t, "lanes of the request that leaves it behind", lanesOf(b.mustNext()), []string{"2"})
	missed := b.now
	b.done(first, ok())
	check(t, "lanes of the next request", lanesOf(b.mustNext()), []string{"1"})
	if waited := b.now.Sub(missed); waited != linger {
		t.Errorf("waited %v, want %v", waited, linger)
	}
}

// TestWhatIsTooLargeForTheRestOfARequestIsNotOvertaken: a small op behind it would fit, but then the larger one
// might wait for ever.
func TestWhatIsTooLargeForTheRestOfARequestIsNotOvertaken(t *testing.T) {
	b := newBench(t, Options{MaxBytes: batchFrame + 41, SoloBytes: 30})
	b.add(sized(1, 20), sized(2, 25), sized(3, 5))
	first, second := b.mustNext(), b.mustNext()
	check(t, "lanes of the first request", lanesOf(first), []string{"1"})
	check(t, "lanes of the second", lanesOf(second), []string{"2", "3"})
}

// hotLane adds eight ops of lane 1 and finds the first of them to be what their request was refused for: the
// others are suspects, one at a time at first.
func hotLane(b *bench, with func(i int, o *Op)) (first *Op) {
	b.t.Helper()
	for i := range 8 {
		o := sized(1, 30)
		with(i, o)
		b.add(o)
	}
	r := b.mustNext()
	for ; len(r.Ops) > 1; r = b.mustNext() {
		b.done(r, refused())
	}
	b.done(r, rejected())
	return r.Ops[0]
}

// lanesOfAll takes all that goes and returns the lanes of the ops of each request.
func lanesOfAll(b *bench) (requests []string) {
	b.t.Helper()
	for r := b.next(time.Minute); r != nil; r = b.next(time.Minute) {
		requests = append(requests, strings.Join(lanesOf(r), ""))
		b.done(r, ok())
	}
	return requests
}

// TestSuspectsTravelWithoutOthers: a lane with a refused op sends few ops at a time, and no other lane with
// them, until the suspects are through. Each time that they are taken, more go.
func TestSuspectsTravelWithoutOthers(t *testing.T) {
	b := newBench(t, Options{Rate: -1, SoloBytes: 30})
	bad := hotLane(b, func(int, *Op) {})
	b.add(sized(2, 5), sized(1, 30))
	b.e.Resolve(bad)
	check(t, "lanes of the ops of each request", lanesOfAll(b), []string{"1", "11", "1111", "21"})
}

// TestWhatComesBackBeforeSuspectsIsOne: those behind it would be none otherwise, and travel with others.
func TestWhatComesBackBeforeSuspectsIsOne(t *testing.T) {
	b := newBench(t, Options{Rate: -1})
	b.e.Resolve(hotLane(b, func(int, *Op) {}))
	b.done(b.mustNext(), ok())
	r := b.mustNext() // two of the six that are left
	items := []Item{{Index: 0, Verdict: Reject}, {Index: 1, Verdict: Retry}}
	b.done(r, Answer{Verdict: Done, Cause: CauseContent, Status: 400, Items: items})
	b.e.Resolve(r.Ops[0])
	b.add(op(2, "b"), op(1, "new"))
	check(t, "lanes of the ops of each request", lanesOfAll(b), []string{"1", "1111", "21"})
}

// TestWhatGoesAgainGoesWithNothingElse: a part of a request that comes back is not filled up with what came back
// of another one, which may not have arrived yet.
func TestWhatGoesAgainGoesWithNothingElse(t *testing.T) {
	b := newBench(t, Options{Rate: -1})
	for range 10 {
		b.add(op(1, "a"))
	}
	large := refused()
	large.Status = 413
	b.done(b.mustNext(), large) // five go again, five come back
	b.done(b.mustNext(), large) // of the five, three go again, two come back
	check(t, "lanes of the ops of each request", lanesOfAll(b), []string{"111", "11", "11111"})
}

// TestSuspectsOfAnEndedEpochAreNone: what is dropped is not waited for, and what stays behind them is free.
func TestSuspectsOfAnEndedEpochAreNone(t *testing.T) {
	b := newBench(t, Options{Rate: -1})
	bad := hotLane(b, func(i int, o *Op) { o.Epoch = uint64(i%2 + 1) })
	b.add(op(1, "new"), op(2, "other"))
	b.e.End(2)
	b.e.Resolve(bad)
	check(t, "lanes of the ops of each request", lanesOfAll(b), []string{"1", "11", "12"})
}
