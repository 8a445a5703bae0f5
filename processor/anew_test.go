package processor_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/sink"
)

// TestNothingOfATopicThatIsMadeAnewIsJumpedOver makes a topic anew at any moment of the lives of two members:
// while they join, read, commit, hand over, or ask for the topic. Brokers are late to hear of it.
func TestNothingOfATopicThatIsMadeAnewIsJumpedOver(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 4, 6} { // by KIP-848 if odd
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			madeAnew(t, seed)
		})
	}
}

func madeAnew(t *testing.T, seed uint64) {
	t.Helper()
	const partitions, former, later = 4, 80, 240
	random := rand.New(rand.NewPCG(seed, 1))
	within := func(d time.Duration) time.Duration { return time.Duration(random.Int64N(int64(d))) }
	s := newStage(t, partitions)
	produce := func(from, n int) {
		for i := from; i < from+n; i++ {
			s.produce(track(int32(i%partitions), fmt.Sprintf("user-%d", i%partitions), i))
		}
	}
	produce(0, former)
	dest := &script{answer: func(_ context.Context, n int, _ *sink.Request) sink.Answer {
		time.Sleep(time.Duration(n%7) * 10 * time.Millisecond)
		return sink.Answer{Verdict: sink.Done, Status: 200}
	}}
	change := func(c *processor.Config) { c.ServerSideBalancer, c.Sink.MaxOps = seed%2 == 1, 5 }
	first := s.start(dest, change)
	time.Sleep(within(time.Second))
	second := s.start(dest, change)
	time.Sleep(within(6 * time.Second)) // a look at the topic is 5 s from the next
	lag := s.late(random)
	s.remove()
	time.Sleep(within(200 * time.Millisecond))
	if err := s.cluster.CreateTopic(topic, partitions, nil); err != nil {
		t.Fatal(err)
	}
	s.forget()
	produce(former, later)
	lag(4*time.Second + within(4*time.Second))
	deadline := time.Now().Add(time.Minute) // by KIP-848 partitions change hands one by one, with a heartbeat each
	for len(dest.firsts(t, partitions, former)) < later {
		if time.Now().After(deadline) {
			t.Fatalf("of %d records %d are delivered", later, len(dest.firsts(t, partitions, former)))
		}
		time.Sleep(20 * time.Millisecond)
	}
	for _, r := range []*run{first, second} {
		for _, gap := range r.Gaps() {
			if gap.Reason != processor.GapRecreated {
				t.Errorf("reported as gone: %+v", gap)
			}
		}
	}
}

// late returns what has brokers tell of the topic and of the group's commits what holds now, for a while: of the
// topic every other one, of the commits their coordinator.
func (s *stage) late(random *rand.Rand) (lag func(time.Duration)) {
	s.t.Helper()
	former := s.metadata()
	commits, err := s.admin.FetchOffsets(s.t.Context(), group)
	if err != nil {
		s.t.Fatal(err)
	}
	var until atomic.Pointer[time.Time]
	until.Store(new(time.Time))
	s.cluster.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		if time.Now().After(*until.Load()) || len(req.(*kmsg.MetadataRequest).Topics) == 0 || random.IntN(2) == 0 {
			return nil, nil, false
		}
		answer := *former // one may still be written
		answer.SetVersion(req.GetVersion())
		return &answer, nil, true
	})
	s.cluster.ControlKey(int16(kmsg.OffsetFetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		if time.Now().After(*until.Load()) {
			return nil, nil, false
		}
		return answerWith(req.(*kmsg.OffsetFetchRequest), commits), nil, true
	})
	return func(d time.Duration) { until.Store(new(time.Now().Add(d))) }
}

// answerWith answers a question for commits.
func answerWith(req *kmsg.OffsetFetchRequest, commits kadm.OffsetResponses) *kmsg.OffsetFetchResponse {
	resp := req.ResponseKind().(*kmsg.OffsetFetchResponse)
	for _, g := range req.Groups {
		rg := kmsg.NewOffsetFetchResponseGroup()
		rg.Group = g.Group
		for _, t := range g.Topics {
			rt := kmsg.NewOffsetFetchResponseGroupTopic()
			rt.Topic, rt.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				rp := kmsg.NewOffsetFetchResponseGroupTopicPartition()
				rp.Partition, rp.Offset = p, -1
				if c, ok := commits.Lookup(topic, p); ok {
					rp.Offset, rp.LeaderEpoch, rp.Metadata = c.At, c.LeaderEpoch, &c.Metadata
				}
				rt.Partitions = append(rt.Partitions, rp)
			}
			rg.Topics = append(rg.Topics, rt)
		}
		resp.Groups = append(resp.Groups, rg)
	}
	return resp
}

var numbered = regexp.MustCompile(`"_seq":(\d+)`)

// firsts are the records from a number on that were delivered. Those of a partition are of one user, so that
// they come in order, and one that is jumped over fails the test.
func (s *script) firsts(t *testing.T, partitions, from int) map[int]bool {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	got := map[int]bool{}
	for _, bodies := range s.taken {
		for _, body := range bodies {
			n, err := strconv.Atoi(numbered.FindStringSubmatch(body)[1])
			if err != nil {
				t.Fatal(err)
			}
			if before := n - partitions; before >= from && !got[before] {
				t.Fatalf("record %d was delivered, and %d before it was not", n, before)
			}
			if n >= from {
				got[n] = true
			}
		}
	}
	return got
}
