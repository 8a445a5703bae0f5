package processor_test

import (
	"bytes"
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/sink"
)

// refuseMetadata makes the broker take no commit with metadata, as one with a small
// offset.metadata.max.bytes does. It returns how many it refused.
func (s *stage) refuseMetadata() *atomic.Int32 {
	var refused atomic.Int32
	s.cluster.ControlKey(int16(kmsg.OffsetCommit), func(req kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		commit := req.(*kmsg.OffsetCommitRequest)
		answer := commit.ResponseKind().(*kmsg.OffsetCommitResponse)
		found := false
		for _, t := range commit.Topics {
			topic := kmsg.OffsetCommitResponseTopic{Topic: t.Topic, TopicID: t.TopicID}
			for _, p := range t.Partitions {
				found = found || p.Metadata != nil && *p.Metadata != ""
				topic.Partitions = append(topic.Partitions, kmsg.OffsetCommitResponseTopicPartition{
					Partition: p.Partition, ErrorCode: kerr.OffsetMetadataTooLarge.Code,
				})
			}
			answer.Topics = append(answer.Topics, topic)
		}
		if !found {
			return nil, nil, false
		}
		refused.Add(1)
		return answer, nil, true
	})
	return &refused
}

// A hand-over has one commit: when the broker refuses it for the size of its metadata, it goes again at once
// without, or the next owner would begin where the commit before stood.
func TestAHandOverRefusedForItsMetadataIsCommittedWithout(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	refused := s.refuseMetadata()
	s.produce(track(0, "quick", 0), track(0, "quick", 1), track(0, "slow", 2), track(0, "quick", 3))
	dest := &script{answer: func(ctx context.Context, n int, r *sink.Request) sink.Answer {
		if bytes.Contains(r.Ops[0].Body, []byte("slow")) {
			return hangs(ctx, n, r)
		}
		return sink.Answer{Verdict: sink.Done, Status: 200}
	}}
	r := s.start(dest, func(c *processor.Config) { c.Sink.MaxOps = 1 })
	r.until(t, "delivery of the quick ones", func(st processor.Stats) bool { return st.Ledger.Delivered == 3 })
	r.Hurry()
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if at := s.committed()[0]; at != 2 || refused.Load() != 1 {
		t.Errorf("committed %d after %d refusals, want 2 after 1", at, refused.Load())
	}
}

// A member that may not be one any more commits nothing: another may have read on from where the group stands.
func TestNothingIsCommittedWithoutALease(t *testing.T) {
	for _, leased := range []bool{true, false} {
		t.Run("with a lease "+strconv.FormatBool(leased), func(t *testing.T) {
			s := newStage(t, 1)
			s.produce(track(0, "u", 0))
			asked, answered := make(chan struct{}), make(chan struct{})
			r := s.start(&script{answer: func(context.Context, int, *sink.Request) sink.Answer {
				close(asked)
				<-answered
				return sink.Answer{Verdict: sink.Done, Status: 200}
			}}, nil)
			<-asked
			if !leased {
				processor.LeaseFor(r.Processor, time.Nanosecond)
			}
			close(answered)
			r.delivered(t, 1)
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			if at := s.committed()[0]; at != 0 && !leased || at != 1 && leased {
				t.Errorf("committed %d", at)
			}
		})
	}
}

// A commit that brokers refuse for the moment is repeated, but not past the loss of its partitions: the
// client would join the group again only after it (classic), or have it taken while the same member sends
// what it covers anew (KIP-848).
func TestACommitIsGivenUpWithItsPartitions(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	var lost atomic.Bool
	var former, late, next atomic.Int32 // the generation that is lost; commits of it after its loss, and of the next one
	s.cluster.ControlKey(int16(kmsg.Heartbeat), func(req kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		if former.Load() == 0 || lost.Swap(true) {
			return nil, nil, false
		}
		answer := req.ResponseKind().(*kmsg.HeartbeatResponse)
		answer.ErrorCode = kerr.IllegalGeneration.Code
		return answer, nil, true
	})
	s.commits(func(req *kmsg.OffsetCommitRequest) *kmsg.OffsetCommitResponse {
		former.CompareAndSwap(0, max(0, req.Generation)) // there is none where the group begins
		switch {
		case former.Load() == 0:
			return nil
		case former.Load() != req.Generation:
			next.Add(1)
			return nil
		case lost.Load():
			late.Add(1)
		}
		answer := req.ResponseKind().(*kmsg.OffsetCommitResponse)
		answer.Topics = []kmsg.OffsetCommitResponseTopic{{Topic: topic, Partitions: []kmsg.OffsetCommitResponseTopicPartition{{ErrorCode: kerr.CoordinatorNotAvailable.Code}}}}
		return answer
	})
	s.produce(track(0, "u", 0))
	r := s.start(&script{}, func(c *processor.Config) { c.Session = 6 * time.Second })
	r.until(t, "a commit of the next generation", func(processor.Stats) bool { return next.Load() > 0 })
	if n := late.Load(); n > 1 { // one may cross the news
		t.Errorf("a generation committed %d times after its loss", n)
	}
}

// A member that is told to give partitions back when it may not be their owner any more drains nothing, and so
// has no heartbeat answered meanwhile that would let it commit.
func TestAMemberThatWasAwayHandsNothingOver(t *testing.T) {
	virtually(t, 1, 2, func(s *stage) { s.handsNothingOver() })
}

func (s *stage) handsNothingOver() {
	t := s.t
	t.Helper()
	s.produce(track(0, "u", 0), track(1, "v", 1))
	first := s.start(&script{answer: hangs}, nil)
	first.until(t, "a request in the air", func(st processor.Stats) bool { return st.Sink.InFlight > 0 })
	processor.LeaseFor(first.Processor, time.Nanosecond)
	s.start(&script{}, nil)
	asked := time.Now()
	first.until(t, "the loss of what it had", func(st processor.Stats) bool { return st.Ledger.HandedBack > 0 })
	if took := time.Since(asked); took > 4*time.Second { // a drain lasts for 7 s
		t.Errorf("it let go after %v", took)
	}
	first.Hurry()
}
