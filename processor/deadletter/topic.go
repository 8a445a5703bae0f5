package deadletter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Refusals that Kafka has no code for.
var (
	errSlow = errors.New("no acknowledgement for 10 s")
	errTiny = errors.New("the topic refuses even a letter without its original")
)

// asking bounds one question about the topic.
const asking = 10 * time.Second

// Check asks the brokers for the topic and remembers how many partitions it has. Its error says what
// is missing and how to mend it. A Writer works without: it asks when it has a letter, and waits.
func (w *Writer) Check(ctx context.Context) error {
	n, err := partitionsOf(ctx, w.client, w.topic)
	if err != nil {
		return fmt.Errorf("%s: %w", w.advice(err), err)
	}
	w.partitions.Store(n)
	return nil
}

// count returns the number of partitions, asking when it is not known.
func (w *Writer) count() (int32, error) {
	if n := w.partitions.Load(); n > 0 {
		return n, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), asking)
	defer cancel()
	answered := make(chan struct{})
	defer close(answered)
	w.wg.Go(func() {
		select {
		case <-w.quit:
			cancel()
		case <-answered:
		}
	})
	n, err := partitionsOf(ctx, w.client, w.topic)
	if err != nil {
		return 0, err
	}
	w.partitions.Store(n)
	return n, nil
}

// partitionsOf asks for the number of a topic's partitions. It creates nothing.
func partitionsOf(ctx context.Context, client *kgo.Client, topic string) (int32, error) {
	req := kmsg.NewPtrMetadataRequest()
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = new(topic)
	req.Topics = append(req.Topics, t)
	resp, err := req.RequestWith(ctx, client)
	if err != nil {
		return 0, err
	}
	if len(resp.Topics) != 1 {
		return 0, kerr.UnknownTopicOrPartition
	}
	if err := kerr.ErrorForCode(resp.Topics[0].ErrorCode); err != nil {
		return 0, err
	}
	if len(resp.Topics[0].Partitions) == 0 {
		return 0, kerr.UnknownTopicOrPartition
	}
	return int32(len(resp.Topics[0].Partitions)), nil
}

// slot returns the permit of one partition of the topic.
func (w *Writer) slot(partition int32) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.slots[partition]
	if s == nil {
		s = make(chan struct{}, 1)
		w.slots[partition] = s
	}
	return s
}

// sleep waits, and reports whether the writer goes on.
func (w *Writer) sleep(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-w.quit:
		return false
	}
}

// advice names the cause and the next step.
func (w *Writer) advice(err error) string {
	switch {
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.UnknownTopicID):
		return fmt.Sprintf("the dead-letter topic %q does not exist, or may not be seen: create it, with as many partitions as its source, or grant Describe on it", w.topic)
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return fmt.Sprintf("the dead-letter topic %q may not be used: grant Describe and Write on topic %q to pintle's principal", w.topic, w.topic)
	case errors.Is(err, kerr.ClusterAuthorizationFailed):
		return "idempotent writing is not allowed: grant IdempotentWrite on the cluster to pintle's principal (brokers before 2.8 ask for it)"
	case errors.Is(err, kerr.InvalidTopicException):
		return fmt.Sprintf("%q is no name for a topic: correct dead_letters.topic", w.topic)
	case errors.Is(err, kerr.InvalidTimestamp):
		return fmt.Sprintf("the dead-letter topic %q refuses the age of its letters, which keep the time of the original: raise message.timestamp.before.max.ms on it", w.topic)
	case errors.Is(err, kerr.InvalidRecord):
		return fmt.Sprintf("the dead-letter topic %q refuses records without a key or value: set cleanup.policy=delete on it", w.topic)
	case errors.Is(err, errTiny):
		return fmt.Sprintf("raise max.message.bytes of the dead-letter topic %q above %d", w.topic, 2*MaxHeaderBytes)
	}
	if _, answered := errors.AsType[*kerr.Error](err); answered { // whose text is all there is to say
		return fmt.Sprintf("the dead-letter topic %q cannot be written", w.topic)
	}
	return fmt.Sprintf("the dead-letter topic %q cannot be written: check that the brokers can be reached", w.topic)
}
