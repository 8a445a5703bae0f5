package processor

import (
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// slabOps is how many ops are allocated at a time.
const slabOps = 64

// largeRecord is the size from which a record leaves no memory to the next one.
const largeRecord = 16 << 10

// eventScratch is the mapping of one event of a record, before anything of the record is booked.
type eventScratch struct {
	ops     []sink.Op
	outcome sink.Outcome
	id      schema.Value // of the record's bytes
}

// process decodes and maps one record and starts what follows from it.
func (o *owner) process(r *record) {
	if r.value == nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.ledger.consume(1)
		o.ledger.filter(sink.ReasonTombstone)
		o.mapped(r)
		return
	}
	large := len(r.value) > largeRecord
	events, err := schema.Decode(o.decoded[:0], r.value, o.p.cfg.Limits)
	if err != nil {
		if o.pass(r, true) {
			o.undecodable(r, err)
		}
		return
	}
	o.decoded = events
	o.mapEvents(r, events)
	if failed, counts := o.fares(); !counts || o.pass(r, failed) {
		o.book(r)
	}
	if large { // or what was made of it would last until the next one
		o.decoded, o.scratch, o.slab = nil, nil, nil
	}
}

// fares tells whether more than half of the events of the record in the scratch failed. It does not count
// when all were filtered.
func (o *owner) fares() (failed, counts bool) {
	mapped, lost := 0, 0
	for i := range o.scratch {
		switch out := &o.scratch[i].outcome; {
		case out.Mapped():
			mapped++
		case !out.Filtered:
			lost++
		}
	}
	return lost > mapped, mapped+lost > 0
}

// mapEvents fills the scratch with what each event becomes.
func (o *owner) mapEvents(r *record, events []schema.Event) {
	o.scratch = o.scratch[:0]
	src := schema.Source{Key: r.key, Time: r.at}
	for i := range events {
		if cap(o.slab)-len(o.slab) < 8 {
			o.slab = make([]sink.Op, 0, slabOps)
		}
		from := len(o.slab)
		ops, outcome := o.p.cfg.Mapper.Map(o.slab, &events[i], src)
		o.slab = ops
		o.scratch = append(o.scratch, eventScratch{ops: ops[from:], outcome: outcome, id: events[i].MessageID})
	}
}

// book enters the events of a mapped record into the ledger and queues their ops.
func (o *owner) book(r *record) {
	states := r.one[:0]
	if len(o.scratch) > 1 {
		states = make([]event, 0, len(o.scratch))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ledger.consume(len(o.scratch))
	r.open += len(o.scratch)
	index := int32(0)
	for i := range o.scratch {
		s := &o.scratch[i]
		states = append(states, event{record: r, place: i, open: len(s.ops)})
		ev := &states[len(states)-1]
		switch {
		case s.outcome.Filtered:
			o.ledger.filter(s.outcome.Reason)
			o.closeEvent(r)
		case !s.outcome.Mapped():
			ev.open = 1
			o.writeLetter(ev, o.p.unmappable(ev, s, index), s.outcome.Reason, nil)
			index++ // so that no two letters of a record have one id
		default:
			o.ledger.change(s.outcome.Changes)
			index = o.queue(r, ev, s.ops, index)
		}
	}
	o.mapped(r)
}

// queue puts the ops of an event into the batch that goes to the sink next.
func (o *owner) queue(r *record, ev *event, ops []sink.Op, index int32) int32 {
	for i := range ops {
		op := &ops[i]
		op.Index, op.Epoch, op.Origin = index, o.epoch, ev
		index++
		bytes := int64(len(op.Body) + opOverhead)
		foreseen := min(bytes, r.reserved)
		r.reserved -= foreseen
		r.held += bytes - foreseen
		o.charge(bytes - foreseen)
		o.batch = append(o.batch, op)
	}
	return index
}

func (o *owner) undecodable(r *record, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ledger.consume(1)
	r.open++
	r.one[0] = event{record: r, open: 1}
	l := o.p.letter(r)
	l.Stage, l.Reason, l.Detail = deadletter.StageDecode, string(sink.ReasonDecode), err.Error()
	o.writeLetter(&r.one[0], l, sink.ReasonDecode, nil)
	o.mapped(r)
}

// writeLetter sends a letter off; its event, and the lane of the op if there is one, wait until the
// broker has acknowledged it. The lock is held.
func (o *owner) writeLetter(ev *event, l *deadletter.Letter, why sink.Reason, op *sink.Op) {
	if ev.lost == "" {
		ev.lost = why
	}
	bytes := int64(len(l.Key) + len(l.Value) + recordOverhead)
	o.letters++
	o.lettered += bytes
	o.p.letters.Write(l, func(err error) {
		o.letterDone(ev, bytes, err)
		if op != nil && err == nil {
			o.p.sink.Resolve(op)
		}
	})
}

func (o *owner) letterDone(ev *event, bytes int64, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.letters--
	o.lettered -= bytes
	close(o.settled)
	o.settled = make(chan struct{})
	switch {
	case o.ended:
		o.p.late.Add(1)
		o.p.held.Add(-bytes)
		o.p.flow.freed()
	case err == nil:
		o.closeOp(ev)
	}
}
