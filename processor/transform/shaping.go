package transform

import (
	"bytes"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// shape applies the rules of the configuration to a copy of the event.
func (p *mapping) shape() sink.Outcome {
	if p.shaper.IsZero() {
		return sink.Outcome{}
	}
	p.shaped = *p.ev
	if p.ev.Type == schema.TypeIdentify {
		p.lift(&p.shaped)
	}
	changes, out := p.shaper.Shape(&p.shaped, &p.env)
	for _, c := range changes {
		p.change(c.Field, c.Why)
	}
	p.ev = &p.shaped
	return out
}

// isPart reports whether a member of an address becomes an attribute of its own.
func isPart(name []byte) bool {
	switch string(name) {
	case "city", "country", "postalCode", "state", "street":
		return true
	default:
		return false
	}
}

// lift puts the parts of an identify's address among its traits, where rules see them by the names that
// they will have: a rule that drops the city means the one in the address too.
func (p *mapping) lift(ev *schema.Event) {
	holder, path, address := &ev.Traits, "traits.address.", ev.Traits.Member("address")
	if address == nil {
		holder, path, address = &ev.Context.Traits, "context.traits.address.", ev.Context.Traits.Member("address")
	}
	traits, rest, found := []byte{'{'}, []byte{'{'}, false
	for m := address.Members(); m.Next(); {
		name := string(m.Name)
		taken := ev.Traits.Member(name)
		if taken == nil {
			taken = ev.Context.Traits.Member(name)
		}
		switch {
		case !isPart(m.Name):
			rest = appendMember(rest, m.Name, m.Value)
			continue
		case taken != nil:
			if !bytes.Equal(taken, m.Value) {
				p.change(path+name, sink.WhyCollision)
			}
		default:
			traits = appendMember(traits, m.Name, m.Value)
		}
		found = true
	}
	if !found {
		return
	}
	for m := holder.Members(); m.Next(); {
		if string(m.Name) != "address" {
			traits = appendMember(traits, m.Name, m.Value)
		}
	}
	if len(rest) > 1 {
		traits = appendMember(traits, []byte("address"), append(rest, '}'))
	}
	traits = append(traits, '}')
	*holder = traits
}

// appendMember appends a member to an object that is not closed yet.
func appendMember(object, name, value []byte) []byte {
	if len(object) > 1 {
		object = append(object, ',')
	}
	object = append(customerio.AppendText(object, name), ':')
	return append(object, value...)
}
