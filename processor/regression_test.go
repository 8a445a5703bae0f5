package processor_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/sink"
)

// The tests in this file are named after what went wrong in other systems; docs/reliability.md lists them.

// gated answers requests of slow users when it is let go, and others at once.
type gated struct {
	script
	release chan struct{}
}

func newGated() *gated {
	g := &gated{release: make(chan struct{})}
	g.answer = func(ctx context.Context, _ int, r *sink.Request) sink.Answer {
		if strings.Contains(string(r.Ops[0].Body), "slow") {
			select {
			case <-g.release:
			case <-ctx.Done():
				return sink.Answer{Verdict: sink.Retry, Cause: sink.CauseCanceled}
			}
		}
		return sink.Answer{Verdict: sink.Done, Status: 200}
	}
	return g
}

// oneByOne has each event in a request of its own, and hand-overs that do not wait for long.
func oneByOne(c *processor.Config) { c.Sink.MaxOps, c.Rebalance = 1, 4*time.Second }

// commits tells act of each commit that the broker is asked for, which may answer it.
func (s *stage) commits(act func(*kmsg.OffsetCommitRequest) *kmsg.OffsetCommitResponse) {
	s.cluster.ControlKey(int16(kmsg.OffsetCommit), func(req kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		if answer := act(req.(*kmsg.OffsetCommitRequest)); answer != nil {
			return answer, nil, true
		}
		return nil, nil, false
	})
}

// TestRegressionCommitOfTheHighestSeenAtARevoke, or of a partition that is no longer owned: Parallel Consumer
// committed what it had seen, not what was done, when a partition was revoked; Redpanda Connect marked an
// offset of a partition that somebody else owned by then.
func TestRegressionCommitOfTheHighestSeenAtARevoke(t *testing.T) {
	t.Parallel()
	s := newStage(t, 2)
	for n := range 20 {
		s.produce(track(int32(n%2), []string{"slow", "quick"}[n/2%2]+strconv.Itoa(n%2), n))
	}
	var member, late sync.Map
	var moved atomic.Int32 // the partition that the second has; -1 before
	var joins atomic.Bool
	moved.Store(-1)
	s.commits(func(req *kmsg.OffsetCommitRequest) *kmsg.OffsetCommitResponse {
		if !joins.Load() && req.MemberID != "" {
			member.Store("first", req.MemberID)
		}
		first, _ := member.Load("first")
		for _, p := range req.Topics[0].Partitions {
			if p.Partition == moved.Load() && req.MemberID == first {
				late.Store(req.MemberID, p.Offset)
			}
		}
		return nil
	})
	dest := newGated()
	first := s.start(dest, oneByOne)
	first.until(t, "delivery of the quick ones", func(st processor.Stats) bool { return st.Ledger.Delivered == 10 })
	first.until(t, "its first commit", func(processor.Stats) bool { _, done := member.Load("first"); return done })
	joins.Store(true)
	next := newGated()
	second := s.start(next, oneByOne)
	second.until(t, "a share for the second", func(st processor.Stats) bool { return len(st.Partitions) == 1 })
	if at := s.committed(); at[0] != 0 || at[1] != 0 {
		t.Errorf("committed %v, and the first record of each partition is not delivered", at)
	}
	moved.Store(second.Stats().Partitions[0].Partition)
	close(dest.release)
	first.until(t, "delivery by the first", func(st processor.Stats) bool { return st.Ledger.InFlight == 0 })
	if err := first.stop(); err != nil {
		t.Error(err)
	}
	late.Range(func(member, at any) bool {
		t.Errorf("member %v committed %v of a partition that was no longer its own", member, at)
		return true
	})
	close(next.release)
	second.until(t, "delivery of all", func(st processor.Stats) bool {
		return len(st.Partitions) == 2 && st.Partitions[0].Watermark == 10 && st.Partitions[1].Watermark == 10
	})
}

