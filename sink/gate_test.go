package sink

import (
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
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
func pass(t *testing.T, g *gate, now time.Time, a Answer) (opened bool) {
	t.Helper()
	probe := g.shut()
	done, ok := g.enter()
	if !ok {
		t.Fatal("the breaker lets nothing through")
	}
	return g.leave(now, done, probe, a)
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
		if pass(t, g, start(), a); g.shut() {
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
				for range tripInARow {
					pass(t, g, start(), because(shutBy))
				}
				for range 3 {
					if opened := pass(t, g, start(), because(c)); opened || !g.shut() {
						t.Fatalf("a probe that was answered %v opened the gate", c)
					}
				}
				late := Answer{}
				if opened := g.leave(start(), func(error) {}, false, late); opened || !g.shut() {
					t.Error("a request from before opened the gate")
				}
				if opened := pass(t, g, start(), Answer{}); !opened || g.shut() {
					t.Error("a success did not open it")
				}
				for range tripInARow - 1 {
					if pass(t, g, start(), because(CauseServer)); g.shut() {
						t.Fatal("failures from before count")
					}
				}
			})
		}
	}
}

// TestWhenTheNextProbeMayGo: the waits double, half of each is jitter; an outage is asked about every
// second, a refused key or address every thirty. What says nothing about it postpones nothing.
func TestWhenTheNextProbeMayGo(t *testing.T) {
	for _, tc := range []struct {
		shutBy, probes Cause
		least, most    time.Duration // of the twentieth wait
	}{
		{CauseServer, CauseServer, probeMost / 2, probeMost * 3 / 2},
		{CauseServer, CauseTransport, probeMost / 2, probeMost * 3 / 2},
		{CauseServer, CauseThrottled, probeMost / 2, probeMost * 3 / 2},
		{CauseServer, CauseCanceled, probeMost / 2, probeMost * 3 / 2},
		{CauseServer, CauseUnsent, 0, 0},
		{CauseServer, CauseCredentials, probeLatchMost / 2, probeLatchMost * 3 / 2},
		{CauseCredentials, CauseConfiguration, probeLatchMost / 2, probeLatchMost * 3 / 2},
		{CauseConfiguration, CauseConfiguration, probeLatchMost / 2, probeLatchMost * 3 / 2},
		{CauseConfiguration, CauseServer, probeMost / 2, probeMost * 3 / 2},
	} {
		t.Run(tc.shutBy.String()+", then "+tc.probes.String(), func(t *testing.T) {
			g, now := newGate(), start()
			for range tripInARow {
				pass(t, g, now, because(tc.shutBy))
			}
			for range 20 {
				_, now = g.clear(now)
				pass(t, g, now, because(tc.probes))
			}
			free, at := g.clear(now)
			if wait := at.Sub(now); free || wait < tc.least || wait > tc.most {
				t.Errorf("free %v, the next probe in %v; want one in %v to %v", free, wait, tc.least, tc.most)
			}
			asked := because(CauseThrottled)
			asked.RetryAfter = time.Hour
			pass(t, g, now, asked)
			if free, at := g.clear(now); free || !at.Equal(now.Add(time.Hour)) {
				t.Errorf("free %v, the next probe in %v, though asked to wait an hour", free, at.Sub(now))
			}
			done, _ := g.enter()
			if free, at := g.clear(now); free || !at.IsZero() {
				t.Errorf("free %v, a probe in %v while one is in the air", free, at.Sub(now))
			}
			done(errors.New("given up"))
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

// TestTheBreakerIsAskedAgain: it leaves its open state a moment after it opened, by a clock of its own.
func TestTheBreakerIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Options{})
		b.add(op(1, "a"))
		trip(b)
		b.now = b.e.gate.probeAt
		if r, at := b.e.Next(b.now); r != nil || !at.Equal(b.now.Add(time.Millisecond)) {
			t.Fatalf("request %v, again at %v, now %v", r, at, b.now)
		}
		time.Sleep(time.Millisecond)
		b.after(time.Millisecond)
		if r, _ := b.e.Next(b.now); r == nil {
			t.Error("no probe goes")
		}
	})
}
