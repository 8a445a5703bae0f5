package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor/deadletter"
)

const (
	// sceneLength is how long each scene of the tour is to be seen at least. The last one needs half of it.
	sceneLength = 7 * time.Second
	// patience is how long the tour waits for what it wants to show, before it fails.
	patience = 30 * time.Second

	// result begins a line of what came of a scene.
	result = "▸ "

	poisonKey = "ann"
	poisonID  = "poison"
	// poisonEvent can never be delivered.
	poisonEvent = `{"type":"track","userId":"` + poisonKey + `","messageId":"` + poisonID + `"}`
)

// Caption is what the tour says: the head of a scene, and lines of what happens or has happened.
type Caption struct {
	Head  string
	Lines []string
}

// Tour is what the tour has measured and found. Its JSON is API.
type Tour struct {
	// OutageSeconds is how long Customer.io was down, FirstDeliverySeconds and RecoverySeconds how long
	// after that the first event was delivered, and all that had waited.
	OutageSeconds        float64 `json:"outage_seconds"`
	FirstDeliverySeconds float64 `json:"first_delivery_seconds"`
	RecoverySeconds      float64 `json:"recovery_seconds"`
	// DeadLetter is what became of the event that cannot be delivered.
	DeadLetter DeadLetter `json:"dead_letter"`
}

// DeadLetter is why an event could not be delivered, and where the original lies.
type DeadLetter struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	Reason    string `json:"reason"`
	Detail    string `json:"detail"`
	Field     string `json:"field"`
}

// guide leads through the tour, scene by scene.
type guide struct {
	*stage
	scene time.Duration
	ended time.Time // the outage
	found Tour
}

// lead shows all scenes.
func (g *guide) lead(ctx context.Context) error {
	for _, show := range []func(context.Context) error{g.steady, g.down, g.back, g.poison} {
		if err := show(ctx); err != nil {
			return err
		}
	}
	return nil
}

// say passes a caption to the display.
func (g *guide) say(ctx context.Context, head string, lines ...string) {
	select {
	case g.captions <- Caption{head, lines}:
	case <-ctx.Done():
	}
}

// stay lets what happens be seen for d.
func (g *guide) stay(ctx context.Context, d time.Duration) error {
	if !sleep(ctx, d) {
		return context.Cause(ctx)
	}
	return nil
}

