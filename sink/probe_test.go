package sink

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// many adds n ops of lanes of their own.
func (b *bench) many(first, n int) {
	for i := first; i < first+n; i++ {
		b.add(op(uint64(i), strconv.Itoa(i)))
	}
}

// TestNothingNewIsSentWhileAsManyRequestsWaitAsMayBeInTheAir: more would only pile up behind what fails.
func TestNothingNewIsSentWhileAsManyRequestsWaitAsMayBeInTheAir(t *testing.T) {
	b := newBench(t, Options{MaxInFlight: 2, MaxOps: 1, Rate: -1})
	b.many(0, 4)
	first, second := b.mustNext(), b.mustNext()
	b.done(first, throttled())
	b.done(second, ok())
	third := b.mustNext()
	check(t, "while one waits", names(third), []string{`"2"`})
	b.done(third, throttled())
	r, at := b.e.Next(b.now)
	if due := b.e.waiting.first().retry.due; r != nil || !at.Equal(due) {
		t.Errorf("while two wait: request %v, again at %v; want none before %v", r, at, due)
	}
	if again := b.mustNext(); again != first && again != third {
		t.Errorf("sent %v, want one of those that wait", names(again))
	}
}

// TestTheNextLookIsAtWhateverComesFirst: the linger of what is queued, or the end of a back-off.
func TestTheNextLookIsAtWhateverComesFirst(t *testing.T) {
	b := newBench(t, Options{MaxOps: 10})
	b.many(0, 2)
	r := b.mustNext()
	b.done(r, throttled())
	b.many(2, 1)
	// The spacing after the first load ends 50 ms after it.
	for _, due := range []time.Duration{10 * time.Millisecond, time.Minute} {
		r.retry.due = b.now.Add(due)
		want := b.now.Add(min(due, 50*time.Millisecond))
		if r, at := b.e.Next(b.now); r != nil || !at.Equal(want) {
			t.Errorf("with a back-off of %v: request %v, again after %v, want %v", due, r, at.Sub(b.now), want.Sub(b.now))
		}
	}
}

// TestTheTurnsOfProbes: each request that waits is a probe twice before something new is, then all in turn.
// It may be a request itself that is toxic, and then only something new opens the gate.
func TestTheTurnsOfProbes(t *testing.T) {
	b := newBench(t, Options{MaxOps: 2, MaxInFlight: 4})
	b.many(0, 4)
	first, second := b.mustNext(), b.mustNext()
	b.done(first, wrongKey())
	b.done(second, wrongKey())
	b.many(4, 20)
	var probes []string
	for range 14 {
		r := b.mustNext()
		probes = append(probes, fmt.Sprint(names(r)))
		b.done(r, failed())
	}
	check(t, "probes", probes, []string{
		`["0" "1"]`, `["2" "3"]`, `["0" "1"]`, `["2" "3"]`, // twice each
		`["4" "5"]`, `["4" "5"]`, `["6" "7"]`, `["6" "7"]`, // new ones, up to as many as there are permits
		`["0" "1"]`, `["2" "3"]`, `["4" "5"]`, `["6" "7"]`, `["0" "1"]`, `["2" "3"]`,
	})
	if !b.e.saturated() {
		t.Error("more ops are wanted, though as many requests wait as there are permits")
	}
}

// TestAProbeIsSmall: a request that waits is cut for it, unless it is small already: then it keeps its bytes.
// What was cut off has been a probe as often.
func TestAProbeIsSmall(t *testing.T) {
	for _, tc := range []struct {
		lanes, ops  int
		same        bool
		probe, rest int
	}{
		{lanes: probeOps, ops: 1, same: true, probe: probeOps},
		{lanes: 1, ops: probeOps, same: true, probe: probeOps},
		{lanes: probeOps + 1, ops: 1, probe: probeOps, rest: 1},
		{lanes: 25, ops: 1, probe: probeOps, rest: 15},
		{lanes: 1, ops: 25, probe: probeOps}, // the other ops go back to their lane
	} {
		b := newBench(t, Options{})
		for range tc.ops {
			b.many(0, tc.lanes)
		}
		r := b.mustNext()
		b.done(r, wrongKey())
		b.many(1000, 1) // it is not all there is
		probe := b.mustNext()
		if len(probe.Ops) != tc.probe || (probe == r) != tc.same || probe.probes != 1 {
			t.Errorf("%d lanes of %d: a probe of %d ops, the same request %v, a probe %d times", tc.lanes, tc.ops, len(probe.Ops), probe == r, probe.probes)
		}
		rest := b.e.waiting.first()
		if tc.rest == 0 {
			if rest != nil {
				t.Errorf("%d lanes of %d: %v waits", tc.lanes, tc.ops, names(rest))
			}
			continue
		}
		if rest == nil || len(rest.Ops) != tc.rest || rest.probes != 1 {
			t.Errorf("%d lanes of %d: %+v waits, want %d ops that were a probe once", tc.lanes, tc.ops, rest, tc.rest)
		}
	}
}

// TestAllThereIsToProbeWithIsCutInTwo, so that there is something beside what hangs; but no lane is.
func TestAllThereIsToProbeWithIsCutInTwo(t *testing.T) {
	for _, tc := range []struct {
		lanes, ops, probe, brief int
	}{
		{lanes: 2, ops: 1, probe: 1, brief: 1},
		{lanes: 3, ops: 1, probe: 1, brief: 2},
		{lanes: 2, ops: 4, probe: 4, brief: 4},
		{lanes: 10, ops: 1, probe: 5, brief: 5},
		{lanes: 400, ops: 1, probe: probeOps, brief: probeOps},
		{lanes: 1, ops: 1, probe: 1},
		{lanes: 1, ops: probeOps, probe: probeOps},
	} {
		b := newBench(t, Options{})
		for range tc.ops {
			b.many(0, tc.lanes)
		}
		b.done(b.mustNext(), wrongKey())
		probe, brief := b.mustNext(), b.next(time.Hour)
		if len(probe.Ops) != tc.probe || (brief == nil) != (tc.brief == 0) || brief != nil && len(brief.Ops) != tc.brief {
			t.Errorf("%d lanes of %d: a probe of %d ops, and %+v beside it; want %d and %d", tc.lanes, tc.ops, len(probe.Ops), brief, tc.probe, tc.brief)
		}
	}
}

// TestWhatWasAProbeGoesOnWhenTheGateOpens, whatever its own back-off was.
func TestWhatWasAProbeGoesOnWhenTheGateOpens(t *testing.T) {
	b := newBench(t, Options{MaxOps: 1, MaxInFlight: 2})
	b.many(0, 2)
	first, second := b.mustNext(), b.mustNext()
	b.done(first, throttled())
	first.retry.due = b.now.Add(time.Hour)
	b.done(second, wrongKey())
	b.done(b.mustNext(), wrongKey())
	b.done(b.mustNext(), wrongKey()) // by now both were
	r := b.mustNext()
	b.done(r, ok())
	if r != second {
		t.Fatalf("probed %v", names(r))
	}
	if r := b.next(time.Second); r != first {
		t.Errorf("sent %v, want what was a probe", r)
	}
}

func TestRequestsKeepTheRate(t *testing.T) {
	b := newBench(t, Options{MaxOps: 1, MaxInFlight: 1})
	b.many(0, 300)
	began := b.now
	for range 205 {
		b.done(b.mustNext(), ok())
	}
	if took := b.now.Sub(began); took < 1990*time.Millisecond || took > 2025*time.Millisecond {
		t.Errorf("205 requests took %v at 100 a second, 5 of them at once; want 2 s", took)
	}
}
