package transform

import (
	"bytes"
	"strconv"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// track becomes an event of the same name, or says something about a device or the person itself.
func (p *mapping) track() sink.Outcome {
	name, field := p.firstName(ruleTrackName)
	if name == nil {
		return invalid("event", "a track event needs a name there: a text that is not blank")
	}
	meant := bytes.TrimSpace(name) // Customer.io trims the names of events
	if out, done := p.personEvent(meant); done {
		return out
	}
	if out, done := p.device(meant); done {
		return out
	}
	name = p.cut(name, customerio.NameBytes, field)
	return p.event(customerio.ActionEvent, sink.KindEvent, name, field, ruleTrackName)
}

// page becomes a page view. It is named by the first name there is, else by its address.
func (p *mapping) page() sink.Outcome {
	name, field := p.firstName(rulePageName)
	if name == nil {
		return invalid("name", "a page needs a name: a text that is not blank in name, properties.name or .url or .title, context.page.url or .title")
	}
	name = p.cut(name, customerio.NameBytes, field)
	return p.event(customerio.ActionPage, sink.KindPage, name, field, rulePageName)
}

// screen becomes an event Viewed … Screen, or the view of a screen of that name.
func (p *mapping) screen() sink.Outcome {
	name, field := p.firstName(ruleScreenName)
	if name == nil {
		return invalid("name", "a screen needs a name: a text that is not blank in event, properties.name or name")
	}
	name = p.screenName(p.cut(name, screenBytes, field))
	if p.screens == ScreensAsScreens {
		return p.event(customerio.ActionScreen, sink.KindScreen, name, field, ruleScreenName)
	}
	return p.event(customerio.ActionEvent, sink.KindEvent, name, field, ruleScreenName)
}

// event writes an event, page or screen: its name, id, time, and its properties as they are.
func (p *mapping) event(action customerio.Action, kind sink.Kind, name []byte, field string, by ruleID) sink.Outcome {
	p.person(action)
	p.enc.Name(name)
	p.part("name", field, by)
	p.enc.ID(p.eventID(kind))
	p.part("id", p.idSource(), ruleEventID)
	p.timestamp()
	size := p.properties()
	out := p.finish(kind)
	if len(p.ops[len(p.ops)-1].Body) > customerio.ItemBytes && size > customerio.EventDataBytes {
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
		p.part("attributes.properties", "properties", ruleProperties)
		return len(v) + len(`{"properties":}`)
	}
	p.enc.RawAttributes(v)
	p.partMembers("attributes.", "properties.", v, ruleProperties)
	return len(v)
}

// personEvent maps the track events that delete or suppress the person, and reports whether this one
// did. Of a visitor Customer.io keeps nothing but events.
func (p *mapping) personEvent(name []byte) (out sink.Outcome, done bool) {
	if p.who.visitor() {
		return sink.Outcome{}, false
	}
	action, kind := customerio.ActionDelete, sink.KindDelete
	switch {
	case isAny(name, p.named.delete...):
	case isAny(name, p.named.suppress...):
		action, kind = customerio.ActionSuppress, sink.KindSuppress
	case isAny(name, p.named.unsuppress...):
		action, kind = customerio.ActionUnsuppress, sink.KindUnsuppress
	default:
		return sink.Outcome{}, false
	}
	p.person(action)
	p.part("action", "event", rulePersonEvent)
	p.noProperties()
	return p.alone(kind), true
}

// noProperties tells that the operation has no place for properties, if there are any.
func (p *mapping) noProperties() {
	switch string(p.ev.Properties) {
	case "", "null", "{}":
	default:
		p.change("properties", sink.WhyNotTaken)
	}
}
