package processor

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/pintle-io/pintle/sink"
)

// liveness is what the watchdog saw last.
type liveness struct {
	looked time.Time
	why    string // what blocks, empty when nothing does
}

// Stuck tells what does not move though it could, so that only a restart helps; empty when the process
// lives. It takes no lock, so that it answers whatever is blocked. It may be called at any time, by any
// goroutine.
func (p *Processor) Stuck() string {
	live := p.alive.Load()
	switch {
	case live == nil:
		return ""
	case time.Since(live.looked) > watchPatience:
		return fmt.Sprintf("the watchdog has not come back for %v: something holds a lock", time.Since(live.looked).Round(time.Second))
	default:
		return live.why
	}
}

// watch looks whether every partition moves, and says who blocks those that do not.
func (p *Processor) watch() {
	now := time.Now()
	stats := p.sink.Stats()
	sights, progress := p.sights(now, &stats)
	for _, n := range stats.Statuses {
		progress += n
	}
	slack := time.Duration(2 / stats.Rate * float64(time.Second))
	var why []string
	for _, w := range p.dog.look(now, progress, sights) {
		if !p.dog.judge(now, w, p.where(w), slack) {
			continue
		}
		lane := -1
		if w.cause == stageSink && w.place.State != sink.PlaceNone {
			lane = w.place.Lane
		}
		why = append(why, fmt.Sprintf("partition %d does not move: offset %d, state %s, lane %d", w.partition, w.record, w.blocked, lane))
		if w.told != w.record {
			w.told = w.record
			p.log.Error("does not move and waits for nothing that is known: this is a fault of pintle, please report this line; /livez says so, so that the process is restarted",
				slog.Int("partition", int(w.partition)), slog.Int64("offset", w.record), slog.String("state", w.blocked), slog.Int("lane", lane),
				slog.Time("since", w.since), slog.Duration("age", w.age))
		}
	}
	p.alive.Store(&liveness{looked: now, why: strings.Join(why, "; ")})
}

// sights looks at all partitions that are owned. While something outside holds everything back, they are
// idle.
func (p *Processor) sights(now time.Time, stats *sink.Stats) (list []sight, progress int64) {
	owners := p.owned()
	p.mu.Lock()
	waits := map[int32]bool{}
	for n := range p.waits {
		waits[n] = true
	}
	running := p.state == StateRunning
	p.mu.Unlock()
	held := !running || stats.Gate.Shut || stats.Gate.RetryAfter.After(now) || !p.lease.held(now)
	for _, o := range owners {
		s, moves := o.sight(now, waits[o.partition] || waits[wholeGroup])
		if held {
			s.stage = stageIdle
		}
		list = append(list, s)
		progress += moves
	}
	return list, progress
}

// sight looks at the owner's first unfinished record. unread is true when the client has said that it
// cannot read.
func (o *owner) sight(now time.Time, unread bool) (s sight, moves int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	low, known := o.low()
	s = sight{
		partition: o.partition, epoch: o.epoch, offset: low, mapping: o.mapping,
		crowded: o.paused || o.p.flow.held.Load(), age: o.age(now),
	}
	_, stopped := o.stopped()
	switch {
	case stopped:
	case o.tracker.Pending() > 0:
		s.stage = stageSink
	case len(o.inbox) > 0:
		s.stage, s.offset = stageTaking, o.inbox[0].offset
	case known && o.high > max(low, o.start) && !unread && now.Sub(o.spanned) < 2*endsInterval:
		s.stage = stageReading
	}
	return s, o.moves
}

// where is the place in the sink of the record that a partition waits for.
func (p *Processor) where(w *watched) sink.Place {
	o := p.owner(w.partition)
	if w.cause != stageSink || o == nil {
		return sink.Place{State: sink.PlaceNone}
	}
	place := p.sink.Where(func(op *sink.Op) bool {
		record := op.Origin.(*event).record
		return record.owner == o && record.offset == w.record
	})
	o.mu.Lock()
	defer o.mu.Unlock()
	if place.State == sink.PlaceNone && o.letters > 0 { // the sink knows nothing of letters of the mapping
		place.State = sink.PlaceLetter
	}
	return place
}
