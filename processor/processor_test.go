package processor_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/sink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func balanced(tb testing.TB, s processor.Stats) {
	tb.Helper()
	if n := s.Ledger.Imbalance(); n != 0 {
		tb.Errorf("the books are off by %d: %+v", n, s.Ledger)
	}
}

func TestEventsAreDeliveredAndCommitted(t *testing.T) {
	t.Parallel()
	s := newStage(t, 3)
	for n := range 300 {
		s.produce(track(int32(n%3), "user", n))
	}
	dest := &script{}
	r := s.start(dest, nil)
	r.until(t, "delivery of all", func(st processor.Stats) bool { return st.Ledger.Delivered == 300 })
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	balanced(t, r.Stats())
	if d := cmp.Diff(s.committed(), map[int32]int64{0: 100, 1: 100, 2: 100}); d != "" {
		t.Errorf("committed (-got +want):\n%s", d)
	}
	if r.Stats().Ledger.HandedBack != 0 {
		t.Errorf("a clean stop handed back %d events", r.Stats().Ledger.HandedBack)
	}
}

func TestBadRecordsBecomeLettersAndTheirNeighboursGoOn(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	broken := &kgo.Record{
		Key: []byte("k"), Value: []byte(`{"type":"track","event":`), Timestamp: time.UnixMilli(1795437446801),
		Headers: []kgo.RecordHeader{{Key: "h", Value: []byte{0, 255}}, {Key: "h", Value: nil}},
	}
	nameless := &kgo.Record{Key: []byte("k"), Value: []byte(`{"type":"track","userId":"u","messageId":"m-1"}`)}
	s.produce(track(0, "u", 1), broken, nameless, &kgo.Record{Key: []byte("gone")}, track(0, "u", 2))
	r := s.start(&script{}, nil)
	st := r.until(t, "an outcome for all", func(st processor.Stats) bool { return st.Ledger.Consumed == 5 && st.Ledger.InFlight == 0 })
	balanced(t, st)
	if st.Ledger.Delivered != 2 || st.Ledger.FilteredBy[sink.ReasonTombstone] != 1 ||
		st.Ledger.DeadLetteredBy[sink.ReasonDecode] != 1 || st.Ledger.DeadLetteredBy[sink.ReasonInvalid] != 1 {
		t.Errorf("ledger: %+v", st.Ledger)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	got := s.readLetters(2)
	if !bytes.Equal(got[0].Value, broken.Value) || !bytes.Equal(got[0].Key, broken.Key) || !got[0].Timestamp.Equal(broken.Timestamp) {
		t.Errorf("the letter does not hold the record: %+v", got[0])
	}
	if d := cmp.Diff(got[0].Headers, []deadletter.Header{{Key: "h", Value: []byte{0, 255}}, {Key: "h"}}); d != "" {
		t.Errorf("headers (-got +want):\n%s", d)
	}
	if got[0].Offset != 1 || got[0].Stage != "decode" || !strings.Contains(got[0].Detail, "byte 24") {
		t.Errorf("letter: offset %d, stage %q, detail %q", got[0].Offset, got[0].Stage, got[0].Detail)
	}
	if got[1].Stage != "map" || got[1].Field == "" || got[1].MessageID != "m-1" {
		t.Errorf("letter: stage %q, field %q, message %q", got[1].Stage, got[1].Field, got[1].MessageID)
	}
	if at := s.committed()[0]; at != 5 {
		t.Errorf("committed %d, want 5", at)
	}
}

// readLetters reads the first n letters of source partition 0.
func (s *stage) readLetters(n int) []deadletter.Letter {
	s.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(s.brokers...), kgo.ConsumeTopics(letters))
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	var list []deadletter.Letter
	for len(list) < n {
		fetches := client.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			s.t.Fatalf("%d of %d letters: %v", len(list), n, err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			l, err := deadletter.Parse(r)
			if err != nil {
				s.t.Fatal(err)
			}
			list = append(list, l)
		})
	}
	return list
}

