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

// writeAttributes writes what was collected, within Customer.io's limits and at most room of them.
// What does not fit is left out and told.
func (p *mapping) writeAttributes(room int) {
	for i := range p.attrs.list {
		at := &p.attrs.list[i]
		switch {
		case len(at.name) == 0 || len(at.name) > customerio.AttrNameBytes:
			p.changeAttr(at, sink.WhyAttrName)
			continue
		case at.size() > customerio.AttrValueBytes:
			p.changeAttr(at, sink.WhyAttrValue)
			continue
		case room == 0:
			p.changeAttr(at, sink.WhyAttrCount)
			continue
		}
		room--
		if at.isText {
			p.enc.TextAttr(at.name, at.text)
		} else {
			p.enc.RawAttr(at.name, at.raw)
		}
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

// changeAttr tells that an attribute was left out. Of a name that is too long, the head will do.
func (p *mapping) changeAttr(at *attribute, why sink.Why) {
	name := at.name
	if len(name) > customerio.AttrNameBytes {
		name = append(bytes.Clone(head(name, customerio.AttrNameBytes)), "…"...)
	}
	p.change(at.object+string(name), why)
}
