package integration

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/integration/kafka"
	"github.com/pintle-io/pintle/integration/program"
	"github.com/pintle-io/pintle/integration/traffic"
	"github.com/pintle-io/pintle/processor/deadletter"
)

const (
	partitions       = 12
	letterPartitions = 3
	users            = 200
)

// stage is what one scenario plays on: topics and a group of its own, a destination, a stream of
// events, and the book of what was produced and how each record must end.
type stage struct {
	*testing.T
	ctx     context.Context //nolint:containedctx // the scenario's: a test hands one thing around, not two
	broker  broker
	topic   string
	letters string
	group   string
	client  *kgo.Client
	admin   *kadm.Client
	dest    *destination
	stream  *traffic.Traffic
	next    int // the number of the next event
	odds    int // records made so far that are no events of the stream
	// Of the members that are started next: their instance id, and their rate, 0 the default.
	instance string
	rate     float64

	mu      sync.Mutex
	sent    []*sent
	members []*member
}

// sent is a record as it was produced, and the end that it must come to.
type sent struct {
	record   *kgo.Record // with partition, offset and timestamp once it is acknowledged
	event    traffic.Event
	numbered bool // it is an event of the stream, found again by its number
	end      end
	reason   string // of a letter or a filter
}

type end string

const (
	delivered end = "delivered"
	filtered  end = "filtered"
	lettered  end = "lettered"
)

