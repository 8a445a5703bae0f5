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
)

func quiet(t *testing.T) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

// TestInterrupted: a demo that is told to end while Customer.io is down ends soon, with books that
// balance, and leaves no goroutine behind. Meanwhile its admin server answers.
func TestInterrupted(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	o := Options{Outage: Span{Length: time.Hour, Start: 300 * time.Millisecond}, Admin: "127.0.0.1:0", Version: "test"}
	held := false
	_, r, err := Run(ctx, o, Display{Every: 50 * time.Millisecond, Show: func(s *Snapshot) {
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
	}}, quiet(t))
	if err != nil {
		t.Fatal(err)
	}
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

// TestTrim: a demo without an end deletes what is done with.
func TestTrim(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := newStage(ctx, Options{Rate: 5000}, quiet(t))
	if err != nil {
		t.Fatal(err)
	}
	err = s.play(ctx, Display{Every: 50 * time.Millisecond, Show: func(*Snapshot) {
		for n := range int32(partitions) {
			if info := s.world.cluster.PartitionInfo(topic, n); info != nil && info.LogStartOffset > 0 {
				cancel()
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Error("nothing was deleted in a minute")
	}
	if err := s.world.close(); err != nil {
		t.Error(err)
	}
}

// TestDisorderIsSeen: events that come in the wrong order are found by the stand-in, so that a demo
// which reports none has proven something.
func TestDisorderIsSeen(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
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
