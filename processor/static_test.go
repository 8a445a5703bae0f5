package processor_test

import (
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/processor"
)

// A process that dies leaves its instance id behind, and the one that comes with it takes the partitions
// without a wait for the session to end.
func TestAStaticMemberGetsItsPartitionsBackAtOnce(t *testing.T) {
	virtually(t, 1, 2, func(s *stage) { s.getsItsPartitionsBack() })
}

func (s *stage) getsItsPartitionsBack() {
	t := s.t
	t.Helper()
	s.produceUsers(10, 1)
	static := func(c *processor.Config) { c.InstanceID, c.Session = "pintle-0", time.Minute }
	way := s.link()
	first := s.start(&script{}, func(c *processor.Config) {
		static(c)
		c.DrainTimeout, c.Opts = time.Second, append(c.Opts, kgo.Dialer(way.dial))
	})
	first.until(t, "delivery of all, committed", func(st processor.Stats) bool {
		return len(st.Partitions) == 2 && st.Partitions[0].Committed+st.Partitions[1].Committed == 10
	})
	way.cut() // it is as good as killed
	dest := &script{}
	begun := time.Now()
	second := s.start(dest, static)
	s.produceUsers(10, 2)
	second.until(t, "delivery by the second", func(st processor.Stats) bool { return st.Ledger.Delivered == 10 })
	if took := time.Since(begun); took > 40*time.Second {
		t.Fatalf("the second delivered after %v, with a session of a minute", took)
	}
	if n := dest.count(); n != 10 {
		t.Errorf("the second delivered %d, want the 10 new ones", n)
	}
	way.heal()
	var taken *processor.InstanceTakenError
	if err := first.refusal(); !errors.As(err, &taken) || taken.InstanceID != "pintle-0" || taken.Group != group {
		t.Errorf("the first, whose id is taken, ended with %v", err)
	}
	balanced(t, first.Stats())
}

// How long sessions last in the protocol of KIP-848 is the brokers' to say; what a member believes must not
// be longer.
func TestTheSessionOfTheBrokersCounts(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	ms := "2000"
	set := kmsg.NewPtrIncrementalAlterConfigsRequest()
	on := kmsg.NewIncrementalAlterConfigsRequestResource()
	on.ResourceType, on.ResourceName = kmsg.ConfigResourceTypeGroupConfig, group
	config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
	config.Name, config.Value = "consumer.session.timeout.ms", &ms
	on.Configs = append(on.Configs, config)
	set.Resources = append(set.Resources, on)
	if answer, err := set.RequestWith(t.Context(), s.client); err != nil || answer.Resources[0].ErrorCode != 0 {
		t.Fatalf("set the session of the group: %+v, %v", answer, err)
	}
	way := s.link()
	r := s.start(&script{}, func(c *processor.Config) {
		c.ServerSideBalancer, c.Session, c.Opts = true, time.Hour, append(c.Opts, kgo.Dialer(way.dial))
	})
	r.until(t, "an assignment", func(st processor.Stats) bool { return len(st.Partitions) == 1 })
	way.cut()
	r.until(t, "a lapse", func(st processor.Stats) bool { return !st.Lapsed.IsZero() })
	way.heal()
}
