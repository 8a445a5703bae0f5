package sink

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sony/gobreaker/v2"
)

func TestTheBreakerTripsOnARowOrOnHalfOfMany(t *testing.T) {
	for _, tc := range []struct {
		inARow, good, bad int
		trips             bool
	}{
		{inARow: 4, good: 1, bad: 4},
		{inARow: 5, good: 100, bad: 5, trips: true},
		{good: 10, bad: 10, trips: true},
		{good: 11, bad: 10},
		{good: 9, bad: 10}, // too few to judge by
		{good: 3, bad: 16},
		{good: 4, bad: 16, trips: true},
		{good: 1000, bad: 999},
	} {
		g := newGate()
		g.inARow = tc.inARow
		// Those that were excluded are requests that were neither.
		counts := gobreaker.Counts{Requests: uint32(tc.good + tc.bad + 50), TotalSuccesses: uint32(tc.good), TotalFailures: uint32(tc.bad)}
		if got := g.readyToTrip(counts); got != tc.trips {
			t.Errorf("%d failures in a row, %d good and %d bad ones: trips %v", tc.inARow, tc.good, tc.bad, got)
		}
	}
}

// pass sends one request through a gate.
func pass(g *gate, now time.Time, a Answer) (opened bool) {
	return g.leave(now, g.enter(now), a)
}

// TestWhatIsTakenKeepsTheGateOpen: thirty that were taken outweigh twenty that failed.
func TestWhatIsTakenKeepsTheGateOpen(t *testing.T) {
	g := newGate()
	for i := range 50 {
		a := because(CauseServer)
		if i%5 < 3 {
			a = Answer{}
		}
		if pass(g, start(), a); g.shut() {
			t.Fatalf("shut after %d answers, of which two of five failed", i+1)
		}
	}
}

// answer is one of a cause, and hint names it.
func because(c Cause) Answer {
	return Answer{Cause: c, Status: 500 + int(c), Refusal: Refusal{Hint: c.String()}}
}

func start() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func TestARefusalOfContentEndsARowOfFailures(t *testing.T) {
	g := newGate()
	for i := range 12 {
		a := because(CauseTransport)
		if i%tripInARow == tripInARow-1 {
			a = because(CauseContent)
		}
		if pass(g, start(), a); g.shut() {
			t.Fatalf("shut after %d answers, of which no %d in a row failed", i+1, tripInARow)
		}
	}
}

// TestOnlyASuccessOfAProbeOpensAShutGate: no other answer does, and after each of them the next probe may go.
func TestOnlyASuccessOfAProbeOpensAShutGate(t *testing.T) {
	for _, shutBy := range []Cause{CauseServer, CauseCredentials} {
		for _, c := range []Cause{CauseServer, CauseTransport, CauseThrottled, CauseCredentials, CauseConfiguration, CauseCanceled, CauseUnsent} {
			t.Run(shutBy.String()+", then "+c.String(), func(t *testing.T) {
				g := newGate()
				before := g.enter(start())
				for range tripInARow {
					pass(g, start(), because(shutBy))
				}
				for range 3 {
					if opened := pass(g, start(), because(c)); opened || !g.shut() {
						t.Fatalf("a probe that was answered %v opened the gate", c)
					}
				}
				if opened := g.leave(start(), before, Answer{}); opened || !g.shut() {
					t.Error("a request from before opened the gate")
				}
				if opened := pass(g, start(), Answer{}); !opened || g.shut() {
					t.Error("a success did not open it")
				}
				for range tripInARow - 1 {
					if pass(g, start(), because(CauseServer)); g.shut() {
						t.Fatal("failures from before count")
					}
				}
			})
		}
	}
}

// TestWhenTheNextProbeMayGo: the waits double, with a quarter of jitter; an outage is asked about every
// second, a refused key or address every thirty. What says nothing about it postpones nothing.
func TestWhenTheNextProbeMayGo(t *testing.T) {
	for _, tc := range []struct {
		shutBy, probes Cause
		least, most    time.Duration // of the twentieth wait
	}{
		{CauseServer, CauseServer, probeMost * 3 / 4, probeMost * 5 / 4},
		{CauseServer, CauseTransport, probeMost * 3 / 4, probeMost * 5 / 4},
		{CauseServer, CauseThrottled, probeMost * 3 / 4, probeMost * 5 / 4},
		{CauseServer, CauseCanceled, probeMost * 3 / 4, probeMost * 5 / 4},
		{CauseServer, CauseUnsent, 0, 0},
		{CauseServer, CauseCredentials, probeLatchMost * 3 / 4, probeLatchMost * 5 / 4},
		{CauseCredentials, CauseConfiguration, probeLatchMost * 3 / 4, probeLatchMost * 5 / 4},
		{CauseConfiguration, CauseConfiguration, probeLatchMost * 3 / 4, probeLatchMost * 5 / 4},
		{CauseConfiguration, CauseServer, probeMost * 3 / 4, probeMost * 5 / 4},
	} {
		t.Run(tc.shutBy.String()+", then "+tc.probes.String(), func(t *testing.T) {
			g, now := newGate(), start()
			for range tripInARow {
				pass(g, now, because(tc.shutBy))
			}
			for range 20 {
				_, now = g.clear(now)
				pass(g, now, because(tc.probes))
			}
			free, at := g.clear(now)
			if wait := at.Sub(now); free || wait < tc.least || wait > tc.most {
				t.Errorf("free %v, the next probe in %v; want one in %v to %v", free, wait, tc.least, tc.most)
			}
			asked := because(CauseThrottled)
			asked.RetryAfter = time.Hour
			pass(g, now, asked)
			if free, at := g.clear(now); free || !at.Equal(now.Add(time.Hour)) {
				t.Errorf("free %v, the next probe in %v, though asked to wait an hour", free, at.Sub(now))
			}
		})
	}
}

