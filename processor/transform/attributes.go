package transform

import (
	"bytes"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// attribute is one attribute to write. Either raw or text holds its value.
type attribute struct {
	name   []byte
	object string // path of the object it comes from, with a dot at its end
	member []byte // its name there, where that is another
	by     ruleID
	raw    schema.Value
	text   []byte
	isText bool
}

// attributes collects attributes by name: the one that is put last wins, in the place of the first.
type attributes struct {
	list []attribute
	// index finds names once there are many: without it, a hostile event of many thousand traits
	// costs the square of their number.
	index map[string]int
}

// indexFrom is the number of attributes from which an index pays.
const indexFrom = 24

func (a *attributes) reset() {
	clear(a.list)
	a.list, a.index = a.list[:0], nil
}

// find returns the place of the named attribute, -1 when there is none.
func (a *attributes) find(name []byte) int {
	if a.index != nil {
		if i, ok := a.index[string(name)]; ok {
			return i
		}
		return -1
	}
	for i := range a.list {
		if string(a.list[i].name) == string(name) {
			return i
		}
	}
	return -1
}

// put adds or replaces an attribute.
func (a *attributes) put(at attribute) {
	if i := a.find(at.name); i >= 0 {
		a.list[i] = at
		return
	}
	a.list = append(a.list, at)
	n := len(a.list)
	if a.index != nil {
		a.index[string(at.name)] = n - 1
		return
	}
	if n < indexFrom {
		return
	}
	a.index = make(map[string]int, 2*n)
	for i := range a.list {
		a.index[string(a.list[i].name)] = i
	}
}

// room is what there is left for attributes: their number, and the length of the item, which is without
// a bound when it is 0.
type room struct{ attrs, bytes int }

// writeAttributes writes attributes into the object that is open, within Customer.io's limits and the
// room. What does not fit is left out and told. object is where they stand in the item.
func (p *mapping) writeAttributes(object string, list []attribute, left room) {
	for i := range list {
		at := &list[i]
		switch {
		case len(at.name) == 0 || len(at.name) > customerio.AttrNameBytes:
			p.changeAttr(at, sink.WhyAttrName)
			continue
		case at.size() > customerio.AttrValueBytes:
			p.changeAttr(at, sink.WhyAttrValue)
			continue
		case left.attrs == 0:
			p.changeAttr(at, sink.WhyAttrCount)
			continue
		}
		before := p.enc.Len()
		if at.isText {
			p.enc.TextAttr(at.name, at.text)
		} else {
			p.enc.RawAttr(at.name, at.raw)
		}
		if left.bytes > 0 && p.enc.Len() > left.bytes-closing {
			p.enc.Cut(before)
			p.changeAttr(at, sink.WhyItemSize)
			continue
		}
		left.attrs--
		p.partAttr(object, at)
	}
}

// closing is the room for the brackets that end an item.
const closing = 8

// partAttr tells that an attribute was written.
func (p *mapping) partAttr(object string, at *attribute) {
	if p.explain != nil {
		p.part(object+string(at.name), at.path(), at.by)
	}
}

// size returns the length of the attribute's value as Customer.io measures it: a text without quotes
// and escapes, the JSON of anything else.
func (at *attribute) size() int {
	switch {
	case at.isText:
		return len(at.text)
	case len(at.raw) <= customerio.AttrValueBytes:
		return len(at.raw)
	}
	if text, ok := at.raw.Text(); ok {
		return len(text)
	}
	return len(at.raw)
}

// path returns where the attribute stands in the event. Of a name that is too long, the head will do.
func (at *attribute) path() string {
	name := at.name
	if at.member != nil {
		name = at.member
	}
	if len(name) > customerio.AttrNameBytes {
		name = append(bytes.Clone(head(name, customerio.AttrNameBytes)), "…"...)
	}
	return at.object + string(name)
}

// changeAttr tells that an attribute was altered or left out.
func (p *mapping) changeAttr(at *attribute, why sink.Why) {
	if len(p.changes) < sink.MaxChanges { // a path costs
		p.change(at.path(), why)
	}
}
