package transform

import (
	"bytes"
	"strconv"

	"github.com/pintle-io/pintle/processor/transform/filter"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// person is whom an event is about.
type person struct {
	customerio.Identifier
	// key is the ordering key: the identifier as the event gives it, see oneKey.
	key  []byte
	from string
	by   ruleID
}

// anonymous reports whether the person is a mere anonymous id, be it that it stands in for a user id.
func (w *person) anonymous() bool { return w.by == ruleAnonymousAsID || w.by == ruleAnonymousEvent }

// visitor reports whether Customer.io has no profile of the person.
func (w *person) visitor() bool { return w.Kind == customerio.ByAnonymousID }

// about finds out whom the event is about and when it happened, and goes on with next.
func (p *mapping) about(next func() sink.Outcome) sink.Outcome {
	if out := p.findPerson(ruleUserID); !out.Mapped() {
		return out
	}
	p.time = p.eventTime()
	return next()
}

// findPerson finds the person of an event that must be about one.
func (p *mapping) findPerson(ids ruleID) sink.Outcome {
	named, out := p.lookForPerson(ids)
	if named || !out.Mapped() {
		return out
	}
	if id, _ := idText(p.ev.AnonymousID); id != nil {
		return filtered(sink.ReasonAnonymous)
	}
	return invalid("userId", "the event names nobody: it has neither a userId nor an anonymousId")
}

// lookForPerson takes the first user id that is there, in the places of the rule; without any, what
// the configuration lets stand in for it. It reports whether there is somebody. An id that is there
// and cannot be one is told, never passed over: the next candidate could be somebody else.
func (p *mapping) lookForPerson(ids ruleID) (named bool, out sink.Outcome) {
	if named, out = p.userIDOf(ids); named || !out.Mapped() {
		return named, out
	}
	for _, f := range p.withoutUserID {
		if f == Email {
			if p.findEmail() {
				return true, sink.Outcome{}
			}
			continue
		}
		id, why := idText(p.ev.AnonymousID)
		if why != "" {
			return false, invalid("anonymousId", why)
		}
		if id != nil {
			p.isVisitor(id, f)
			return true, sink.Outcome{}
		}
	}
	return false, sink.Outcome{}
}

// isVisitor makes the person of an anonymous id.
func (p *mapping) isVisitor(id []byte, as Fallback) {
	p.who = person{key: id, from: "anonymousId", by: ruleAnonymousEvent}
	p.who.Identifier = customerio.Identifier{Kind: customerio.ByAnonymousID, Value: id}
	if as == AnonymousEvent {
		return
	}
	p.who.by, p.who.Kind = ruleAnonymousAsID, customerio.ByID
	if p.userID != UserIDID { // email and cio_id are said of user ids alone: this one is told by its shape
		p.who.Identifier = customerio.Identify(id, p.emails)
		p.oneKey()
	}
}

// userIDOf looks for a user id in the places of a rule, and reports whether there is one.
func (p *mapping) userIDOf(ids ruleID) (found bool, out sink.Outcome) {
	if p.ev.Context.ExternalID != nil && isTruthy(p.ev.Context.Raw.Member("mappedToDestination")) {
		if found, out = p.externalID(); found || !out.Mapped() {
			return found, out
		}
	}
	places := p.from[ids]
	for i := range places {
		id, why := idText(places[i].of(p.came))
		if id == nil && why == "" {
			continue
		}
		if why == "" {
			p.who = person{key: id, from: places[i].path, by: ids}
			p.who.Identifier, why = p.identifierOf(id)
		}
		if why != "" {
			return false, invalid(places[i].path, why)
		}
		p.oneKey()
		return true, sink.Outcome{}
	}
	if p.ev.Context.ExternalID != nil {
		return p.externalID()
	}
	return false, sink.Outcome{}
}

// identifierOf returns what an id of the event is at Customer.io, or why it is nothing there. It is the
// one policy for events, groups and merges.
func (p *mapping) identifierOf(id []byte) (who customerio.Identifier, why string) {
	switch p.userID {
	case UserIDID:
		return customerio.Identifier{Kind: customerio.ByID, Value: id}, ""
	case UserIDEmail:
		if !customerio.IsEmail(id) {
			return who, "user ids are e-mail addresses by the configuration (mapping.identifiers.user_id), and this is none"
		}
		return customerio.Identifier{Kind: customerio.ByEmail, Value: id}, ""
	case UserIDCioID:
		rest := bytes.TrimPrefix(id, []byte("cio_"))
		if !customerio.IsCioID(rest) {
			return who, "user ids are cio_ids by the configuration (mapping.identifiers.user_id), and this is none"
		}
		return customerio.Identifier{Kind: customerio.ByCioID, Value: rest}, ""
	default:
		return customerio.Identify(id, p.emails), ""
	}
}

// oneKey makes one ordering key of what Customer.io does not tell apart: the letter cases of an e-mail
// address, and a cio_id with its prefix or without.
func (p *mapping) oneKey() {
	switch p.who.Kind { //nolint:exhaustive // ids are told apart by every byte
	case customerio.ByEmail:
		p.who.key = bytes.ToLower(p.who.key)
	case customerio.ByCioID:
		p.who.key = append([]byte("cio_"), p.who.Value...)
	}
}

// externalID takes the entry of context.externalId that is Customer.io's own, of which RudderStack's
// reverse ETL says by identifierType what it is.
func (p *mapping) externalID() (found bool, out sink.Outcome) {
	for e := p.ev.Context.ExternalID.Elements(); e.Next(); {
		kind, _ := e.Value.Member("type").Text()
		kind, _, _ = bytes.Cut(kind, []byte("-"))
		if !filter.IsCustomerIO(kind) {
			continue
		}
		id, why := idText(e.Value.Member("id"))
		if id == nil && why == "" {
			continue
		}
		if why == "" {
			p.who = person{key: id, from: "context.externalId", by: ruleExternalID}
			p.who.Identifier, why = p.typedIdentifier(id, e.Value.Member("identifierType"))
		}
		if why != "" {
			return false, invalid("context.externalId", why)
		}
		p.oneKey()
		return true, sink.Outcome{}
	}
	return false, sink.Outcome{}
}

// typedIdentifier returns the identifier of a named type.
func (p *mapping) typedIdentifier(id []byte, typ schema.Value) (who customerio.Identifier, why string) {
	switch text, _ := typ.Text(); {
	case string(text) == "id":
		return customerio.Identifier{Kind: customerio.ByID, Value: id}, ""
	case string(text) == "email" && p.emails && customerio.IsEmail(id):
		return customerio.Identifier{Kind: customerio.ByEmail, Value: id}, ""
	case string(text) == "cio_id" && customerio.IsCioID(bytes.TrimPrefix(id, []byte("cio_"))):
		return customerio.Identifier{Kind: customerio.ByCioID, Value: bytes.TrimPrefix(id, []byte("cio_"))}, ""
	case string(text) == "email", string(text) == "cio_id":
		return who, "the identifier is not of its identifierType, or the workspace has none of that type"
	default:
		return p.identifierOf(id)
	}
}

// findEmail takes the first e-mail address there is. What stands in its place and is none is told.
func (p *mapping) findEmail() bool {
	places := p.from[ruleEmail]
	if p.ev.Type == schema.TypeGroup {
		places = places[1:] // traits.email is the group's
	}
	for i := range places {
		v := places[i].of(p.came)
		if k := v.Kind(); k == schema.Absent || k == schema.Null {
			continue
		}
		email, _ := v.Text()
		if len(email) > customerio.IDBytes || !customerio.IsEmail(email) {
			p.change(places[i].path, sink.WhyIdentifier)
			continue
		}
		p.who = person{
			Identifier: customerio.Identifier{Kind: customerio.ByEmail, Value: email}, key: email,
			from: places[i].path, by: ruleEmail,
		}
		p.oneKey()
		return true
	}
	return false
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

// isNothing reports whether nothing is said there: absent, null or "".
func isNothing(v schema.Value) bool {
	return v == nil || string(v) == "null" || string(v) == `""`
}

// isTruthy reports whether RudderStack takes a flag for set: there, and neither null, false, 0 nor "".
func isTruthy(v schema.Value) bool {
	switch string(v) {
	case "", "null", "false", "0", `""`:
		return false
	default:
		return true
	}
}
