package processor_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/processor"
)

// produceTracks appends n events to partition 0, numbered from a number on.
func (s *stage) produceTracks(from, n int) {
	s.t.Helper()
	var records []*kgo.Record
	for i := range n {
		records = append(records, track(0, "u"+strconv.Itoa(i%7), from+i))
	}
	s.produce(records...)
}

// delivered waits until so many events of r are delivered and nothing lags.
func (r *run) delivered(tb testing.TB, n int64) {
	tb.Helper()
	r.until(tb, strconv.FormatInt(n, 10)+" deliveries", func(st processor.Stats) bool {
		lag := int64(0)
		for i := range st.Partitions {
			lag += st.Partitions[i].Lag
		}
		return st.Ledger.Delivered == n && st.Ledger.InFlight == 0 && lag == 0 && len(st.Partitions) > 0
	})
}

// met compares the gaps of r with those that are wanted.
func (r *run) met(t *testing.T, want ...processor.Gap) {
	t.Helper()
	for i := range want {
		want[i].Topic = topic
	}
	got := r.Gaps()
	if d := cmp.Diff(got, want, cmpopts.IgnoreFields(processor.Gap{}, "Time"), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("gaps (-got +want):\n%s", d)
	}
	counts := map[processor.GapReason]processor.GapCount{}
	for _, g := range want {
		n := counts[g.Reason]
		counts[g.Reason] = processor.GapCount{Gaps: n.Gaps + 1, Records: n.Records + g.Records()}
	}
	if d := cmp.Diff(r.Stats().Gaps, counts); d != "" {
		t.Errorf("counts of gaps (-got +want):\n%s", d)
	}
	for _, g := range got {
		if time.Since(g.Time) > time.Hour {
			t.Errorf("the gap has the time %v", g.Time)
		}
	}
}

// ends stops r and compares the commit of partition 0.
func (r *run) ends(t *testing.T, s *stage, at int64) {
	t.Helper()
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	balanced(t, r.Stats())
	if got := s.committed()[0]; got != at {
		t.Errorf("committed %d, want %d", got, at)
	}
}

func TestRetentionThatOvertookTheCommitIsReported(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	s.produceTracks(0, 100)
	r := s.start(&script{}, nil)
	r.delivered(t, 100)
	r.met(t)
	r.ends(t, s, 100)

	s.produceTracks(100, 50)
	if err := s.cluster.DeleteRecords(topic, 0, 130); err != nil {
		t.Fatal(err)
	}
	r = s.start(&script{}, nil)
	r.delivered(t, 20)
	r.met(t, processor.Gap{From: 100, To: 130, Resumed: 130, Reason: processor.GapRetention})
	r.ends(t, s, 150)
}

// TestAnEmptiedTopicIsReportedWhenItGoesOn: nothing lags meanwhile.
func TestAnEmptiedTopicIsReportedWhenItGoesOn(t *testing.T) {
	t.Parallel() // it waits for a look at the topic
	s := newStage(t, 1)
	s.produceTracks(0, 10)
	r := s.start(&script{}, nil)
	r.delivered(t, 10)
	r.ends(t, s, 10)
	s.produceTracks(10, 10)
	if err := s.cluster.DeleteRecords(topic, 0, 20); err != nil {
		t.Fatal(err)
	}
	r = s.start(&script{}, nil)
	st := r.until(t, "a look at the log", func(st processor.Stats) bool {
		return len(st.Partitions) == 1 && st.Partitions[0].HighWatermark == 20
	})
	if st.Partitions[0].Lag != 0 || st.Partitions[0].Watermark != 10 {
		t.Errorf("an emptied topic lags by %d at %d", st.Partitions[0].Lag, st.Partitions[0].Watermark)
	}
	s.produceTracks(20, 1)
	r.delivered(t, 1)
	r.met(t, processor.Gap{From: 10, To: 20, Resumed: 20, Reason: processor.GapRetention})
	r.ends(t, s, 21)
}

// holdFetches holds fetches, those that wait for records too, until the function returned is called.
func (s *stage) holdFetches() (release func()) {
	open := make(chan struct{})
	s.cluster.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		s.cluster.SleepControl(func() { <-open })
		return nil, nil, false
	})
	release = sync.OnceFunc(func() { close(open) })
	s.t.Cleanup(release)
	return release
}

func TestRetentionThatOvertakesARunIsReported(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	s.produceTracks(0, 100)
	r := s.start(&script{}, nil)
	r.delivered(t, 100)
	release := s.holdFetches()
	s.produceTracks(100, 50)
	if err := s.cluster.DeleteRecords(topic, 0, 130); err != nil {
		t.Fatal(err)
	}
	release()
	r.delivered(t, 120)
	r.met(t, processor.Gap{From: 100, To: 130, Resumed: 130, Reason: processor.GapRetention})
	r.ends(t, s, 150)
}

