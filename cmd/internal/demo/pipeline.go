package demo

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/sink/customerio"
)

const (
	// drain bounds the wait for what is under way when the demo is interrupted.
	drain = 3 * time.Second
	// lettersClose bounds the wait for letters after that.
	lettersClose = 2 * time.Second
)

// pipeline is what `pintle run` puts together, with the demo's addresses.
type pipeline struct {
	*processor.Processor
	letters *deadletter.Writer
	client  *kgo.Client // writes the letters
	sender  *customerio.Client
}

func newPipeline(w *world, version string, log *slog.Logger) (*pipeline, error) {
	mapper, err := transform.New(transform.Options{})
	if err != nil {
		return nil, fmt.Errorf("the demo's mapping: %w", err)
	}
	sender, err := customerio.New(customerio.Config{
		Endpoint: w.endpoint, SiteID: customerio.NewSecret(siteID), APIKey: customerio.NewSecret(apiKey),
		UserAgent: "pintle-demo",
	})
	if err != nil {
		return nil, fmt.Errorf("the demo's client: %w", err)
	}
	brokers := w.cluster.ListenAddrs()
	client, err := kgo.NewClient(append(deadletter.ClientOpts(), kgo.SeedBrokers(brokers...))...)
	if err != nil {
		return nil, fmt.Errorf("the demo's letters: %w", err)
	}
	p := &pipeline{letters: deadletter.NewWriter(client, lettersTopic, log), client: client, sender: sender}
	p.Processor, err = processor.New(processor.Config{
		Brokers: brokers, Topic: topic, Group: group, Start: "earliest",
		DrainTimeout: drain, Window: window, Mapper: mapper, Mapping: "guide", Version: version,
	}, sender, p.letters, log)
	if err != nil {
		client.Close()
		return nil, fmt.Errorf("the demo's pipeline: %w", err)
	}
	return p, nil
}

// awaitAssignment returns when the pipeline has all partitions, or ctx ends: trouble that begins by the clock
// shall not be over before anything is read.
func (p *pipeline) awaitAssignment(ctx context.Context) {
	for len(p.Stats().Partitions) < partitions && sleep(ctx, time.Millisecond) {
		continue
	}
}

// run reads and delivers until ctx ends, and closes what the pipeline holds.
func (p *pipeline) run(ctx context.Context) error {
	err := p.Run(ctx)
	p.close(ctx)
	if err != nil {
		return fmt.Errorf("the demo's pipeline: %w", err)
	}
	return nil
}

// close closes what a processor that does not run any more has used.
func (p *pipeline) close(ctx context.Context) {
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), lettersClose)
	defer cancel()
	p.letters.Close(closing)
	p.client.Close()
	p.sender.Close()
}
