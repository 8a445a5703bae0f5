package witness

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/processor/deadletter"
)

// Kept is a letter in its topic.
type Kept struct {
	history.Letter
	// At is when the record failed, which was before the letter was written.
	At time.Time
}

// Letters reads the letters that their topic holds now.
func Letters(ctx context.Context, brokers []string, topic string) (list []Kept, err error) {
	err = Read(ctx, brokers, topic, func(r *kgo.Record) error {
		l, err := deadletter.Parse(r)
		if err != nil {
			return err //nolint:wrapcheck // told with its place
		}
		kept := Kept{At: l.LastFailed, Letter: history.Letter{
			Place: history.Place{Partition: l.Partition, Offset: l.Offset}, Op: l.Op, Reason: l.Reason,
			Record: history.Record{Key: l.Key, Value: l.Value, Millis: l.Timestamp.UnixMilli()},
		}}
		for _, h := range l.Headers {
			kept.Record.Headers = append(kept.Record.Headers, history.Header{Key: h.Key, Value: h.Value})
		}
		list = append(list, kept)
		return nil
	})
	return list, err
}

// Read hands out the records that a topic holds now, those of a partition in their order.
func Read(ctx context.Context, brokers []string, topic string, each func(*kgo.Record) error) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics(topic))
	if err != nil {
		return fmt.Errorf("read %s: %w", topic, err)
	}
	defer client.Close()
	ends, err := kadm.NewClient(client).ListEndOffsets(ctx, topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", topic, err)
	}
	left := map[int32]int64{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition] = o.Offset
		}
	})
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("read %s: %w", topic, err)
		}
		for r := range fetches.RecordsAll() {
			if err := each(r); err != nil {
				return fmt.Errorf("%s, partition %d, offset %d: %w", topic, r.Partition, r.Offset, err)
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		}
	}
	return nil
}
