package witness

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/traffic"
)

// Load is a stream of events, and the book of what was produced and what must become of it. Its methods
// may be called by many goroutines at once.
type Load struct {
	client     *kgo.Client
	topic      string
	partitions int
	stream     *traffic.Traffic
	hot        *traffic.Traffic // nil: nobody has more events than others
	failed     func(error)

	mu   sync.Mutex // held while an event is produced, so that numbers rise with the offsets
	next int        // number of the next event; what is no event has numbers from strays on
	odd  int
	book []*Produced
}

// Produced is a record, with its place once the broker has it, and what must become of its event.
type Produced struct {
	Record *kgo.Record
	Event  history.Event
}

// strays are the numbers of records that are no events of the stream.
const strays = 1 << 30

// One of so many events is refused by name, refused as a whole request, or followed by a record that
// cannot be decoded.
const (
	everyRefused = 60
	everyPoison  = 500
	everyGarbage = 150
)

// NewLoad returns the load of so many users for a topic, which client produces; it must take partitions
// as they stand ([kgo.ManualPartitioner]). failed is told, by any goroutine, of what could not be produced.
func NewLoad(client *kgo.Client, topic string, partitions, users int, failed func(error)) (*Load, error) {
	stream, err := traffic.New(users, time.Now().Add(-time.Hour))
	if err != nil {
		return nil, fmt.Errorf("make a load: %w", err)
	}
	return &Load{client: client, topic: topic, partitions: partitions, stream: stream, failed: failed}, nil
}

// Start runs the load in the background, so many events a second, until ctx ends or the function that it
// returns is called, which waits until the broker has everything.
func (l *Load) Start(ctx context.Context, perSecond int) (stop func() error) {
	running, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.run(running, ctx, perSecond)
	}()
	return func() error {
		cancel()
		<-done
		return l.flush(ctx)
	}
}

func (l *Load) run(running, ctx context.Context, perSecond int) {
	begun, n := time.Now(), 0
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-running.Done():
			return
		case <-tick.C:
		}
		for due := int(time.Since(begun).Seconds() * float64(perSecond)); n < due; n++ {
			l.one(ctx)
		}
	}
}

// Some produces so many events at once, and returns when the broker has them.
func (l *Load) Some(ctx context.Context, n int) error {
	for range n {
		l.one(ctx)
	}
	return l.flush(ctx)
}

func (l *Load) flush(ctx context.Context) error {
	if err := l.client.Flush(ctx); err != nil {
		return fmt.Errorf("flush the load of %s: %w", l.topic, err)
	}
	return nil
}

// Heat makes one of a hundred events from now on that of one user, [Hot], and no event one that is refused.
// The load must be of a multiple of a hundred users.
func (l *Load) Heat() error {
	hot, err := traffic.New(1, time.Now().Add(-time.Hour), "node-")
	if err != nil {
		return fmt.Errorf("heat a load: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hot = hot
	return nil
}

// Hot is the user of [Load.Heat]. Nobody else of a hundred users, or of a multiple, gets his turn.
const Hot = "user-0"

// Next is the number of the next event.
func (l *Load) Next() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

// Partition is where the event of a number belongs.
func (l *Load) Partition(seq int) int32 {
	return traffic.Partition(l.stream.Event(seq).Person, l.partitions)
}

// Anew returns a load that goes on where this one has ended, with an empty book: its topic is another one
// by now.
func (l *Load) Anew() *Load {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &Load{client: l.client, topic: l.topic, partitions: l.partitions, stream: l.stream, failed: l.failed, next: l.next, odd: l.odd}
}

// Padded produces an event that is to be delivered, but with spaces around it up to so many bytes, and so
// maybe with another end.
func (l *Load) Padded(ctx context.Context, size int, end history.End, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.draw()
	for p.Event.End != history.Delivered {
		l.send(ctx, p)
		p = l.draw()
	}
	p.Record.Value = append(p.Record.Value, bytes.Repeat([]byte(" "), size-len(p.Record.Value))...)
	p.Event.End, p.Event.Reason = end, reason
	l.send(ctx, p)
}

// one produces the next event, and what follows it.
func (l *Load) one(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.draw()
	l.send(ctx, p)
	if p.Event.Seq%everyGarbage == 23 {
		l.odd++
		l.send(ctx, &Produced{
			Record: &kgo.Record{
				Topic: l.topic, Partition: int32(l.odd % l.partitions), Key: []byte("nobody"), Value: []byte(`{"type":"track","event":"cut`),
				Headers: []kgo.RecordHeader{{Key: "a", Value: []byte{0xff, 0}}, {Key: "none"}},
			},
			Event: history.Event{Seq: strays + l.odd, End: history.Lettered, Reason: "decode"},
		})
	}
}

// draw makes the next event. The lock is held.
func (l *Load) draw() *Produced {
	stream := l.stream
	if l.hot != nil && l.next%100 == 0 {
		stream = l.hot
	}
	e := stream.Event(l.next)
	l.next++
	p := &Produced{Record: e.Record(l.topic, l.partitions), Event: history.Event{Seq: e.Seq, User: e.Person, Kind: e.Kind, End: history.Delivered}}
	if e.Kind == "identify" {
		p.Event.Sets = []string{"_seq"}
	}
	switch {
	case e.Off:
		p.Event.End, p.Event.Reason = history.Filtered, "integration_off"
	case l.hot != nil:
	case e.Seq%everyRefused == 7:
		p.spoil(refusal)
	case e.Seq%everyPoison == 11:
		p.spoil(poison)
	}
	return p
}

// spoil marks an event as one that the destination refuses.
func (p *Produced) spoil(mark string) {
	number := fmt.Appendf(nil, `"_seq":%d`, p.Event.Seq)
	p.Record.Value = bytes.Replace(p.Record.Value, number, fmt.Appendf(nil, `%q:1,%s`, mark, number), 1)
	p.Event.End, p.Event.Reason, p.Event.Refused = history.Lettered, "rejected", true
}

// send produces a record. The lock is held.
func (l *Load) send(ctx context.Context, p *Produced) {
	l.book = append(l.book, p)
	l.client.Produce(ctx, p.Record, func(_ *kgo.Record, err error) {
		if err != nil && ctx.Err() == nil {
			l.failed(fmt.Errorf("produce: %w", err))
		}
	})
}

// Book is what was produced, in the order of the partitions and their offsets. It is complete once the
// broker has everything.
func (l *Load) Book() []*Produced {
	l.mu.Lock()
	book := slices.Clone(l.book)
	l.mu.Unlock()
	slices.SortFunc(book, func(a, b *Produced) int {
		return cmp.Or(cmp.Compare(a.Record.Partition, b.Record.Partition), cmp.Compare(a.Record.Offset, b.Record.Offset))
	})
	return book
}

// Input is the record as a history has it.
func (p *Produced) Input() *history.Input {
	in := &history.Input{
		Place:  history.Place{Partition: p.Record.Partition, Offset: p.Record.Offset},
		Record: history.Record{Key: p.Record.Key, Value: p.Record.Value, Millis: p.Record.Timestamp.UnixMilli()},
		Events: []history.Event{p.Event},
	}
	for _, h := range p.Record.Headers {
		in.Record.Headers = append(in.Record.Headers, history.Header{Key: h.Key, Value: h.Value})
	}
	return in
}