// TestRegressionCommitMovesWhileNothingHappens: Parallel Consumer committed offsets out of range when its
// group rebalanced again and again and nothing was produced.
func TestRegressionCommitMovesWhileNothingHappens(t *testing.T) {
	t.Parallel()
	s := newStage(t, 4)
	s.produceTracks(0, 5)
	r := s.start(&script{}, nil)
	r.delivered(t, 5)
	r.ends(t, s, 5)
	before := s.committed()
	r = s.start(&script{}, nil)
	var asked atomic.Int32
	s.commits(func(*kmsg.OffsetCommitRequest) *kmsg.OffsetCommitResponse { asked.Add(1); return nil })
	for range 8 { // a member joins and leaves: two rebalances
		other := s.start(&script{}, nil)
		other.until(t, "a share for the other", func(st processor.Stats) bool { return len(st.Partitions) > 0 })
		if err := other.stop(); err != nil {
			t.Fatal(err)
		}
		r.until(t, "all partitions again", func(st processor.Stats) bool { return len(st.Partitions) == 4 })
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if after := s.committed(); asked.Load() > 0 || after[0] != before[0] {
		t.Errorf("%d commits, from %v to %v, and nothing had happened", asked.Load(), before, after)
	}
}

// TestRegressionFirstRecordSkippedOnResume: Parallel Consumer was off by one when it resumed.
func TestRegressionFirstRecordSkippedOnResume(t *testing.T) {
	t.Parallel()
	for before := range 3 {
		s := newStage(t, 1)
		s.produceTracks(0, before)
		r := s.start(&script{}, nil)
		r.until(t, "an assignment", func(st processor.Stats) bool { return len(st.Partitions) == 1 })
		r.delivered(t, int64(before))
		r.ends(t, s, int64(before))
		s.produceTracks(before, 3)
		again := &script{}
		r = s.start(again, nil)
		r.delivered(t, 3)
		r.ends(t, s, int64(before)+3)
		if again.count() != 3 || !strings.Contains(again.taken[0][0], `"_seq":`+strconv.Itoa(before)) {
			t.Errorf("after %d records it went on with %v", before, again.taken)
		}
	}
}

// TestRegressionRebalanceInProgressIsFatal: a commit that meets a rebalance is answered so; others took it
// for the end (franz-go #409).
func TestRegressionRebalanceInProgressIsFatal(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	r := s.start(&script{}, nil)
	r.until(t, "an assignment", func(st processor.Stats) bool { return len(st.Partitions) == 1 })
	var refused atomic.Int32
	s.commits(func(req *kmsg.OffsetCommitRequest) *kmsg.OffsetCommitResponse {
		if refused.Add(1) > 2 {
			return nil
		}
		answer := req.ResponseKind().(*kmsg.OffsetCommitResponse)
		for _, asked := range req.Topics {
			topic := kmsg.NewOffsetCommitResponseTopic()
			topic.Topic, topic.TopicID = asked.Topic, asked.TopicID
			for _, p := range asked.Partitions {
				part := kmsg.NewOffsetCommitResponseTopicPartition()
				part.Partition, part.ErrorCode = p.Partition, kerr.RebalanceInProgress.Code
				topic.Partitions = append(topic.Partitions, part)
			}
			answer.Topics = append(answer.Topics, topic)
		}
		return answer
	})
	s.produceTracks(0, 20)
	r.delivered(t, 20)
	r.until(t, "a third commit", func(processor.Stats) bool { return refused.Load() > 2 })
	if st := r.Stats(); st.Ledger.DeadLettered != 0 || st.Ledger.Delivered != 20 {
		t.Errorf("the books say %+v", st.Ledger)
	}
	r.ends(t, s, 20)
}

// TestRegressionCleanStopDeadLettersWhatIsInFlight: Kafka Connect's sink wrote a letter for each task when
// it was stopped in order while its destination did not answer, or answered that it could not.
func TestRegressionCleanStopDeadLettersWhatIsInFlight(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(context.Context, int, *sink.Request) sink.Answer{
		"no answer": hangs,
		"answers that ask for patience": func(context.Context, int, *sink.Request) sink.Answer {
			return sink.Answer{Verdict: sink.Retry, Cause: sink.CauseThrottled, Status: 429}
		},
		"errors": func(context.Context, int, *sink.Request) sink.Answer {
			return sink.Answer{Verdict: sink.Retry, Cause: sink.CauseServer, Status: 503}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, 2)
			s.produceUsers(10, 1)
			r := s.start(&script{answer: answer}, func(c *processor.Config) { c.DrainTimeout, c.Sink.MaxOps = 2500*time.Millisecond, 3 })
			r.until(t, "a request", func(st processor.Stats) bool { return st.Ledger.Consumed == 10 && st.Sink.Requests > 0 })
			if err := r.stop(); err != nil {
				t.Error(err)
			}
			st := r.Stats()
			balanced(t, st)
			if st.Ledger.DeadLettered != 0 || st.Ledger.HandedBack != 10 {
				t.Errorf("%d dead-lettered, %d handed back, want 0 and 10", st.Ledger.DeadLettered, st.Ledger.HandedBack)
			}
			ends, err := s.admin.ListEndOffsets(t.Context(), letters)
			if err != nil {
				t.Fatal(err)
			}
			for _, end := range ends.Offsets().Sorted() {
				if end.At != 0 {
					t.Errorf("%d letters in partition %d", end.At, end.Partition)
				}
			}
		})
	}
}
