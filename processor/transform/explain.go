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
	Path string // in the item: identifiers.id, name, attributes.plan, cio_relationships.0.identifiers.id
	From string // in the event: traits.plan; empty when no one place of it says so
	By   string // the code of the [Rule]
}

// Rule is one line of docs/mapping.md: what a field of an operation is made of.
type Rule struct {
	Code    string   // stable: identify.created_at
	Type    string   // the type of event: identify; empty: all
	Out     string   // the field of the operation: attributes.created_at
	In      []string // the places in the event where it looks, in this order
	How     string   // what it does
	Profile Profile  // empty: both
}

// Explain is [Mapper.Map], and tells how it came about. It is for people: it takes its time.
func (m *Mapper) Explain(ev *schema.Event, src schema.Source) (ops []sink.Op, out sink.Outcome, how Explanation) {
	defer func() {
		if fault := recover(); fault != nil {
			ops, out, how = nil, crashed(fault), Explanation{}
		}
	}()
	var fields []Field
	p := &mapping{explain: &fields}
	p.begin(m, ev, src)
	ops, out = p.run(nil)
	if !out.Mapped() {
		return ops, out, Explanation{}
	}
	return ops, out, Explanation{Key: string(p.who.key), Fields: fields}
}

// part tells that a part of the item was written.
func (p *mapping) part(path, from string, by ruleID) {
	if p.explain != nil {
		*p.explain = append(*p.explain, Field{Op: len(p.ops) - p.base, Path: path, From: from, By: p.codes[by]})
	}
}

// partIdentifier tells that the person was written under a name of the item.
func (p *mapping) partIdentifier(object string, w *person) {
	if p.explain != nil {
		p.part(object+w.Kind.Name(), w.from, w.by)
	}
}

// partTime tells that the event's time was written.
func (p *mapping) partTime(path string, by ruleID) {
	if p.explain != nil {
		p.part(path, p.time.from, by)
	}
}

// partMembers tells that an object was written as it is.
func (p *mapping) partMembers(object, from string, v schema.Value, by ruleID) {
	if p.explain == nil {
		return
	}
	for m := v.Members(); m.Next(); {
		p.part(object+string(m.Name), from+string(m.Name), by)
	}
}
