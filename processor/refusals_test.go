package processor_test

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/sink"
)

// refusing refuses the ops that it is asked to, by their bodies.
func refusing(refuses func(body string) bool) *script {
	return &script{answer: func(_ context.Context, _ int, r *sink.Request) sink.Answer {
		a := sink.Answer{Verdict: sink.Done, Status: 200}
		for i, op := range r.Ops {
			if refuses(string(op.Body)) {
				a.Items = append(a.Items, sink.Item{Index: i, Verdict: sink.Reject, Refusal: sink.Refusal{Code: "invalid"}})
			}
		}
		return a
	}}
}

// TestADestinationThatRefusesMostStopsInsteadOfEmptyingTheTopic: fifty letters are written, the others are
// kept back; over a restart too, until the destination takes the events after all.
func TestADestinationThatRefusesMostStopsInsteadOfEmptyingTheTopic(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	const users = 300
	for n := range users {
		s.produce(track(0, "u"+strconv.Itoa(n), n))
	}
	var mended atomic.Bool
	dest := refusing(func(string) bool { return !mended.Load() })
	r := s.start(dest, nil)
	st := r.until(t, "a stop", func(st processor.Stats) bool {
		return braked(st) == 1 && st.Ledger.DeadLettered == 50 && st.Ledger.InFlight == users-50
	})
	balanced(t, st)
	if st.Partitions[0].Waiting != "refusals" || st.Ready || st.NotReady != processor.BrakeHint {
		t.Errorf("waiting for %q, ready %v: %q", st.Partitions[0].Waiting, st.Ready, st.NotReady)
	}
	if n := r.ReleaseBrake(); n != 1 {
		t.Errorf("released %d partitions, want 1", n)
	}
	st = r.until(t, "another stop", func(st processor.Stats) bool { return st.Ledger.DeadLettered == 250 })
	if braked(st) != 1 || st.Ledger.InFlight != users-250 {
		t.Errorf("stopped %d partitions, in flight %d; want 1, %d", braked(st), st.Ledger.InFlight, users-250)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	mended.Store(true)
	r = s.start(dest, nil)
	r.until(t, "delivery of the rest", func(st processor.Stats) bool { return st.Ledger.Delivered == users-250 && st.Ledger.InFlight == 0 })
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s.committed(), map[int32]int64{0: users}); d != "" {
		t.Errorf("committed (-got +want):\n%s", d)
	}
}

// TestWhoeverIsNotRefusedGoesOn: half of the events and fewer may be refused for good, and a partition of
// nothing but refusals stops alone.
func TestWhoeverIsNotRefusedGoesOn(t *testing.T) {
	t.Parallel()
	s := newStage(t, 2)
	for n := range 200 {
		s.produce(track(0, "bad"+strconv.Itoa(n), n), track(0, "good"+strconv.Itoa(n), n), track(0, "fine"+strconv.Itoa(n), n))
	}
	bad := func(body string) bool { return strings.Contains(body, "bad") }
	r := s.start(refusing(bad), nil)
	st := r.until(t, "an end of the topic", func(st processor.Stats) bool { return st.Ledger.Delivered == 400 && st.Ledger.InFlight == 0 })
	if st.Ledger.DeadLettered != 200 || braked(st) != 0 {
		t.Errorf("%d letters, %d partitions stopped; want 200, none", st.Ledger.DeadLettered, braked(st))
	}
	for n := range 400 {
		s.produce(track(1, "bad"+strconv.Itoa(n), n))
	}
	r.until(t, "a stop", func(st processor.Stats) bool { return braked(st) == 1 && st.Partitions[1].Braked })
	s.produce(track(0, "bad", 1), track(0, "good", 2))
	st = r.until(t, "outcomes for the other", func(st processor.Stats) bool { return st.Ledger.Delivered == 401 })
	balanced(t, st)
	if st.Partitions[0].Braked {
		t.Error("one refusal stopped a healthy partition")
	}
}

// TestRefusalsPassWithoutABrake: all of them become letters.
func TestRefusalsPassWithoutABrake(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	for n := range 300 {
		s.produce(track(0, "u"+strconv.Itoa(n), n))
	}
	r := s.start(refusing(func(string) bool { return true }), func(c *processor.Config) { c.NoBrake = true })
	r.until(t, "300 letters", func(st processor.Stats) bool { return st.Ledger.DeadLettered == 300 })
}
