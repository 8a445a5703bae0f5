package transform

import (
	"bytes"
	"errors"
	"sync"

	"github.com/pintle-io/pintle/processor/transform/expression"
	"github.com/pintle-io/pintle/processor/transform/filter"
	"github.com/pintle-io/pintle/processor/transform/shape"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// Mapper maps events to operations. It is safe for concurrent use.
type Mapper struct {
	settings
	filter  *filter.Filter
	shaper  *shape.Shaper
	codes   [ruleCount]string   // of the rules
	from    [ruleCount][]source // where each of them looks
	scratch sync.Pool           // of *mapping
}

// New returns a Mapper. Its error joins an [option.Error] for each option that makes no sense.
func New(o Options) (*Mapper, error) {
	s, err := decide(&o)
	f, filterErr := filter.New(o.Filters)
	sh, shapeErr := shape.New(o.Shaping)
	if err := errors.Join(err, filterErr, shapeErr); err != nil {
		return nil, err
	}
	m := &Mapper{settings: s, filter: f, shaper: sh}
	m.scratch.New = func() any { return new(mapping) }
	for id, rule := range rules() {
		m.codes[id] = rule.Code
		for _, path := range rule.In {
			m.from[id] = append(m.from[id], newSource(path))
		}
	}
	return m, nil
}

// Map appends to dst the operations that ev becomes, and says what became of it. It fills in all of
// an operation but Index, Epoch and Origin. An event that is not mapped appends nothing.
//
// Map does not change ev and keeps no part of it: a Body is its own memory. It does not panic.
func (m *Mapper) Map(dst []sink.Op, ev *schema.Event, src schema.Source) (ops []sink.Op, out sink.Outcome) {
	defer func() {
		if fault := recover(); fault != nil {
			ops, out = dst, crashed(fault)
		}
	}()
	p := m.scratch.Get().(*mapping)
	p.begin(m, ev, src)
	ops, out = p.run(dst)
	p.end()
	if p.small() {
		m.scratch.Put(p)
	}
	return ops, out
}

// crashed is the outcome of an event that the mapping panics over. What it was about to do is unknown, so
// nothing of the event is sent; the events beside it go on.
func crashed(fault any) sink.Outcome {
	return sink.Outcome{
		Reason: sink.ReasonCrashed,
		Detail: "the mapping breaks down over this event: " + schema.Breakdown(fault) + ". This is a fault of pintle: report the place",
	}
}

// mapping is the work on one event. It is used again for the next one, with its buffers.
type mapping struct {
	*Mapper
	ev  *schema.Event
	src schema.Source

	came *schema.Event  // the event as it came: whom and which object it is about is read from it
	env  expression.Env // the same, for expressions
	// adopted is the event with its user_properties among the traits, if it has any, and shaped what rules of the
	// configuration leave of it, if there are any.
	adopted, shaped schema.Event

	who     person
	time    moment
	ops     []sink.Op // the caller's, with those of the event from base on
	base    int
	changes []sink.Change
	explain *[]Field // nil unless somebody asks

	enc   customerio.Encoder
	attrs attributes
	hash  []byte // see eventID
	name  []byte // see screenName
}

func (p *mapping) begin(m *Mapper, ev *schema.Event, src schema.Source) {
	p.Mapper, p.ev, p.came, p.src = m, ev, ev, src
	p.env.Reset(ev)
}

// run maps the event and appends what it becomes.
func (p *mapping) run(dst []sink.Op) ([]sink.Op, sink.Outcome) {
	p.ops, p.base = dst, len(dst)
	out := p.route()
	if !out.Mapped() {
		return p.ops[:p.base], out
	}
	p.dropped()
	out.Changes = p.changes
	return p.ops, out
}

// end lets go of everything that belongs to the event.
func (p *mapping) end() {
	if p.ev != p.came {
		p.shaped = schema.Event{}
	}
	if p.came == &p.adopted {
		p.adopted = schema.Event{}
	}
	p.Mapper, p.ev, p.came, p.src = nil, nil, nil, schema.Source{}
	p.env.Reset(nil)
	p.who, p.time, p.ops, p.changes = person{}, moment{}, nil, nil
	p.attrs.reset()
}

// scratchBytes is the most that one buffer kept for the next event may hold: an event of some
// megabytes is rare, and must not stay in memory.
const scratchBytes = 64 << 10

// small reports whether the buffers are worth keeping.
func (p *mapping) small() bool {
	return p.enc.Cap() <= scratchBytes && cap(p.hash) <= scratchBytes && cap(p.name) <= scratchBytes &&
		cap(p.attrs.list) <= 2*customerio.Attrs
}

// change tells that field was altered. It is the rare case, and may allocate.
func (p *mapping) change(field string, why sink.Why) {
	if len(p.changes) == sink.MaxChanges {
		return
	}
	p.changes = append(p.changes, sink.Change{Field: field, Why: why})
}

// person starts an item about the person of the event.
func (p *mapping) person(action customerio.Action) {
	p.enc.Person(action, p.who.Identifier)
	p.partIdentifier("identifiers.", &p.who)
}

// timestamp writes the event's time.
func (p *mapping) timestamp() {
	if p.time.known {
		p.enc.Timestamp(p.time.seconds())
		p.partTime("timestamp", ruleTime)
	}
}

// finish ends the item that is being written and makes it an operation of the event.
func (p *mapping) finish(kind sink.Kind) sink.Outcome {
	p.ops = append(p.ops, sink.Op{Body: bytes.Clone(p.enc.Finish()), Key: sink.KeyHash(p.who.key), Kind: kind})
	return sink.Outcome{}
}

// alone is finish for an operation that shares no request with its neighbours in the lane: applied
// beside them, in an order that Customer.io does not promise, it could end otherwise.
func (p *mapping) alone(kind sink.Kind) sink.Outcome {
	out := p.finish(kind)
	p.ops[len(p.ops)-1].Barrier = true
	return out
}
