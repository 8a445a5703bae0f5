package kill

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/traffic"
)

// load is the stream of events, and the book of what was produced and what must become of it.
type load struct {
	world  *world
	stream *traffic.Traffic
	next   int // number of the next event; what is no event has numbers from strays on
	odd    int

	mu   sync.Mutex
	book []*produced
}

// produced is a record, with its place once the broker has it.
type produced struct {
	record *kgo.Record
	event  history.Event
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

// run produces at a steady rate until ctx ends.
func (l *load) run(ctx context.Context, perSecond int) {
	begun, n := time.Now(), 0
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for due := int(time.Since(begun).Seconds() * float64(perSecond)); n < due; n++ {
			l.one()
		}
	}
}

// start runs the load in the background. The function that it returns ends it and waits until the
// broker has everything.
func (l *load) start(perSecond int) (stop func()) {
	ctx, cancel := context.WithCancel(l.world.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.run(ctx, perSecond)
	}()
	return func() {
		l.world.Helper()
		cancel()
		<-done
		l.flush()
	}
}

// some produces so many events at once.
func (l *load) some(n int) {
	l.world.Helper()
	for range n {
		l.one()
	}
	l.flush()
}

func (l *load) flush() {
	l.world.Helper()
	if err := l.world.client.Flush(l.world.ctx); err != nil {
		l.world.Fatal(err)
	}
}

// one produces the next event.
func (l *load) one() {
	e := l.stream.Event(l.next)
	l.next++
	p := &produced{record: e.Record(l.world.settings.Topic, partitions), event: history.Event{Seq: e.Seq, User: e.Person, Kind: e.Kind, End: history.Delivered}}
	if e.Kind == "identify" {
		p.event.Sets = []string{"_seq"}
	}
	switch {
	case e.Off:
		p.event.End, p.event.Reason = history.Filtered, "integration_off"
	case e.Seq%everyRefused == 7:
		p.spoil(refusal)
	case e.Seq%everyPoison == 11:
		p.spoil(poison)
	}
	l.send(p)
	if e.Seq%everyGarbage == 23 {
		l.odd++
		l.send(&produced{
			record: &kgo.Record{
				Topic: l.world.settings.Topic, Partition: int32(l.odd % partitions), Key: []byte("nobody"), Value: []byte(`{"type":"track","event":"cut`),
				Headers: []kgo.RecordHeader{{Key: "a", Value: []byte{0xff, 0}}, {Key: "none"}},
			},
			event: history.Event{Seq: strays + l.odd, End: history.Lettered, Reason: "decode"},
		})
	}
}

// spoil marks an event as one that the destination refuses.
func (p *produced) spoil(mark string) {
	number := fmt.Appendf(nil, `"_seq":%d`, p.event.Seq)
	p.record.Value = bytes.Replace(p.record.Value, number, fmt.Appendf(nil, `%q:1,%s`, mark, number), 1)
	p.event.End, p.event.Reason, p.event.Refused = history.Lettered, "rejected", true
}

func (l *load) send(p *produced) {
	l.mu.Lock()
	l.book = append(l.book, p)
	l.mu.Unlock()
	l.world.client.Produce(l.world.ctx, p.record, func(_ *kgo.Record, err error) {
		if err != nil && l.world.ctx.Err() == nil {
			l.world.Errorf("produce: %v", err)
		}
	})
}
