package preview

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor"
)

const (
	// patience is how long Kafka may take to answer, or to give the next record.
	patience = 15 * time.Second
	// fetchBytes is what is asked for at once: somebody looks at a few records.
	fetchBytes = 1 << 20
)

// ParsePlace reads topic/partition@offset, and reports whether text is of that form.
func ParsePlace(text string) (Place, bool) {
	parts := regexp.MustCompile(`^([a-zA-Z0-9._-]{1,249})/([0-9]+)@([0-9]+)$`).FindStringSubmatch(text)
	if parts == nil {
		return Place{}, false
	}
	partition, err := strconv.ParseInt(parts[2], 10, 32)
	if err != nil {
		return Place{}, false
	}
	offset, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil {
		return Place{}, false
	}
	return Place{Topic: parts[1], Partition: int32(partition), Offset: offset}, true
}

// NoRecordError says that a topic has no record at a place.
type NoRecordError struct {
	Place
	// From and To are the offsets of the partition: the first that is there, and the one behind the last.
	From, To int64
	// Partitions is how many the topic has, when the place names another; -1: there is no such topic.
	Partitions int
}

// Error says what there is instead.
func (e *NoRecordError) Error() string {
	switch {
	case e.Partitions < 0:
		return fmt.Sprintf("there is no topic %s, or this user may not see it: check the name, and the privilege Describe", e.Topic)
	case e.Partitions > 0:
		return fmt.Sprintf("topic %s has no partition %d: its partitions are 0 to %d", e.Topic, e.Partition, e.Partitions-1)
	case e.From == e.To:
		return fmt.Sprintf("partition %d of topic %s is empty: what it held is gone by retention, or nothing was written yet; its next offset is %d", e.Partition, e.Topic, e.To)
	default:
		return fmt.Sprintf("there is no record at %s: the partition holds offsets %d to %d", e.Place, e.From, e.To-1)
	}
}

// Topic reads records of one partition, without a group. It commits nothing.
type Topic struct {
	client *kgo.Client
	from   Place
	next   int64 // offset
	end    int64 // of the partition when it was opened
	left   int   // records to give
	ready  []*kgo.Record
	record Record
}

// OpenTopic returns the n records of a topic from a place on, or what there is of them. It fails with
// [*NoRecordError], and with [processor.ErrUnreachable] when Kafka does not answer.
func OpenTopic(ctx context.Context, brokers []string, opts []kgo.Opt, at Place, n int) (*Topic, error) {
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(brokers...),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{at.Topic: {at.Partition: kgo.NewOffset().At(at.Offset)}}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMaxPartitionBytes(fetchBytes),
		kgo.KeepControlRecords(), // so that the end of the partition is seen whatever stands there
	}, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("kafka options: %w", err)
	}
	t := &Topic{client: client, from: at, next: at.Offset, left: n}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if t.end, err = findEnd(ctx, kadm.NewClient(client), at); err != nil {
		client.Close()
		return nil, unreachable(ctx, brokers, err)
	}
	return t, nil
}

// findEnd returns the end of the partition, if there may be a record at the place.
func findEnd(ctx context.Context, admin *kadm.Client, at Place) (int64, error) {
	topics, err := admin.ListTopics(ctx, at.Topic)
	if err != nil {
		return 0, err //nolint:wrapcheck // by unreachable
	}
	details := topics[at.Topic]
	switch {
	case errors.Is(details.Err, kerr.UnknownTopicOrPartition), errors.Is(details.Err, kerr.TopicAuthorizationFailed):
		return 0, &NoRecordError{Place: at, Partitions: -1}
	case details.Err != nil:
		return 0, details.Err
	case int(at.Partition) >= len(details.Partitions):
		return 0, &NoRecordError{Place: at, Partitions: len(details.Partitions)}
	}
	starts, err := admin.ListStartOffsets(ctx, at.Topic)
	if err != nil {
		return 0, err //nolint:wrapcheck // by unreachable
	}
	ends, err := admin.ListEndOffsets(ctx, at.Topic)
	if err != nil {
		return 0, err //nolint:wrapcheck // by unreachable
	}
	from, _ := starts.Lookup(at.Topic, at.Partition)
	to, _ := ends.Lookup(at.Topic, at.Partition)
	if err := errors.Join(from.Err, to.Err); err != nil {
		return 0, err
	}
	if at.Offset < from.Offset || at.Offset >= to.Offset {
		return 0, &NoRecordError{Place: at, From: from.Offset, To: to.Offset}
	}
	return to.Offset, nil
}

// unreachable says what was asked of whom, and that it was in vain, unless an answer came.
func unreachable(ctx context.Context, brokers []string, err error) error {
	_, answered := errors.AsType[*NoRecordError](err)
	_, refused := errors.AsType[*kerr.Error](err)
	switch {
	case answered:
		return err
	case refused && ctx.Err() == nil:
		if next := processor.Hint(err); next != "" {
			return fmt.Errorf("asking kafka: %w: %s", err, next)
		}
		return fmt.Errorf("asking kafka: %w", err)
	default:
		err = fmt.Errorf("asking %v within %v: %w: %w", brokers, patience, processor.ErrUnreachable, err)
		if next := processor.Hint(err); next != "" {
			return fmt.Errorf("%w: %s", err, next)
		}
		return err
	}
}

// Next returns the next record; see [Source].
func (t *Topic) Next(ctx context.Context) (*Record, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		for len(t.ready) > 0 {
			r := t.ready[0]
			t.ready = t.ready[1:]
			t.next = r.Offset + 1
			if r.Attrs.IsControl() || r.Offset < t.from.Offset {
				continue
			}
			t.left--
			t.record = Record{
				Place: Place{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset},
				Key:   r.Key, Value: r.Value, Size: int64(len(r.Value)), Time: r.Timestamp,
			}
			return &t.record, nil
		}
		if t.left == 0 || t.next >= t.end {
			return nil, io.EOF
		}
		if err := t.poll(ctx); err != nil {
			return nil, err
		}
	}
}

// poll fetches what comes next.
func (t *Topic) poll(ctx context.Context) error {
	fetches := t.client.PollRecords(ctx, t.left)
	if err := fetches.Err(); err != nil {
		return fmt.Errorf("reading %s, from offset %d on: %w: %w", t.from, t.next, processor.ErrUnreachable, err)
	}
	t.ready = fetches.Records()
	return nil
}

// Idle reports that the next record may have to be waited for.
func (t *Topic) Idle() bool { return len(t.ready) == 0 }

// Close ends the connections.
func (t *Topic) Close() { t.client.Close() }

// Notes are none.
func (t *Topic) Notes() []string { return nil }
