package demo

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor"
)

const (
	// ahead bounds how many events wait in the topic, and with them the memory of the broker.
	ahead = 50_000
	// beat is how often the producer looks what is due.
	beat = 5 * time.Millisecond
	// burst is how many events are produced before it looks again, when all are due.
	burst = 1000
	// trimming is how often records that are done with are deleted.
	trimming = 5 * time.Second
	// keptLetters is how many letters each partition of their topic keeps. One may have 140 kB.
	keptLetters = 50
)

// producer writes the generator's records the way RudderStack's server does.
type producer struct {
	generator *generator
	client    *kgo.Client
	cluster   *kfake.Cluster
	stats     func() processor.Stats
	produced  atomic.Int64
	ended     atomic.Bool // nothing more is produced
}

func newProducer(w *world, o *Options, stats func() processor.Stats) (*producer, error) {
	g, err := newGenerator(topic, o.Seed, time.Now())
	if err != nil {
		return nil, err
	}
	g.whole = o.Tour()
	client, err := kgo.NewClient(
		kgo.SeedBrokers(w.cluster.ListenAddrs()...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(beat),
	)
	if err != nil {
		return nil, fmt.Errorf("the demo's producer: %w", err)
	}
	return &producer{generator: g, client: client, cluster: w.cluster, stats: stats}, nil
}

// produce writes total events, 0 for as many as there is time for until enough is closed, at so many a
// second, 0 for as fast as they are taken. It returns when the broker has them all, or when ctx ends.
func (p *producer) produce(ctx context.Context, total int, pace float64, enough <-chan struct{}) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	begun := time.Now()
	for n := 0; total == 0 || n < total; {
		due := n + burst
		if pace > 0 {
			due = 1 + int(time.Since(begun).Seconds()*pace)
		}
		due = min(due, int(p.stats().Ledger.Consumed)+ahead)
		if total > 0 {
			due = min(due, total)
		}
		for ; n < due; n++ {
			p.client.Produce(ctx, p.generator.next(time.Now()), func(_ *kgo.Record, err error) {
				if err != nil {
					cancel(fmt.Errorf("the demo cannot produce: %w", err))
				}
			})
			p.produced.Add(1)
		}
		if pace == 0 && n == due && ctx.Err() == nil && n < int(p.stats().Ledger.Consumed)+ahead {
			continue
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-enough:
			return p.end(ctx)
		case <-ticker.C:
		}
	}
	return p.end(ctx)
}

// end waits until the broker has all events.
func (p *producer) end(ctx context.Context) error {
	if err := p.client.Flush(ctx); err != nil {
		return context.Cause(ctx)
	}
	p.ended.Store(true)
	return context.Cause(ctx)
}

// poison writes the event that can never be delivered.
func (p *producer) poison(ctx context.Context) error {
	r := &kgo.Record{Topic: topic, Partition: partition(poisonKey), Key: []byte(poisonKey), Value: []byte(poisonEvent)}
	if err := p.client.ProduceSync(ctx, r).FirstErr(); err != nil {
		return fmt.Errorf("the demo cannot produce: %w", err)
	}
	p.produced.Add(1)
	return nil
}

// trims trims every so often until ctx ends: a demo may run for days. That it does not succeed once is
// no matter.
func (p *producer) trims(ctx context.Context) {
	ticker := time.NewTicker(trimming)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		_ = p.trim(ctx)
	}
}

// trim deletes the events that the group has committed, and all letters but the newest.
func (p *producer) trim(ctx context.Context) error {
	done := kadm.Offsets{}
	for _, part := range p.stats().Partitions {
		if part.Committed > 0 {
			done.AddOffset(topic, part.Partition, part.Committed, -1)
		}
	}
	for n := range int32(letterPartitions) {
		if i := p.cluster.PartitionInfo(lettersTopic, n); i != nil && i.HighWatermark > keptLetters {
			done.AddOffset(lettersTopic, n, i.HighWatermark-keptLetters, -1)
		}
	}
	_, err := kadm.NewClient(p.client).DeleteRecords(ctx, done)
	return err
}
