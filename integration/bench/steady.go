package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/machine"
	"github.com/pintle-io/pintle/integration/program"
)

// receiver is a destination that takes everything and remembers when each event of the stream came.
type receiver struct {
	mu       sync.Mutex
	came     []time.Time // by number; zero: not yet
	left     int
	requests int
	service  time.Duration // how long it takes to answer
	bodies   sync.Pool
}

var seqMark = []byte(`"_seq":`) //nolint:gochecknoglobals // a constant, but for its type

// ServeHTTP takes one request.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := r.bodies.Get().(*bytes.Buffer)
	if body == nil {
		body = new(bytes.Buffer)
	}
	defer r.bodies.Put(body)
	body.Reset()
	if _, err := io.Copy(body, req.Body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	time.Sleep(r.service)
	r.take(body.Bytes(), time.Now())
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}\n")
}

func (r *receiver) take(body []byte, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	for {
		i := bytes.Index(body, seqMark)
		if i < 0 {
			return
		}
		body = bytes.TrimPrefix(body[i+len(seqMark):], []byte(`"`)) // devices have their attributes as text
		n := 0
		for n < len(body) && body[n] >= '0' && body[n] <= '9' {
			n++
		}
		seq, err := strconv.Atoi(string(body[:n]))
		if err == nil && seq < len(r.came) && r.came[seq].IsZero() {
			r.came[seq] = now
			r.left--
		}
	}
}

// steadyStream measures what a steady stream costs, and how old an event is when it arrives.
func (b *bench) steadyStream(ctx context.Context) error {
	n := int(b.steady.Seconds() * float64(b.rate))
	r := &receiver{came: make([]time.Time, n), service: b.service}
	for seq := range n {
		if !b.traffic.Off(seq) {
			r.left++
		}
	}
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l) // it ends by Close, below
	}()
	defer func() {
		_ = server.Close()
		<-served
	}()

	before := machine.Load()
	m, err := b.run(ctx, stream, "steady", "http://"+l.Addr().String(), 0)
	if err != nil {
		return err
	}
	defer m.Kill()
	if err := b.assigned(ctx, m); err != nil {
		return err
	}
	begun := time.Now()
	produced, err := b.pace(ctx, n)
	if err != nil {
		return err
	}
	for r.missing() > 0 {
		if time.Since(produced[n-1]) > time.Minute {
			return fmt.Errorf("%d of %d events have not arrived after a minute: %s", r.missing(), n, m.Tail(5))
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	took := time.Since(begun)
	if err := m.Stop(30 * time.Second); err != nil {
		return err
	}
	cpu, resident := m.Usage()
	var ages []time.Duration
	for seq, at := range r.came {
		if !at.IsZero() {
			ages = append(ages, at.Sub(produced[seq]))
		}
	}
	slices.Sort(ages)
	at := func(q float64) time.Duration {
		return ages[min(len(ages)-1, int(q*float64(len(ages))))].Round(100 * time.Microsecond)
	}
	fmt.Fprintf(b.out, "\n| steady stream | requests/s | p50 | p99 | max | CPU s per million | resident MiB | machine before |\n")
	fmt.Fprintln(b.out, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
	fmt.Fprintf(b.out, "| %d events/s for %s, one record a produce request, answers take %s, produced to received | %.1f | %s | %s | %s | %.1f | %d | %s |\n", b.rate, b.steady, b.service,
		float64(r.requests)/took.Seconds(), at(0.5), at(0.99), at(1), cpu.Seconds()*1e6/float64(n), resident>>20, before)
	return nil
}

// assigned waits until the member has the partitions of the stream: a start is not what is measured.
func (b *bench) assigned(ctx context.Context, m *program.Member) error {
	for {
		books, err := m.Books(ctx)
		if err != nil {
			return err
		}
		if len(books.Partitions) == partitions {
			return nil
		}
		if !m.Running() {
			return fmt.Errorf("it ended: %s", m.Tail(10))
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

func (r *receiver) missing() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.left
}

// pace produces n events at the steady rate and returns when each was handed to the producer.
func (b *bench) pace(ctx context.Context, n int) ([]time.Time, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	client, err := kgo.NewClient(kgo.SeedBrokers(b.cluster.Addrs...), kgo.ProducerLinger(0),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	produced := make([]time.Time, n)
	begun := time.Now()
	for seq := range n {
		due := begun.Add(time.Duration(seq) * time.Second / time.Duration(b.rate))
		if err := pause(ctx, time.Until(due)); err != nil {
			return nil, errors.Join(err, context.Cause(ctx))
		}
		record := b.traffic.Event(seq).Record(stream, partitions)
		produced[seq] = time.Now()
		client.Produce(ctx, record, func(_ *kgo.Record, err error) {
			if err != nil {
				cancel(err)
			}
		})
	}
	return produced, client.Flush(ctx)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
