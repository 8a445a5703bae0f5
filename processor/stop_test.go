package processor_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/sink"
)

// hangs answers nothing until the request is given up.
func hangs(ctx context.Context, _ int, _ *sink.Request) sink.Answer {
	<-ctx.Done()
	return sink.Answer{Verdict: sink.Retry, Cause: sink.CauseCanceled}
}

// stopDeadline is the drain time-out of the stops that are tested.
const stopDeadline = 5 * time.Second

// stopTest is a state to stop in, and how long that may take.
type stopTest struct {
	name    string
	answer  func(context.Context, int, *sink.Request) sink.Answer
	cut     bool // Kafka does not answer
	rejoin  bool // the group is held up by another member
	revoke  bool // a partition is being handed over
	hurry   bool
	nextGen bool
	most    time.Duration
}

// Whatever hangs, a stop ends within its time: the drain time-out, or a second and the farewell once it is
// hurried, and the farewell alone when there is nothing to wait for.
func TestAStopKeepsItsDeadline(t *testing.T) {
	const farewell, hurried = 2 * time.Second, time.Second
	for _, tt := range []stopTest{
		{name: "idle", most: 500 * time.Millisecond},
		{name: "idle, KIP-848", nextGen: true, most: 500 * time.Millisecond},
		{name: "idle, Kafka frozen", cut: true, most: farewell},
		{name: "idle, Kafka frozen, KIP-848", cut: true, nextGen: true, most: farewell},
		{name: "in a rebalance that another member holds up", rejoin: true, most: farewell},
		{name: "in a rebalance, Kafka frozen", rejoin: true, cut: true, most: farewell},
		{name: "Customer.io hangs", answer: hangs, most: stopDeadline},
		{name: "both hang", answer: hangs, cut: true, most: stopDeadline},
		{name: "both hang, KIP-848", answer: hangs, cut: true, nextGen: true, most: stopDeadline},
		{name: "both hang during a hand-over", answer: hangs, revoke: true, cut: true, most: stopDeadline},
		{name: "both hang, hurried", answer: hangs, cut: true, hurry: true, most: hurried + farewell},
	} {
		t.Run(tt.name, func(t *testing.T) {
			virtually(t, 1, 2, func(s *stage) { s.stopsWithin(tt) })
		})
	}
}

// stopsWithin stops a run in the state of a test.
func (s *stage) stopsWithin(tt stopTest) {
	s.t.Helper()
	way := s.link()
	r := s.start(&script{answer: tt.answer}, func(c *processor.Config) {
		c.DrainTimeout, c.ServerSideBalancer, c.Opts = stopDeadline, tt.nextGen, append(c.Opts, kgo.Dialer(way.dial))
	})
	r.until(s.t, "an assignment", func(st processor.Stats) bool { return len(st.Partitions) == 2 })
	if tt.rejoin {
		s.holdUp()
	}
	if tt.answer != nil {
		s.produceUsers(2, 1)
		r.until(s.t, "a request in the air", func(st processor.Stats) bool { return st.Ledger.Consumed == 2 && st.Sink.InFlight > 0 })
	}
	if tt.revoke {
		s.start(&script{}, nil)
		r.until(s.t, "a hand-over", func(st processor.Stats) bool { return len(st.Partitions) == 1 })
	}
	if tt.cut {
		way.cut()
	}
	begun := time.Now()
	if tt.hurry {
		r.Hurry()
	}
	if err := r.stop(); err != nil {
		s.t.Error(err)
	}
	if took := time.Since(begun); took > tt.most {
		s.t.Errorf("the stop took %v, want %v at most", took, tt.most)
	}
	way.heal()
	balanced(s.t, r.Stats())
}

// holdUp lets a member join that is then cut off, and a third one, whose join waits for the second.
func (s *stage) holdUp() {
	s.t.Helper()
	way := s.link()
	s.t.Cleanup(way.heal)
	change := func(c *processor.Config) { c.DrainTimeout, c.Opts = time.Second, append(c.Opts, kgo.Dialer(way.dial)) }
	second := s.start(&script{}, change)
	second.until(s.t, "a share for the second", func(st processor.Stats) bool { return len(st.Partitions) == 1 })
	way.cut()
	s.start(&script{}, func(c *processor.Config) { c.DrainTimeout = time.Second })
	// The first goes to join at its next heartbeat; from then on the coordinator says nothing more to it.
	time.Sleep(1500 * time.Millisecond) // a second is the interval
}
