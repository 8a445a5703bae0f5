package transform

import (
	"bytes"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// adopt puts the user_properties of an identify, where RudderStack's JavaScript SDK 1.0 sent traits, among those
// of its context: everything that looks at traits, rules of the configuration included, then sees them. Any
// other trait of the same name counts more.
func (p *mapping) adopt() {
	older := p.ev.UserProperties
	switch {
	case older.Kind() == schema.Absent || older.Kind() == schema.Null:
		return
	case p.ev.Type != schema.TypeIdentify:
		p.change("user_properties", sink.WhyNotTaken)
		return
	case older.Kind() != schema.Object:
		p.change("user_properties", sink.WhyNotObject)
		return
	}
	p.adopted = *p.ev
	traits := &p.adopted.Context.Traits
	if isNotObject(*traits) {
		p.change("context.traits", sink.WhyNotObject)
		*traits = nil
	}
	*traits = joined(older, *traits)
	p.ev, p.came = &p.adopted, &p.adopted
	p.env.Reset(p.ev)
}

// joined is an object with the members of two, those of the second behind, where they count more.
func joined(a, b schema.Value) schema.Value {
	if b.Kind() != schema.Object {
		return a
	}
	first, second := inside(a), inside(b)
	if len(first) > 0 && len(second) > 0 {
		first = append(bytes.Clone(first), ',')
	}
	return schema.Value(append(append(append([]byte{'{'}, first...), second...), '}'))
}

// inside is what stands between the braces of an object.
func inside(object schema.Value) []byte { return bytes.TrimSpace(object[1 : len(object)-1]) }

// dropped tells of the top-level fields that carry something of the user's and become nothing: fields that no
// rule knows, and the category of a page or screen where the properties do not have it.
func (p *mapping) dropped() {
	for _, name := range p.came.Others {
		p.change(string(name), sink.WhyNotTaken)
	}
	category := p.came.Category
	if k := category.Kind(); k == schema.Absent || k == schema.Null || bytes.Equal(category, []byte(`""`)) {
		return
	}
	if !bytes.Equal(category, p.came.Properties.Member("category")) {
		p.change("category", sink.WhyNotTaken)
	}
}