// commitAs commits an offset of partition 0 as it stands, with the metadata of the last commit if note.
func (s *stage) commitAs(at int64, epoch int32, metadata string) {
	s.t.Helper()
	offsets := kadm.Offsets{}
	offsets.Add(kadm.Offset{Topic: topic, Partition: 0, At: at, LeaderEpoch: epoch, Metadata: metadata})
	if err := s.admin.CommitAllOffsets(s.t.Context(), group, offsets); err != nil {
		s.t.Fatal(err)
	}
}

func TestALogThatEndsBelowTheCommitIsReported(t *testing.T) {
	for _, tc := range []struct {
		name      string
		epoch     int32
		resumed   int64
		delivered int64
	}{
		{"and the leader says where it parted", 0, 60, 1},
		{"and nobody knows where it parted", -1, 0, 61},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t, 1)
			s.produceTracks(0, 60)
			s.commitAs(100, tc.epoch, "")
			r := s.start(&script{}, nil)
			r.until(t, "an assignment", func(st processor.Stats) bool { return len(st.Partitions) == 1 })
			if tc.resumed > 0 {
				r.until(t, "a report", func(processor.Stats) bool { return len(r.Gaps()) > 0 })
			} else {
				r.delivered(t, 60)
			}
			s.produceTracks(60, 1)
			r.delivered(t, tc.delivered)
			r.met(t, processor.Gap{From: 60, To: 100, Resumed: tc.resumed, Reason: processor.GapTruncated})
			r.ends(t, s, 61)
		})
	}
}

// TestALogThatIsCutUnderARunIsReported: a leader is elected that ends at offset 30, and what stands there
// from now on is new.
func TestALogThatIsCutUnderARunIsReported(t *testing.T) {
	t.Parallel() // it waits for a look at the topic
	s := newStage(t, 1)
	other, _, err := s.cluster.AddNode(-1, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.produceTracks(0, 50)
	r := s.start(&script{}, nil)
	r.delivered(t, 50)
	asked := false
	s.cluster.ControlKey(int16(kmsg.OffsetForLeaderEpoch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		if asked {
			return nil, nil, false
		}
		asked = true
		answer := req.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
		part := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
		part.LeaderEpoch, part.EndOffset = 0, 30
		answer.Topics = append(answer.Topics, kmsg.OffsetForLeaderEpochResponseTopic{
			Topic: topic, Partitions: []kmsg.OffsetForLeaderEpochResponseTopicPartition{part},
		})
		return answer, nil, true
	})
	if s.cluster.LeaderFor(topic, 0) == other {
		other = 0
	}
	if err := s.cluster.MoveTopicPartition(topic, 0, other); err != nil {
		t.Fatal(err)
	}
	r.delivered(t, 70)
	r.met(t, processor.Gap{From: 30, To: 50, Resumed: 30, Reason: processor.GapTruncated})
	r.ends(t, s, 50)
}

// TestCompactionIsNoGap, nor are the markers of transactions: nothing is reported, and nothing lags.
func TestCompactionIsNoGap(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	s.remake(map[string]string{"cleanup.policy": "compact"})
	s.produce(track(0, "first", 0)) // so that the log's start stays, as it does in Kafka
	for n := range 33 {
		s.produceTracks(1+3*n, 3)
	}
	s.cluster.Compact()
	r := s.start(&script{}, nil)
	st := r.until(t, "an end", func(st processor.Stats) bool { return len(st.Partitions) == 1 && st.Partitions[0].Watermark == 100 })
	if st.Ledger.Delivered == 0 || st.Ledger.Delivered >= 100 {
		t.Fatalf("%d of 100 were delivered: nothing was compacted", st.Ledger.Delivered)
	}
	r.met(t)
	r.ends(t, s, 100)

	for n := range 10 {
		s.produceTracks(100+10*n, 10)
	}
	s.cluster.Compact()
	r = s.start(&script{}, nil)
	r.until(t, "an end", func(st processor.Stats) bool { return len(st.Partitions) == 1 && st.Partitions[0].Watermark == 200 })
	r.met(t)
	r.ends(t, s, 200)
}

func TestMarkersOfTransactionsAreNoGapAndNoLag(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	client, err := kgo.NewClient(kgo.SeedBrokers(s.brokers...), kgo.TransactionalID("tx"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	r := s.start(&script{}, nil)
	for n := range 3 {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		record := track(0, "u", n)
		record.Topic = topic
		if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := client.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
			t.Fatal(err)
		}
	}
	st := r.until(t, "an end", func(st processor.Stats) bool { return len(st.Partitions) == 1 && st.Partitions[0].Watermark == 6 })
	if st.Ledger.Consumed != 3 || st.Ledger.Delivered != 3 || st.Partitions[0].Lag != 0 {
		t.Errorf("consumed %d, delivered %d, lag %d; want 3, 3, 0", st.Ledger.Consumed, st.Ledger.Delivered, st.Partitions[0].Lag)
	}
	r.met(t)
	r.ends(t, s, 6)
}