// await waits until something is so, and returns how long after the outage that is.
func (g *guide) await(ctx context.Context, what string, so func(*Snapshot) bool) (time.Duration, error) {
	for begun := time.Now(); time.Since(begun) < patience; {
		if now := g.snapshot(); so(&now) {
			return time.Since(g.ended), nil
		}
		if err := g.stay(ctx, lookEvery); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("the tour has waited %s in vain for %s", patience, what)
}

// steady lets events flow.
func (g *guide) steady(ctx context.Context) error {
	g.say(ctx, "1/4  Steady delivery",
		count(int64(g.options.pace()))+" events a second come from Kafka. Those of one user are delivered in",
		"their order, those of many users share a request.")
	if err := g.stay(ctx, g.scene); err != nil {
		return err
	}
	_, err := g.await(ctx, "the first delivery", func(s *Snapshot) bool { return s.Stats.Ledger.Delivered > 0 })
	s := g.snapshot()
	g.say(ctx, "", result+fmt.Sprintf("%s events were delivered in %s requests.", count(s.Stats.Ledger.Delivered), count(s.Stats.Sink.Requests)))
	return err
}

// down takes Customer.io away for the length of a scene.
func (g *guide) down(ctx context.Context) error {
	g.say(ctx, "2/4  Customer.io is down: everything waits",
		"It answers every request with 503. pintle tries again about once a second,",
		"and commits no offset of an event that was not delivered.")
	begun := time.Now()
	g.world.outage(Span{Length: g.scene}).play(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	g.ended = time.Now()
	g.found.OutageSeconds = rounded(g.ended.Sub(begun))
	s := g.snapshot()
	g.say(ctx, "", result+fmt.Sprintf("%s events wait after %s.", count(s.unfinished()), seconds(g.ended.Sub(begun))))
	return nil
}

// back watches how what has waited is delivered.
func (g *guide) back(ctx context.Context) error {
	before := g.snapshot().Stats.Ledger.Delivered
	ends := make([]int64, partitions)
	for n := range ends {
		ends[n] = g.world.cluster.PartitionInfo(topic, int32(n)).HighWatermark
	}
	g.say(ctx, "3/4  Customer.io is back",
		"What has waited is delivered in its order, and new events behind it.")
	first, err := g.await(ctx, "a delivery after the outage", func(s *Snapshot) bool { return s.Stats.Ledger.Delivered > before })
	if err != nil {
		return err
	}
	caughtUp, err := g.await(ctx, "the delivery of all that has waited", func(s *Snapshot) bool {
		for i := range s.Stats.Partitions {
			if p := &s.Stats.Partitions[i]; ends[p.Partition] > 0 && p.Watermark < ends[p.Partition] {
				return false
			}
		}
		return len(s.Stats.Partitions) == len(ends)
	})
	if err != nil {
		return err
	}
	g.found.FirstDeliverySeconds, g.found.RecoverySeconds = rounded(first), rounded(caughtUp)
	g.say(ctx, "", result+fmt.Sprintf("First delivery %s after the outage; all that had waited after %s.", seconds(first), seconds(caughtUp)))
	return g.stay(ctx, g.scene-caughtUp)
}

// poison lets an event come that can never be delivered, and shows what becomes of it.
func (g *guide) poison(ctx context.Context) error {
	g.say(ctx, "4/4  A poison event: it goes to the dead-letter topic, the others go on",
		"A track event without a name arrives. Customer.io could never take it.")
	if err := g.producer.poison(ctx); err != nil {
		return err
	}
	if _, err := g.await(ctx, "the dead letter", func(s *Snapshot) bool { return s.Letters.Written > 0 }); err != nil {
		return err
	}
	letter, err := g.letter(ctx)
	if err != nil {
		return err
	}
	// The events behind it: the partition is past it, and still moves.
	var at int64
	if _, err := g.await(ctx, "the events behind the poison event", func(s *Snapshot) bool {
		for i := range s.Stats.Partitions {
			if p := &s.Stats.Partitions[i]; p.Partition == letter.Partition {
				at = p.Watermark
			}
		}
		return at > letter.Offset+1
	}); err != nil {
		return err
	}
	g.found.DeadLetter = DeadLetter{
		Topic: letter.Topic, Partition: letter.Partition, Offset: letter.Offset,
		Reason: letter.Reason, Detail: letter.Detail, Field: letter.Field,
	}
	g.say(ctx, "", result+"Its record in "+lettersTopic+":",
		"    "+deadletter.HeaderReason+"   "+letter.Reason,
		"    "+deadletter.HeaderDetail+"   "+letter.Detail,
		"    "+deadletter.HeaderField+"    "+letter.Field,
		fmt.Sprintf("    original        %s, partition %d, offset %s", letter.Topic, letter.Partition, count(letter.Offset)),
		"    value           "+string(letter.Value),
		result+fmt.Sprintf("Partition %d went on: its events up to offset %s are done.", letter.Partition, count(at-1)))
	return g.stay(ctx, g.scene/2)
}

// letter reads the dead letter of the poison event.
func (g *guide) letter(ctx context.Context) (deadletter.Letter, error) {
	brokers := []kgo.Opt{kgo.SeedBrokers(g.world.cluster.ListenAddrs()...)}
	for l, err := range deadletter.ReadAll(ctx, brokers, lettersTopic) {
		if err != nil {
			return l, err
		}
		if l.MessageID == poisonID {
			return l, nil
		}
	}
	return deadletter.Letter{}, errors.New("the dead-letter topic does not hold the poison event")
}

func rounded(d time.Duration) float64 {
	return float64(d.Round(time.Millisecond).Milliseconds()) / 1000
}
