package processor_test

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/sink"
)

// forget makes the clients of the stage anew: they never go over to a topic that was made anew.
func (s *stage) forget() {
	s.t.Helper()
	client, err := kgo.NewClient(append(deadletter.ClientOpts(), kgo.SeedBrokers(s.brokers...))...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(client.Close)
	s.client, s.admin = client, kadm.NewClient(client)
}

// remake deletes the topic and makes it anew.
func (s *stage) remake(configs map[string]string) {
	s.t.Helper()
	s.remove()
	s.make(configs)
}

func (s *stage) remove() {
	s.t.Helper()
	if err := s.cluster.DeleteTopic(topic); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) make(configs map[string]string) {
	s.t.Helper()
	if err := s.cluster.CreateTopic(topic, 1, configs); err != nil {
		s.t.Fatal(err)
	}
	s.forget()
}

// metadata is what brokers tell of the topic.
func (s *stage) metadata() *kmsg.MetadataResponse {
	s.t.Helper()
	ask := kmsg.NewPtrMetadataRequest()
	named := kmsg.NewMetadataRequestTopic()
	named.Topic = new(topic)
	ask.Topics = append(ask.Topics, named)
	told, err := ask.RequestWith(s.t.Context(), s.client)
	if err != nil {
		s.t.Fatal(err)
	}
	return told
}

// note is the metadata of the commit of partition 0.
func (s *stage) note() string {
	s.t.Helper()
	offsets, err := s.admin.FetchOffsets(s.t.Context(), group)
	if err != nil {
		s.t.Fatal(err)
	}
	at, _ := offsets.Lookup(topic, 0)
	return at.Metadata
}

func TestATopicThatWasMadeAnewIsReadFromItsStart(t *testing.T) {
	for _, n := range []int{30, 150} { // shorter and longer than the former one
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			s := newStage(t, 1)
			s.produceTracks(0, 100)
			r := s.start(&script{}, nil)
			r.delivered(t, 100)
			r.ends(t, s, 100)
			note := s.note()
			s.remake(nil)
			s.produceTracks(0, n)
			s.commitAs(100, -1, note) // as a commit that was under way would
			r = s.start(&script{}, nil)
			r.delivered(t, int64(n))
			r.met(t, processor.Gap{From: 100, To: 100, Resumed: -1, Reason: processor.GapRecreated})
			r.ends(t, s, int64(n))

			r = s.start(&script{}, nil)
			s.produceTracks(n, 1)
			r.delivered(t, 1)
			r.met(t)
		})
	}
}

// TestACopiedOffsetIsTakenAsItIs: tools that copy groups to another cluster translate the offset and leave
// its metadata.
func TestACopiedOffsetIsTakenAsItIs(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	s.produceTracks(0, 100)
	r := s.start(&script{}, nil)
	r.delivered(t, 100)
	r.ends(t, s, 100)
	note := s.note()
	s.remake(nil)
	s.produceTracks(0, 100)
	s.commitAs(90, -1, note)
	r = s.start(&script{}, nil)
	r.delivered(t, 10)
	r.met(t)
	r.ends(t, s, 100)
}

func TestATopicThatIsMadeAnewUnderARunIsReadFromItsStart(t *testing.T) {
	t.Parallel() // it waits for a look at the topic
	for name, c := range map[string]struct{ balancer, taken bool }{
		"classic":                 {},
		"KIP-848":                 {balancer: true},
		"classic, and taken away": {taken: true},
		"KIP-848, and taken away": {balancer: true, taken: true}, // which the coordinator may do before anybody looks
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, 1)
			s.produceTracks(0, 100)
			r := s.start(&script{}, func(cfg *processor.Config) { cfg.ServerSideBalancer = c.balancer })
			r.delivered(t, 100)
			s.remake(nil)
			if c.taken {
				processor.Revoke(r.Processor)
			}
			s.produceTracks(0, 30)
			r.delivered(t, 130)
			r.met(t, processor.Gap{From: 100, To: 100, Resumed: -1, Reason: processor.GapRecreated})
			r.ends(t, s, 30)
		})
	}
}

// silent is a destination that takes requests and does not answer, until it is told to.
type silent struct {
	script
	asked   atomic.Int64
	answers atomic.Bool
}

func newSilent() *silent {
	s := &silent{}
	s.answer = func(ctx context.Context, n int, r *sink.Request) sink.Answer {
		if s.answers.Load() {
			return sink.Answer{Verdict: sink.Done, Status: 200}
		}
		s.asked.Add(1)
		return hangs(ctx, n, r)
	}
	return s
}

// startSilent starts a run that has requests in the air. Its drain is over before anybody looks at the topic.
func (s *stage) startSilent(t *testing.T, dest *silent) *run {
	t.Helper()
	r := s.start(dest, func(c *processor.Config) { c.Rebalance, c.DrainTimeout = 3*time.Second, 2*time.Second })
	r.until(t, "a request", func(processor.Stats) bool { return dest.asked.Load() > 0 })
	return r
}

