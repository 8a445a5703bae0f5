package transform

import (
	"bytes"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// special holds the traits that do not simply become attributes of the same name.
type special struct {
	address     attribute
	id, email   attribute
	anonymousID attribute // the trait anonymous_id, in Customer.io's own spelling

	// created are the traits that may say since when the person is known, the first choice first.
	created   [4]attribute
	createdAt moment
}

// identify becomes an update of the person: all traits, those of the event over those of its
// context, as the person's attributes, dated by the event's time.
func (p *mapping) identify() sink.Outcome {
	var f special
	p.collect(p.ev.Context.Traits, "context.traits.", 1, &f)
	p.collect(p.ev.Traits, "traits.", 0, &f)
	p.address(&f.address)
	p.identifiers(&f)
	p.createdAt(&f)

	p.enc.Person(customerio.ActionIdentify, p.who.Identifier)
	if p.time.known {
		p.enc.Timestamp(p.time.seconds())
	}
	p.enc.OpenAttributes()
	room := customerio.Attrs
	if f.createdAt.known {
		p.enc.IntAttr([]byte("created_at"), f.createdAt.seconds())
		room--
	}
	if id := p.anonymousID(&f); id != nil {
		p.enc.TextAttr([]byte("anonymous_id"), id)
		room--
	}
	p.writeAttributes(room)
	p.enc.CloseAttributes()
	return p.finish(sink.KindIdentify)
}

// collect takes the traits of one object over those taken before. Of two times of creation, the one
// of the lower rank counts.
func (p *mapping) collect(traits schema.Value, object string, rank int, f *special) {
	for m := traits.Members(); m.Next(); {
		at := attribute{name: m.Name, object: object, raw: m.Value}
		switch string(m.Name) {
		case "address":
			f.address = at
		case "id":
			f.id = at
		case "email":
			f.email = at
		case "anonymous_id":
			f.anonymousID = at
		case "createdAt":
			f.created[rank] = at
		case "created_at":
			f.created[2+rank] = at
		case "userId", "anonymousId":
			// These are the event's, not the person's.
		case "_timestamp", "cio_relationships":
			p.changeAttr(&at, sink.WhyReserved)
		default:
			p.attrs.put(at)
		}
	}
}

// address lifts the five parts that RudderStack knows to the top, where no trait of that name
// stands, and keeps the rest of the address, be it a text or an object.
func (p *mapping) address(at *attribute) {
	if at.raw.Kind() != schema.Object {
		if at.raw != nil {
			p.attrs.put(*at)
		}
		return
	}
	parts, rest := at.object+"address.", []byte{'{'}
	for m := at.raw.Members(); m.Next(); {
		switch string(m.Name) {
		case "city", "country", "postalCode", "state", "street":
			if i := p.attrs.find(m.Name); i < 0 || p.attrs.list[i].object == parts {
				p.attrs.put(attribute{name: m.Name, object: parts, raw: m.Value})
			}
		default:
			if len(rest) > 1 {
				rest = append(rest, ',')
			}
			rest = customerio.AppendText(rest, m.Name)
			rest = append(append(rest, ':'), m.Value...)
		}
	}
	if len(rest) > 1 {
		p.attrs.put(attribute{name: at.name, object: at.object, raw: append(rest, '}')})
	}
}

// identifiers keeps the traits id and email where they can do what Customer.io does with attributes
// of these names: give the person an identifier that it has not. An id that repeats what the person
// is addressed by says nothing; one that differs would be an attempt to rename, which is refused
// unless the person is addressed by its cio_id.
func (p *mapping) identifiers(f *special) {
	if f.id.raw != nil {
		switch id, _ := idText(f.id.raw); {
		case bytes.Equal(id, p.who.key):
		case p.who.Kind == customerio.ByID, id == nil:
			p.changeAttr(&f.id, sink.WhyIdentifier)
		default:
			f.id.text, f.id.isText = id, true
			p.attrs.put(f.id)
		}
	}
	switch email, ok := f.email.raw.Text(); {
	case f.email.raw == nil:
	case p.who.Kind == customerio.ByEmail && ok && bytes.EqualFold(email, p.who.Value):
	case p.who.Kind == customerio.ByEmail, !ok && f.email.raw.Kind() != schema.Null:
		p.changeAttr(&f.email, sink.WhyIdentifier)
	default:
		p.attrs.put(f.email)
	}
}

// anonymousID returns the anonymous id whose events the person takes over: the event's own beside a
// user id, else the trait anonymous_id. Nil when there is none.
func (p *mapping) anonymousID(f *special) []byte {
	if !p.who.anonymous {
		if id, _ := idText(p.ev.AnonymousID); id != nil {
			return id
		}
	}
	if f.anonymousID.raw == nil {
		return nil
	}
	id, _ := idText(f.anonymousID.raw)
	if id == nil {
		p.changeAttr(&f.anonymousID, sink.WhyIdentifier)
	}
	return id
}

// createdAt finds since when the person is known: by the first of the traits that holds a time, else
// (this is the guide's rule) by the event's time.
func (p *mapping) createdAt(f *special) {
	for i := range f.created {
		at := &f.created[i]
		if f.createdAt = p.readTime(at.raw, at.object, string(at.name)); f.createdAt.known {
			return
		}
	}
	f.createdAt = p.time
}
