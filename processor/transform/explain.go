package transform

import (
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// Explanation tells how an event became what it is.
type Explanation struct {
	// Key is the ordering key in the clear: whose order is kept. Empty when the event is not mapped.
	Key string
	// Fields are the parts of the operations, in the order in which they were written.
	Fields []Field
}

// Field is one part of an operation: where it stands, where it comes from, and by which rule.
type Field struct {
	Op   int    // the operation's place among those of the event
	Path string // in the item: identifiers.id, name, attributes.plan
	From string // in the event: traits.plan; empty when no one place of it says so
	By   string // the code of the [Rule]
}

// Rule is one line of docs/mapping.md: what a field of an operation is made of.
type Rule struct {
	Code    string   // stable: identify.created_at
	Type    string   // the type of event: identify; empty: all
	Out     string   // the field of the operation: attributes.created_at
	In      []string // the places in the event where it looks, in this order
	How     string   // one sentence
	Profile Profile  // empty: both
}

// Explain is [Mapper.Map], and tells how it came about. It is for people: it takes its time.
func (m *Mapper) Explain(ev *schema.Event, src schema.Source) ([]sink.Op, sink.Outcome, Explanation) {
	ops, out := m.Map(nil, ev, src)
	return ops, out, Explanation{}
}