func TestNothingIsCommittedPastWhatIsInFlight(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	for n := range 10 {
		s.produce(track(0, []string{"slow", "quick"}[n%2], n))
	}
	release := make(chan struct{})
	dest := &script{answer: func(ctx context.Context, _ int, r *sink.Request) sink.Answer {
		if bytes.Contains(r.Ops[0].Body, []byte("slow")) {
			select {
			case <-release:
			case <-ctx.Done():
				return sink.Answer{Verdict: sink.Retry, Cause: sink.CauseCanceled}
			}
		}
		return sink.Answer{Verdict: sink.Done, Status: 200}
	}}
	r := s.start(dest, func(c *processor.Config) { c.Sink.MaxOps = 1 })
	r.until(t, "delivery of the quick ones", func(st processor.Stats) bool { return st.Ledger.Delivered == 5 })
	st := r.Stats()
	if st.Partitions[0].Watermark != 0 || st.Ledger.InFlight != 5 {
		t.Errorf("watermark %d with %d in flight, want 0 with 5", st.Partitions[0].Watermark, st.Ledger.InFlight)
	}
	r.Hurry()
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if at := s.committed()[0]; at != 0 {
		t.Errorf("committed %d past an unfinished record", at)
	}
	st = r.Stats()
	balanced(t, st)
	if st.Ledger.HandedBack != 5 {
		t.Errorf("handed back %d, want 5", st.Ledger.HandedBack)
	}
	close(release)
	again := &script{}
	r = s.start(again, nil)
	st = r.until(t, "delivery after the restart", func(st processor.Stats) bool { return st.Ledger.Consumed >= 5 && st.Ledger.InFlight == 0 })
	if again.count() != 5 || st.Partitions[0].Skipped != 5 {
		t.Errorf("the next process delivered %d and skipped %d, want the 5 that were not finished", again.count(), st.Partitions[0].Skipped)
	}
}

func TestAGroupWithoutCommitsIsRefusedUnlessAPolicySaysWhereToBegin(t *testing.T) {
	t.Parallel()
	s := newStage(t, 2)
	s.produce(track(0, "u", 1))
	r := s.start(&script{}, func(c *processor.Config) { c.Start = "" })
	var refused *processor.NoStartError
	if err := r.refusal(); !errors.As(err, &refused) || refused.Group != group {
		t.Fatalf("started without a policy: %v", err)
	}
	r = s.start(&script{}, func(c *processor.Config) { c.Start = "latest" })
	r.until(t, "an assignment", func(st processor.Stats) bool { return len(st.Partitions) == 2 })
	s.produce(track(0, "u", 2))
	r.until(t, "delivery of the new", func(st processor.Stats) bool { return st.Ledger.Delivered == 1 })
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = s.start(&script{}, func(c *processor.Config) { c.Start = "" })
	r.until(t, "a start from the commits", func(st processor.Stats) bool { return len(st.Partitions) == 2 })
}

func TestAMissingTopicIsSaidAtStart(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	r := s.start(&script{}, func(c *processor.Config) { c.Topic, c.StartTimeout = "rudder.evnets", time.Millisecond })
	var missing *processor.NoTopicError
	if err := r.refusal(); !errors.As(err, &missing) || missing.Topic != "rudder.evnets" {
		t.Fatalf("got %v", err)
	}
}

func TestAKafkaThatCannotBeReachedIsSaidAtStart(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	nowhere := "127.0.0.1:1"
	r := s.start(&script{}, func(c *processor.Config) { c.Brokers, c.StartTimeout = []string{nowhere}, time.Millisecond })
	err := r.refusal()
	if !errors.Is(err, processor.ErrUnreachable) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{nowhere, "refused", "check kafka.brokers"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %s", err, want)
		}
	}
}

func TestAStopBeforeKafkaAnswersIsNoFault(t *testing.T) {
	virtually(t, 1, 1, func(s *stage) {
		way := s.link()
		way.cut()
		r := s.start(&script{}, func(c *processor.Config) { c.Opts = append(c.Opts, kgo.Dialer(way.dial)) })
		begun := time.Now()
		if err := r.stop(); err != nil || time.Since(begun) > 0 {
			t.Errorf("ended after %v with %v", time.Since(begun), err)
		}
		way.heal()
	})
}