// TestTheGateTellsWhyItIsShutAndSince: since the outage began, or since another kind of trouble did.
func TestTheGateTellsWhyItIsShutAndSince(t *testing.T) {
	b := newBench(t, Options{MaxOps: 1})
	for i := range 20 {
		b.add(op(uint64(i), strconv.Itoa(i)))
	}
	trip(b)
	outage := b.now
	b.done(b.mustNext(), because(CauseTransport))
	got := b.e.Stats(b.now).Gate
	want := GateState{Shut: true, Cause: CauseTransport, Status: 503, Hint: "transport", Since: outage, NextProbe: got.NextProbe}
	if d := cmp.Diff(got, want); d != "" {
		t.Errorf("in an outage (-got +want):\n%s", d)
	}
	r := b.mustNext()
	b.after(time.Second)
	b.done(r, because(CauseConfiguration))
	got = b.e.Stats(b.now).Gate
	want = GateState{Shut: true, Cause: CauseConfiguration, Status: 506, Hint: "configuration", Since: b.now, NextProbe: got.NextProbe}
	if d := cmp.Diff(got, want); d != "" {
		t.Errorf("at a wrong address (-got +want):\n%s", d)
	}
	b.done(b.mustNext(), ok())
	if d := cmp.Diff(b.e.Stats(b.now).Gate, GateState{}); d != "" {
		t.Errorf("when it opened again (-got +want):\n%s", d)
	}
}

// TestAProbeThatHangsHoldsUpNoOther: beside one that may take its time, brief ones go, one after another. The
// first that is answered opens the gate, whichever it is, and the answer to the other decides nothing any more.
func TestAProbeThatHangsHoldsUpNoOther(t *testing.T) {
	for _, opensBrief := range []bool{false, true} {
		t.Run(fmt.Sprintf("a brief one is answered %v", opensBrief), func(t *testing.T) {
			g, now := newGate(), start()
			for range tripInARow {
				pass(g, now, because(CauseTransport))
			}
			patient := g.enter(now)
			for range 3 {
				free, at := g.clear(now)
				if wait := at.Sub(now); free || wait < probeFirst*3/4 || wait > probeMost*5/4 {
					t.Fatalf("free %v, the next probe in %v while one hangs", free, wait)
				}
				now = at
				brief := g.enter(now)
				if free, at := g.clear(now); free || !at.IsZero() {
					t.Errorf("free %v, a third probe at %v", free, at)
				}
				if patient.brief || !brief.brief {
					t.Errorf("the first probe is brief: %v, the second: %v", patient.brief, brief.brief)
				}
				g.leave(now, brief, because(CauseTransport))
			}
			other := g.enter(now)
			if !opensBrief {
				patient, other = other, patient
			}
			if opened := g.leave(now, other, Answer{}); !opened || g.shut() {
				t.Fatal("the answer opened nothing")
			}
			for range tripInARow - 1 {
				pass(g, now, because(CauseTransport))
			}
			if g.leave(now, patient, because(CauseTransport)); g.shut() {
				t.Error("the probe that hung is a failure of the gate that was opened since")
			}
			pass(g, now, because(CauseTransport))
			if opened := g.leave(now, patient, Answer{}); opened || !g.shut() {
				t.Error("a probe from before opened the gate")
			}
			if p := g.enter(now); p.brief {
				t.Error("the first probe is brief, though none is in the air")
			}
		})
	}
}

// TestTheNextProbeMayTakeItsTimeOnceTheOneThatHungIsOver, though a brief one is in the air.
func TestTheNextProbeMayTakeItsTimeOnceTheOneThatHungIsOver(t *testing.T) {
	g, now := newGate(), start()
	pass(g, now, because(CauseCredentials))
	patient, brief := g.enter(now), g.enter(now)
	g.leave(now, patient, because(CauseTransport))
	next := g.enter(now)
	if next.brief {
		t.Error("the next one is brief")
	}
	if _, at := g.clear(now); !at.IsZero() {
		t.Error("a third probe may go")
	}
	g.leave(now, brief, because(CauseTransport))
	if p := g.enter(now); !p.brief {
		t.Error("one beside it is not brief")
	}
}
