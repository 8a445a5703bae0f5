package transform

import (
	"bytes"
	"fmt"
	"strings"
	"sync"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)


// Mapper maps events to operations. It is safe for concurrent use.
type Mapper struct {
	registering []string // names beside installed and opened
	emails      bool
	scratch     sync.Pool // of *mapping
}

// New returns a Mapper, or an error that names the option that makes no sense.
func New(o Options) (*Mapper, error) {
	m := &Mapper{emails: !o.Identifiers.EmailsAreIDs}
	m.scratch.New = func() any { return new(mapping) }
	for i, name := range o.DeviceEvents {
		switch {
		case strings.TrimSpace(name) == "":
			return nil, fmt.Errorf("device event %d is blank: write the name of a track event, or remove it", i+1)
		case isAny([]byte(name), uninstalled):
			return nil, fmt.Errorf("device event %q removes the device and cannot register it: remove it from the list", name)
		default:
			m.registering = append(m.registering, name)
		}
	}
	return m, nil
}

// Map appends to dst the operations that ev becomes, and says what became of it. It fills in all of
// an operation but Index, Epoch and Origin. An event that is not mapped appends nothing.
//
// Map does not change ev and keeps no part of it: a Body is its own memory.
func (m *Mapper) Map(dst []sink.Op, ev *schema.Event, src schema.Source) ([]sink.Op, sink.Outcome) {
	p := m.scratch.Get().(*mapping)
	p.begin(m, ev, src)
	out := p.route()
	if out.Mapped() {
		dst = append(dst, p.op)
		out.Changes = p.changes
	}
	p.end()
	if p.small() {
		m.scratch.Put(p)
	}
	return dst, out
}

// mapping is the work on one event. It is used again for the next one, with its buffers.
type mapping struct {
	*Mapper
	ev  *schema.Event
	src schema.Source

	who     person
	time    moment
	op      sink.Op
	changes []sink.Change

	enc   customerio.Encoder
	attrs attributes
	hash  []byte // see eventID
	name  []byte // see screenName
}

func (p *mapping) begin(m *Mapper, ev *schema.Event, src schema.Source) {
	p.Mapper, p.ev, p.src = m, ev, src
}

// end lets go of everything that belongs to the event.
func (p *mapping) end() {
	p.Mapper, p.ev, p.src = nil, nil, schema.Source{}
	p.who, p.time, p.op, p.changes = person{}, moment{}, sink.Op{}, nil
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

// finish ends the item that is being written and makes it the event's operation.
func (p *mapping) finish(kind sink.Kind) sink.Outcome {
	p.op = sink.Op{Body: bytes.Clone(p.enc.Finish()), Key: sink.KeyHash(p.who.key), Kind: kind}
	return sink.Outcome{}
}