func TestTheBudgetPausesAndResumes(t *testing.T) {
	t.Parallel()
	s := newStage(t, 2)
	pad := strings.Repeat("x", 2000)
	for n := range 400 {
		r := track(int32(n%2), "u"+string(rune('a'+n%20)), n)
		r.Value = bytes.Replace(r.Value, []byte(`"E"`), []byte(`"E`+pad[:50]+`"`), 1)
		r.Value = bytes.Replace(r.Value, []byte(`"_seq"`), []byte(`"pad":"`+pad+`","_seq"`), 1)
		s.produce(r)
	}
	hold := make(chan struct{})
	dest := &script{answer: func(ctx context.Context, _ int, _ *sink.Request) sink.Answer {
		select {
		case <-hold:
		case <-ctx.Done():
		}
		return sink.Answer{Verdict: sink.Done, Status: 200}
	}}
	r := s.start(dest, func(c *processor.Config) { c.Budget = 200_000 })
	st := r.until(t, "a pause", func(st processor.Stats) bool {
		return len(st.Partitions) == 2 && (st.Partitions[0].Paused || st.Partitions[1].Paused)
	})
	if st.HeldBytes < 200_000*3/4/2 { // half of what is not for fetches
		t.Errorf("paused with %d bytes held of %d", st.HeldBytes, st.BudgetBytes)
	}
	close(hold)
	st = r.until(t, "delivery of all", func(st processor.Stats) bool { return st.Ledger.Delivered == 400 })
	balanced(t, st)
	r.until(t, "an empty budget and no pause", func(st processor.Stats) bool {
		return st.HeldBytes == 0 && !st.Partitions[0].Paused && !st.Partitions[1].Paused
	})
}

func TestEachLetterOfARecordHasItsOwnID(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	s.produce(&kgo.Record{Key: []byte("k"), Value: []byte(`{"batch":[
		{"type":"track","userId":"u","messageId":"1"},
		{"type":"track","userId":"u","messageId":"2","event":"fine"},
		{"type":"track","userId":"u","messageId":"3"}]}`)})
	r := s.start(&script{}, nil)
	st := r.until(t, "an outcome for all", func(st processor.Stats) bool { return st.Ledger.Consumed == 3 && st.Ledger.InFlight == 0 })
	balanced(t, st)
	if st.Ledger.Delivered != 1 || st.Ledger.DeadLettered != 2 {
		t.Errorf("ledger: %+v", st.Ledger)
	}
	got := s.readLetters(2)
	if got[0].ID() == got[1].ID() || got[0].MessageID != "1" || got[1].MessageID != "3" {
		t.Errorf("letters %s of %s and %s of %s", got[0].ID(), got[0].MessageID, got[1].ID(), got[1].MessageID)
	}
}

func TestACoordinatorThatIsNotReadyIsAskedAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	s.produce(track(0, "u", 1))
	refusals := 2
	s.cluster.ControlKey(int16(kmsg.OffsetFetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		if refusals--; refusals < 0 {
			return nil, nil, false
		}
		s.cluster.KeepControl()
		resp := req.ResponseKind().(*kmsg.OffsetFetchResponse)
		resp.ErrorCode = kerr.CoordinatorNotAvailable.Code
		for _, g := range req.(*kmsg.OffsetFetchRequest).Groups {
			group := kmsg.NewOffsetFetchResponseGroup()
			group.Group, group.ErrorCode = g.Group, kerr.CoordinatorNotAvailable.Code
			resp.Groups = append(resp.Groups, group)
		}
		return resp, nil, true
	})
	r := s.start(&script{}, nil)
	r.until(t, "delivery", func(st processor.Stats) bool { return st.Ledger.Delivered == 1 })
	if refusals >= 0 {
		t.Errorf("%d refusals were not met", refusals+1)
	}
}
