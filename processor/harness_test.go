package processor_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/sink"
)

const (
	topic   = "rudder.events"
	letters = "rudder.events.dlq"
	group   = "pintle"
)

// stage is an in-process broker with both topics.
type stage struct {
	t       testing.TB
	cluster *kfake.Cluster
	brokers []string
	client  *kgo.Client
	admin   *kadm.Client
	reach   dialer
}

func newStage(tb testing.TB, partitions int32, opts ...kfake.Opt) *stage {
	tb.Helper()
	return newStageOver(tb, partitions, new(net.Dialer).DialContext, opts...)
}

// newStageOver starts a stage that clients reach by reach.
func newStageOver(tb testing.TB, partitions int32, reach dialer, opts ...kfake.Opt) *stage {
	tb.Helper()
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic), kfake.SeedTopics(3, letters)}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(cluster.Close)
	s := &stage{t: tb, cluster: cluster, brokers: cluster.ListenAddrs(), reach: reach}
	if s.client, err = kgo.NewClient(append(deadletter.ClientOpts(), kgo.SeedBrokers(s.brokers...), kgo.Dialer(reach))...); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.client.Close)
	s.admin = kadm.NewClient(s.client)
	return s
}

// produce appends records; each value goes to the partition given with it.
func (s *stage) produce(records ...*kgo.Record) {
	s.t.Helper()
	for _, r := range records {
		r.Topic = topic
	}
	if err := s.client.ProduceSync(s.t.Context(), records...).FirstErr(); err != nil {
		s.t.Fatal(err)
	}
}

func track(partition int32, user string, n int) *kgo.Record {
	value := fmt.Sprintf(`{"type":"track","event":"E","userId":%q,"messageId":"%s-%d","properties":{"_seq":%d},"timestamp":"2026-11-23T12:00:00Z"}`, user, user, n, n)
	return &kgo.Record{Partition: partition, Key: []byte(user), Value: []byte(value)}
}

// run is a processor that is running.
type run struct {
	*processor.Processor
	stop  func() error // ends it in order and waits
	ended chan struct{}
	err   error // once ended
	log   logbook
}

// logbook keeps what is logged.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

// lines returns the lines that hold a text.
func (l *logbook) lines(text string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

func (s *stage) start(sender sink.Sender, change func(*processor.Config)) *run {
	s.t.Helper()
	mapper, err := transform.New(transform.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	cfg := processor.Config{
		Brokers: s.brokers, Topic: topic, Group: group, Start: "earliest", Mapper: mapper,
		Sink: sink.Options{Rate: -1}, Mapping: "guide", Version: "test", Opts: []kgo.Opt{kgo.Dialer(s.reach)},
	}
	if change != nil {
		change(&cfg)
	}
	r := &run{ended: make(chan struct{})}
	log := slog.New(slog.NewTextHandler(io.MultiWriter(s.t.Output(), &r.log), nil))
	writer := deadletter.NewWriter(s.client, letters, log)
	p, err := processor.New(cfg, sender, writer, log)
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.Processor = p
	go func() {
		defer close(r.ended)
		r.err = p.Run(ctx)
	}()
	r.stop = sync.OnceValue(func() error {
		cancel()
		<-r.ended
		closing, done := context.WithTimeout(context.Background(), 5*time.Second)
		defer done()
		writer.Close(closing)
		return r.err
	})
	s.t.Cleanup(func() { _ = r.stop() })
	return r
}

// refusal waits for a run to end by itself.
func (r *run) refusal() error {
	<-r.ended
	return r.err
}

// patience bounds the wait for anything. It is for what never comes, however busy the machine is.
const patience = 3 * time.Minute

// until waits for a condition over the snapshots of r.
func (r *run) until(tb testing.TB, what string, ok func(processor.Stats) bool) processor.Stats {
	tb.Helper()
	deadline := time.After(patience)
	for {
		s := r.Stats()
		if ok(s) {
			return s
		}
		select {
		case <-r.ended:
			if !ok(r.Stats()) {
				tb.Fatalf("%s did not come to pass, the run ended: %v", what, r.err)
			}
		case <-deadline:
			tb.Fatalf("%s did not come to pass in %s: %+v", what, patience, s)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (s *stage) committed() map[int32]int64 {
	s.t.Helper()
	offsets, err := s.admin.FetchOffsets(s.t.Context(), group)
	if err != nil {
		s.t.Fatal(err)
	}
	got := map[int32]int64{}
	offsets.Each(func(o kadm.OffsetResponse) { got[o.Partition] = o.At })
	return got
}

// script is a destination that answers as it is told and keeps what it took.
type script struct {
	mu     sync.Mutex
	taken  [][]string // bodies, by request
	answer func(ctx context.Context, n int, r *sink.Request) sink.Answer
	sends  int
}

func (s *script) Send(ctx context.Context, r *sink.Request) sink.Answer {
	s.mu.Lock()
	s.sends++
	n, answer := s.sends, s.answer
	s.mu.Unlock()
	a := sink.Answer{Verdict: sink.Done, Status: 200}
	if answer != nil {
		a = answer(ctx, n, r)
	}
	if a.Verdict == sink.Done {
		s.mu.Lock()
		defer s.mu.Unlock()
		var bodies []string
		for _, op := range r.Ops {
			bodies = append(bodies, string(op.Body))
		}
		s.taken = append(s.taken, bodies)
	}
	return a
}

func (s *script) Release(*sink.Request) {}

func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.taken {
		n += len(r)
	}
	return n
}