// newStage sets a scenario up.
func newStage(t *testing.T, b broker, name string) *stage {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	t.Cleanup(cancel)
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addrs...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	stream, err := traffic.New(users, time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{
		T: t, ctx: ctx, broker: b, client: client, admin: kadm.NewClient(client), stream: stream,
		topic: "events-" + name, letters: "letters-" + name, group: "pintle-" + name, dest: newDestination(t),
	}
	s.createTopic(s.topic, partitions)
	s.createTopic(s.letters, letterPartitions)
	if b.nextGen && b.cluster != nil {
		// What the classic protocol has by pintle's default.
		if err := kafka.SetSession(ctx, client, s.group, 10*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// createTopic creates a topic and waits until every broker knows it: Kafka tells them one by one.
func (s *stage) createTopic(name string, n int32) {
	s.Helper()
	if _, err := s.admin.CreateTopic(s.ctx, n, 1, nil, name); err != nil {
		s.Fatal(err)
	}
	ask := kmsg.NewPtrMetadataRequest()
	topic := kmsg.NewMetadataRequestTopic()
	topic.Topic = &name
	ask.Topics = append(ask.Topics, topic)
	for i, b := range s.client.DiscoveredBrokers() {
		s.until("topic "+name+" to be known", func() (bool, string) {
			answer, err := ask.RequestWith(s.ctx, b)
			if err != nil {
				return false, err.Error()
			}
			known := len(answer.Topics) == 1 && len(answer.Topics[0].Partitions) == int(n)
			for _, p := range answer.Topics[0].Partitions {
				known = known && p.ErrorCode == 0 && p.Leader >= 0
			}
			return known, fmt.Sprintf("broker %d: %+v", i, answer.Topics)
		})
	}
}

// produce appends the next n events of the stream and waits until the broker has them.
func (s *stage) produce(n int) {
	s.Helper()
	for range n {
		s.enqueue(s.nextEvent(nil))
	}
	s.flush()
}

// trickle produces n events at a rate in the background; the function it returns waits for the end.
func (s *stage) trickle(n, rate int) (wait func()) {
	done := make(chan struct{})
	first := s.next
	s.next += n
	go func() {
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		begun := time.Now()
		for i := 0; i < n; {
			select {
			case <-s.ctx.Done():
				return
			case <-tick.C:
			}
			for due := int(time.Since(begun).Seconds() * float64(rate)); i < min(n, due); i++ {
				s.enqueue(s.eventAt(first + i))
			}
		}
	}()
	return func() {
		s.Helper()
		<-done
		s.flush()
	}
}

// nextEvent takes the next event of the stream; change, if any, may change its end.
func (s *stage) nextEvent(change func(*sent)) *sent {
	e := s.eventAt(s.next)
	s.next++
	if change != nil {
		change(e)
	}
	return e
}

func (s *stage) eventAt(seq int) *sent {
	e := s.stream.Event(seq)
	out := &sent{event: e, record: e.Record(s.topic, partitions), numbered: true, end: delivered}
	if e.Off {
		out.end, out.reason = filtered, "integration_off"
	}
	return out
}

// odd makes a record that is no event of the stream, in the partition of a user of it.
func (s *stage) odd(value []byte, to end, reason string, headers ...kgo.RecordHeader) *sent {
	s.odds++
	key := fmt.Sprintf("user-%d", s.odds%users)
	return &sent{
		record: &kgo.Record{
			Topic: s.topic, Partition: traffic.Partition(key, partitions), Key: []byte(key), Value: value, Headers: headers,
		},
		end: to, reason: reason,
	}
}

// enqueue writes a record into the book and hands it to the producer.
func (s *stage) enqueue(e *sent) {
	s.mu.Lock()
	s.sent = append(s.sent, e)
	s.mu.Unlock()
	s.client.Produce(s.ctx, e.record, func(_ *kgo.Record, err error) {
		if err != nil {
			s.Errorf("produce to %s: %v", s.topic, err)
		}
	})
}

func (s *stage) flush() {
	s.Helper()
	if err := s.client.Flush(s.ctx); err != nil {
		s.Fatalf("produce to %s: %v", s.topic, err)
	}
}

// patience bounds the wait for anything. It is for what never comes, however busy the machine is.
const patience = 3 * time.Minute

// until waits for a condition, which says what it is about and what it sees.
func (s *stage) until(what string, holds func() (ok bool, seen string)) {
	s.Helper()
	seen, ok := program.Await(s.ctx, patience, 50*time.Millisecond, holds)
	if ok {
		return
	}
	for _, m := range s.members {
		s.Logf("the end of the log of %s:\n%s", m.Name, m.Tail(15))
	}
	s.Fatalf("waited %s for %s: %s", patience, what, seen)
}

// settled waits until the group has committed everything that was produced.
func (s *stage) settled() {
	s.Helper()
	s.until("the group to commit everything", func() (bool, string) {
		behind, err := s.behind()
		if err != nil {
			return false, err.Error()
		}
		return behind == 0, fmt.Sprintf("%d records are not committed; %s", behind, s.dest.summary())
	})
}

// behind counts the records between the group's committed offsets and the ends of the partitions.
func (s *stage) behind() (int64, error) {
	ends, err := s.admin.ListEndOffsets(s.ctx, s.topic)
	if err != nil {
		return 0, err
	}
	committed, err := s.admin.FetchOffsets(s.ctx, s.group)
	if err != nil {
		return 0, err
	}
	behind := int64(0)
	ends.Each(func(o kadm.ListedOffset) {
		c, ok := committed.Lookup(o.Topic, o.Partition)
		if !ok || c.At < 0 {
			behind += o.Offset
			return
		}
		behind += o.Offset - c.At
	})
	return behind, nil
}

// readLetters reads the dead-letter topic from its begin to its present end.
func (s *stage) readLetters() []deadletter.Letter {
	s.Helper()
	ends, err := s.admin.ListEndOffsets(s.ctx, s.letters)
	if err != nil {
		s.Fatal(err)
	}
	left := int64(0)
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	if left == 0 {
		return nil
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(s.broker.addrs...), kgo.ConsumeTopics(s.letters))
	if err != nil {
		s.Fatal(err)
	}
	defer client.Close()
	var all []deadletter.Letter
	for int64(len(all)) < left {
		fetches := client.PollFetches(s.ctx)
		if err := fetches.Err(); err != nil {
			s.Fatalf("read the letters: %v", err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			l, err := deadletter.Parse(r)
			if err != nil {
				s.Errorf("the letter at %d/%d: %v", r.Partition, r.Offset, err)
			}
			if r.Partition != l.Partition%letterPartitions {
				s.Errorf("the letter of %s is in partition %d", l.ID(), r.Partition)
			}
			all = append(all, l)
		})
	}
	return all
}
