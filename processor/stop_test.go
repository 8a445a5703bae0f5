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

// Whatever hangs, a stop ends within its time: the drain time-out, or a second and the farewell once it is
// hurried, and the farewell alone when there is nothing to wait for.
func TestAStopKeepsItsDeadline(t *testing.T) {
	t.Parallel()
	const deadline, farewell, hurried = 5 * time.Second, 2 * time.Second, time.Second
	tests := []struct {
		name    string
		answer  func(context.Context, int, *sink.Request) sink.Answer
		cut     bool // Kafka does not answer
		rejoin  bool // the group is held up by another member
		revoke  bool // a partition is being handed over
		hurry   bool
		nextGen bool
		most    time.Duration
	}{
		{name: "idle", most: 500 * time.Millisecond},
		{name: "idle, KIP-848", nextGen: true, most: 500 * time.Millisecond},
		{name: "idle, Kafka frozen", cut: true, most: farewell},
		{name: "idle, Kafka frozen, KIP-848", cut: true, nextGen: true, most: farewell},
		{name: "in a rebalance that another member holds up", rejoin: true, most: farewell},
		{name: "in a rebalance, Kafka frozen", rejoin: true, cut: true, most: farewell},
		{name: "Customer.io hangs", answer: hangs, most: deadline},
		{name: "both hang", answer: hangs, cut: true, most: deadline},
		{name: "both hang, KIP-848", answer: hangs, cut: true, nextGen: true, most: deadline},
		{name: "both hang during a hand-over", answer: hangs, revoke: true, cut: true, most: deadline},
		{name: "both hang, hurried", answer: hangs, cut: true, hurry: true, most: hurried + farewell},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, 2)
			way := newLink()
			t.Cleanup(way.heal)
			r := s.start(&script{answer: tt.answer}, func(c *processor.Config) {
				c.DrainTimeout, c.ServerSideBalancer, c.Opts = deadline, tt.nextGen, []kgo.Opt{kgo.Dialer(way.dial)}
			})
			r.until(t, "an assignment", func(st processor.Stats) bool { return len(st.Partitions) == 2 })
			if tt.rejoin {
				s.holdUp()
			}
			if tt.answer != nil {
				s.produceUsers(2, 1)
				r.until(t, "a request in the air", func(st processor.Stats) bool { return st.Ledger.Consumed == 2 && st.Sink.InFlight > 0 })
			}
			if tt.revoke {
				s.start(&script{}, nil)
				r.until(t, "a hand-over", func(st processor.Stats) bool { return len(st.Partitions) == 1 })
			}
			if tt.cut {
				way.cut()
			}
			begun := time.Now()
			if tt.hurry {
				r.Hurry()
			}
			if err := r.stop(); err != nil {
				t.Error(err)
			}
			if took := time.Since(begun); took > tt.most+deadline/20 {
				t.Errorf("the stop took %v, want %v at most", took, tt.most)
			} else {
				t.Logf("the stop took %v", took)
			}
			balanced(t, r.Stats())
		})
	}
}

// holdUp lets a member join that is then cut off, and a third one, whose join waits for the second.
func (s *stage) holdUp() {
	s.t.Helper()
	way := newLink()
	s.t.Cleanup(way.heal)
	change := func(c *processor.Config) { c.DrainTimeout, c.Opts = time.Second, []kgo.Opt{kgo.Dialer(way.dial)} }
	second := s.start(&script{}, change)
	second.until(s.t.(*testing.T), "a share for the second", func(st processor.Stats) bool { return len(st.Partitions) == 1 })
	way.cut()
	s.start(&script{}, func(c *processor.Config) { c.DrainTimeout = time.Second })
	// The first goes to join at its next heartbeat; from then on the coordinator says nothing more to it.
	time.Sleep(1500 * time.Millisecond) // a second is the interval: the broker is reached over a socket
}
