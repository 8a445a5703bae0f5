package transform

import (
	"strconv"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// track becomes an event of the same name, or says something about a device.
func (p *mapping) track() sink.Outcome {
	name, ok := nameText(p.ev.Event)
	if !ok {
		return invalid("event", "a track event needs a name there: a text that is not blank")
	}
	if out, done := p.device(name); done {
		return out
	}
	return p.event(customerio.ActionEvent, sink.KindEvent, p.cut(name, customerio.NameBytes, "event"))
}

// page becomes a page view. It is named by the first name there is, else by its address.
func (p *mapping) page() sink.Outcome {
	name, field := firstName(
		place{p.ev.Name, "", "name"},
		place{p.ev.Properties, "name", "properties.name"},
		place{p.ev.Properties, "url", "properties.url"},
		place{p.ev.Context.PageURL, "", "context.page.url"},
	)
	if name == nil {
		return invalid("name", "a page needs a name: a text that is not blank in name, properties.name, properties.url or context.page.url")
	}
	return p.event(customerio.ActionPage, sink.KindPage, p.cut(name, customerio.NameBytes, field))
}

// screen becomes an event Viewed … Screen.
func (p *mapping) screen() sink.Outcome {
	name, field := firstName(
		place{p.ev.Event, "", "event"},
		place{p.ev.Properties, "name", "properties.name"},
		place{p.ev.Name, "", "name"},
	)
	if name == nil {
		return invalid("name", "a screen needs a name: a text that is not blank in event, properties.name or name")
	}
	name = p.screenName(p.cut(name, screenBytes, field))
	return p.event(customerio.ActionEvent, sink.KindEvent, name)
}

// event writes an event, page or screen: its name, id, time, and its properties as they are.
func (p *mapping) event(action customerio.Action, kind sink.Kind, name []byte) sink.Outcome {
	p.enc.Person(action, p.who.Identifier)
	p.enc.Name(name)
	p.enc.ID(p.eventID(kind))
	if p.time.known {
		p.enc.Timestamp(p.time.seconds())
	}
	size := p.properties()
	out := p.finish(kind)
	if len(p.op.Body) > customerio.ItemBytes && size > customerio.EventDataBytes {
		return sink.Outcome{
			Reason: sink.ReasonTooLarge,
			Field:  "properties",
			Detail: "the properties are " + strconv.Itoa(size) + " bytes long, Customer.io takes " + strconv.Itoa(customerio.EventDataBytes),
		}
	}
	return out
}

// properties writes the event's properties as attributes and returns their length. Customer.io wants
// an object: what is something else is kept under the name properties.
func (p *mapping) properties() int {
	v := p.ev.Properties
	switch v.Kind() {
	case schema.Object:
	case schema.Absent, schema.Null:
		v = schema.Value("{}")
	default:
		p.change("properties", sink.WhyNotObject)
		p.enc.OpenAttributes()
		p.enc.RawAttr([]byte("properties"), v)
		p.enc.CloseAttributes()
		return len(v) + len(`{"properties":}`)
	}
	p.enc.RawAttributes(v)
	return len(v)
}
