package demo

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/pintle-io/pintle/processor"
)

func quiet(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

// TestInterrupted: a demo that is told to end while Customer.io is down ends soon, with books that
// balance, and leaves no goroutine behind. Meanwhile its admin server answers.
func TestInterrupted(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	stage, err := newStage(ctx, Options{Follow: true, Admin: "127.0.0.1:0", Version: "test"}, quiet(t))
	if err != nil {
		t.Fatal(err)
	}
	down, held := false, false
	err = stage.play(ctx, Display{Every: 50 * time.Millisecond, Show: func(s *Snapshot) {
		if !down && s.Stats.Ledger.Delivered > 0 {
			down = true
			stage.world.customerio.Outage(http.StatusServiceUnavailable)
		}
		if held || !s.Stats.Sink.Gate.Shut {
			return
		}
		held = true
		for path, want := range map[string]string{"/readyz": `"state": "holding"`, "/metrics": `pintle_sink_gate{cause="server",state="shut"} 1`} {
			if text := get(t, "http://"+s.Admin+path); !strings.Contains(text, want) {
				t.Errorf("%s does not say %s: %s", path, want, text)
			}
		}
		cancel()
	}})
	last := stage.snapshot()
	if err := errors.Join(err, stage.world.close()); err != nil {
		t.Fatal(err)
	}
	r := newResult(&last)
	r.interrupted = ctx.Err() != nil
	if !held || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Fatal("the outage held nothing")
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	if r.Delivered == 0 || r.InFlight == 0 {
		t.Errorf("delivered before the outage: %d; left by it: %d", r.Delivered, r.InFlight)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	answer, err := client.Get(url)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// TestTrim: of all that was written, the broker keeps what is not committed, and the newest letters.
func TestTrim(t *testing.T) {
	w, err := newWorld(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// As if the pipeline had committed all but ten records of each partition.
	const left = 10
	p, err := newProducer(w, &Options{}, func() (s processor.Stats) {
		for n := range int32(partitions) {
			s.Partitions = append(s.Partitions, processor.PartitionStats{
				Topic: topic, Partition: n, Committed: w.cluster.PartitionInfo(topic, n).HighWatermark - left,
			})
		}
		return s
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		var records []*kgo.Record
		for range 5000 {
			records = append(records, p.generator.next(time.Now()))
		}
		for n := range int32(3 * keptLetters * letterPartitions) {
			records = append(records, &kgo.Record{Topic: lettersTopic, Partition: n % letterPartitions})
		}
		if err := p.client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := p.trim(t.Context()); err != nil {
			t.Fatal(err)
		}
		for name, most := range map[string]int64{topic: left, lettersTopic: keptLetters} {
			for n := range int32(partitions) {
				if i := w.cluster.PartitionInfo(name, n); i != nil && i.HighWatermark-i.LogStartOffset != most {
					t.Errorf("%s-%d goes from %d to %d, want %d records", name, n, i.LogStartOffset, i.HighWatermark, most)
				}
			}
		}
	}
	p.client.Close()
	if err := w.close(); err != nil {
		t.Error(err)
	}
}

// TestPeopleAreFinite: those who have come once come again, so that what is kept of each is bounded.
func TestPeopleAreFinite(t *testing.T) {
	g, err := newGenerator("topic", 1, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	round := 0 // until everybody has lived through every story
	for _, story := range g.stories {
		round += copies * len(story)
	}
	keys := map[string]bool{}
	for range round {
		keys[string(g.next(time.Now()).Key)] = true
	}
	known := len(keys)
	for range 20 * copies {
		keys[string(g.next(time.Now()).Key)] = true
	}
	if len(keys) != known {
		t.Errorf("%d people after %d events, then %d", known, round, len(keys))
	}
}

// TestDisorderIsSeen: events that come in the wrong order are found by the stand-in, so that a demo
// which reports none has proven something.
func TestDisorderIsSeen(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	s, err := newStage(ctx, Options{Events: 4 * copies}, quiet(t))
	if err != nil {
		t.Fatal(err)
	}
	records := make([]*kgo.Record, s.options.Events)
	for i := range records {
		records[len(records)-1-i] = s.producer.generator.next(time.Now())
	}
	if err := s.producer.client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	s.options.Rate = 1 // the demo's own events come too late to matter
	if err := s.play(ctx, Display{Every: time.Second, Show: func(*Snapshot) {}}); err != nil {
		t.Fatal(err)
	}
	last := s.snapshot()
	if err := s.world.close(); err != nil {
		t.Error(err)
	}
	r := newResult(&last)
	if err := r.Check(); err == nil || r.OrderViolations < copies || r.Duplicates > 0 {
		t.Errorf("the check says %v of %+v", err, r)
	}
}