// TestWhatIsInTheAirOfATopicThatIsMadeAnewIsReported: what the drain does not finish is gone with the topic,
// also when the coordinator takes the partition away before anybody has seen that there is another topic, or
// before there is one.
func TestWhatIsInTheAirOfATopicThatIsMadeAnewIsReported(t *testing.T) {
	t.Parallel() // it waits for a look at the topic, and for the drain
	for name, remake := range map[string]func(s *stage, r *run){
		"seen here": func(s *stage, _ *run) { s.remake(nil) },
		"taken away": func(s *stage, r *run) {
			s.remake(nil)
			processor.Revoke(r.Processor)
		},
		"taken away before there is another one": func(s *stage, r *run) {
			s.remove()
			processor.Revoke(r.Processor)
			s.make(nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, dest := newStage(t, 1), newSilent()
			s.produceTracks(0, 100)
			r := s.startSilent(t, dest)
			remake(s, r)
			dest.answers.Store(true)
			s.produceTracks(0, 30)
			r.delivered(t, 30)
			r.met(t, processor.Gap{From: 0, To: 100, Resumed: -1, Reason: processor.GapRecreated})
			r.ends(t, s, 30)
		})
	}
}

// TestWhatWasNotReadOfATopicThatIsMadeAnewIsReported: of a partition that is paused nobody fetches, but its end
// is asked for.
func TestWhatWasNotReadOfATopicThatIsMadeAnewIsReported(t *testing.T) {
	t.Parallel() // it waits for two looks at the topic
	s := newStage(t, 1)
	s.produceTracks(0, 40)
	dest, well := away()
	r := s.start(dest, func(c *processor.Config) { c.Sink.MaxOps = 5 })
	r.until(t, "a pause", func(st processor.Stats) bool { return len(st.Partitions) == 1 && st.Partitions[0].Paused })
	s.produceTracks(40, 60)
	r.until(t, "the end", func(st processor.Stats) bool { return st.Partitions[0].HighWatermark == 100 })
	s.remake(nil)
	s.produceTracks(0, 130) // more than the former one had
	r.until(t, "a gap", func(processor.Stats) bool { return len(r.Gaps()) > 0 })
	r.met(t, processor.Gap{From: 0, To: 100, Resumed: -1, Reason: processor.GapRecreated})
	well.Store(true)
	r.delivered(t, 130)
	r.ends(t, s, 130)
}

// away is a destination that refuses the key until it is well.
func away() (dest *script, well *atomic.Bool) {
	well = new(atomic.Bool)
	return &script{answer: func(context.Context, int, *sink.Request) sink.Answer {
		if well.Load() {
			return sink.Answer{Verdict: sink.Done, Status: 200}
		}
		return sink.Answer{Verdict: sink.Hold, Cause: sink.CauseCredentials, Status: 401}
	}}, well
}

// TestAStopReportsWhatIsGoneWithItsTopic: nobody else can, since the commits are gone with the topic, too.
func TestAStopReportsWhatIsGoneWithItsTopic(t *testing.T) {
	t.Parallel() // it waits for the drain
	s, dest := newStage(t, 1), newSilent()
	s.produceTracks(0, 100)
	r := s.startSilent(t, dest)
	s.remove()
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	r.met(t, processor.Gap{From: 0, To: 100, Resumed: -1, Reason: processor.GapRecreated})
}

// A broker that does not know the topic, as one that is starting, is asked again before the topic is taken for
// gone.
func TestAStopTakesNoTopicForGoneThatABrokerDoesNotKnow(t *testing.T) {
	t.Parallel() // it waits for the drain
	s, dest := newStage(t, 1), newSilent()
	s.produceTracks(0, 100)
	r := s.startSilent(t, dest)
	var asked atomic.Int32
	s.cluster.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		ask := req.(*kmsg.MetadataRequest)
		if len(ask.Topics) == 0 || r.Stats().State != processor.StateDraining || asked.Add(1) > 2 {
			return nil, nil, false
		}
		answer := ask.ResponseKind().(*kmsg.MetadataResponse)
		for _, asked := range ask.Topics {
			unknown := kmsg.NewMetadataResponseTopic()
			unknown.Topic, unknown.TopicID, unknown.ErrorCode = asked.Topic, asked.TopicID, kerr.UnknownTopicOrPartition.Code
			answer.Topics = append(answer.Topics, unknown)
		}
		return answer, nil, true
	})
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if asked.Load() < 3 {
		t.Errorf("a broker was asked %d times", asked.Load())
	}
	r.met(t)
}

// TestABrokerThatIsLateMakesNobodyJump: one that still knows a former topic of the name would have its commit
// taken for one of the topic that is read.
func TestABrokerThatIsLateMakesNobodyJump(t *testing.T) {
	t.Parallel() // it waits for a look at the topic
	s := newStage(t, 1)
	s.produceTracks(0, 8)
	r := s.start(&script{}, nil)
	r.delivered(t, 8)
	r.ends(t, s, 8)
	note := s.note()
	var former *kmsg.MetadataResponse
	var late atomic.Bool
	s.cluster.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		if len(req.(*kmsg.MetadataRequest).Topics) == 0 || !late.CompareAndSwap(true, false) {
			return nil, nil, false
		}
		former.SetVersion(req.GetVersion())
		return former, nil, true
	})
	former = s.metadata()
	s.remake(nil)
	s.produceTracks(0, 30)
	s.commitAs(8, -1, note) // as a commit that was under way would
	late.Store(true)
	dest := &script{}
	r = s.start(dest, nil)
	r.delivered(t, 30)
	if late.Load() {
		t.Error("no broker was late")
	}
	r.met(t, processor.Gap{From: 8, To: 8, Resumed: -1, Reason: processor.GapRecreated})
	r.ends(t, s, 30)
	if first := dest.taken[0][0]; !strings.Contains(first, `"_seq":0`) || dest.count() != 30 {
		t.Errorf("%d were sent, the first of them %s", dest.count(), first)
	}
}
