package transform

import (
	"bytes"
	"strconv"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// person is whom an event is about.
type person struct {
	customerio.Identifier
	// key is the ordering key: the user id as the event gives it.
	key []byte
	// anonymous: the anonymous id stands in for a user id.
	anonymous bool
}

// about finds out whom the event is about and when it happened, and goes on with next.
func (p *mapping) about(next func() sink.Outcome) sink.Outcome {
	if out := p.findPerson(); !out.Mapped() {
		return out
	}
	p.time = p.eventTime()
	return next()
}

// findPerson takes the first user id that is there; without any, the anonymous id stands in for it.
// An id that is there and cannot be one is told, never passed over: the next candidate could be
// somebody else.
func (p *mapping) findPerson() sink.Outcome {
	id, field, why := p.userID()
	if id == nil && why == "" {
		field = "anonymousId"
		id, why = idText(p.ev.AnonymousID)
		p.who.anonymous = true
	}
	switch {
	case why != "":
		return invalid(field, why)
	case id == nil:
		return invalid("userId", "the event names nobody: it has neither a userId nor an anonymousId")
	}
	p.who.key = id
	p.who.Identifier = customerio.Identify(id, p.emails)
	return sink.Outcome{}
}

// userID returns the event's user id and where it stands, or why that cannot be one. It looks where
// RudderStack looks.
func (p *mapping) userID() (id []byte, field, why string) {
	if id, why = idText(p.ev.UserID); id != nil || why != "" {
		return id, "userId", why
	}
	for _, c := range [...]struct {
		of          schema.Value
		name, field string
	}{
		{p.ev.Traits, "userId", "traits.userId"},
		{p.ev.Traits, "id", "traits.id"},
		{p.ev.Context.Traits, "userId", "context.traits.userId"},
		{p.ev.Context.Traits, "id", "context.traits.id"},
	} {
		if id, why = idText(c.of.Member(c.name)); id != nil || why != "" {
			return id, c.field, why
		}
	}
	return nil, "", ""
}

// idText returns the text of an identifier: nil when there is none (absent, null, ""), and otherwise
// why it is not fit to be one. A number becomes text with all its digits.
func idText(v schema.Value) (id []byte, why string) {
	switch v.Kind() {
	case schema.Absent, schema.Null:
		return nil, ""
	case schema.Number:
		id = v
	case schema.String:
		if id, _ = v.Text(); len(id) == 0 {
			return nil, ""
		}
	case schema.Bool:
		return nil, "true and false are no identifiers: it needs a text or a number"
	default:
		return nil, "an object or an array is no identifier: it needs a text or a number"
	}
	switch {
	case len(id) > customerio.IDBytes:
		return nil, "the identifier is " + strconv.Itoa(len(id)) + " bytes long, Customer.io takes " + strconv.Itoa(customerio.IDBytes)
	case len(bytes.TrimSpace(id)) == 0:
		return nil, "the identifier is blank"
	case string(id) == ".", string(id) == "..":
		return nil, "the identifier is a dot, or two, which Customer.io cannot be asked for"
	}
	return id, ""
}
