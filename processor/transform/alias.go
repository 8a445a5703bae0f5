package transform

import (
	"bytes"

	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// alias becomes a merge: the person of the previous id is merged into that of the user id, and gone.
// That cannot be undone, so nothing stands in for either id.
//
// Customer.io ignores a merge into somebody it does not know, and says nothing: an identify without
// attributes goes before it.
func (p *mapping) alias() sink.Outcome {
	found, out := p.userIDOf(rulePrimary)
	switch {
	case !out.Mapped():
		return out
	case !found:
		return invalid("userId", "an alias needs the user id that the person keeps")
	}
	previous := &p.from[ruleSecondary][0]
	id, why := idText(previous.of(p.ev))
	if id == nil && why == "" {
		why = "an alias needs the id that the person had before"
	}
	var secondary customerio.Identifier
	if why == "" {
		secondary, why = p.identifierOf(id)
	}
	switch {
	case why != "":
		return invalid(previous.path, why)
	case isSame(p.who.Identifier, secondary):
		return filtered(sink.ReasonSamePerson)
	case p.isOwnAnonymousID(id):
		p.time = p.eventTime()
		return p.meet(id) // there is no profile that could be merged
	}
	p.time = p.eventTime()
	p.meet(nil)
	p.enc.Merge(p.who.Identifier, secondary)
	p.partIdentifier("primary.", &p.who)
	p.partIdentifier("secondary.", &person{Identifier: secondary, from: previous.path, by: ruleSecondary})
	return p.alone(sink.KindMerge)
}

// isSame reports whether two identifiers name one person. Case does not count in e-mail addresses.
func isSame(a, b customerio.Identifier) bool {
	if a.Kind != b.Kind {
		return false
	}
	return bytes.Equal(a.Value, b.Value) || a.Kind == customerio.ByEmail && bytes.EqualFold(a.Value, b.Value)
}

// isOwnAnonymousID reports whether an id is the event's anonymous id, and names a visitor rather than a
// person.
func (p *mapping) isOwnAnonymousID(id []byte) bool {
	own, _ := idText(p.ev.AnonymousID)
	return p.anonymous && bytes.Equal(own, id)
}

// meet makes the person known, and gives it the events of a visitor if there is one.
func (p *mapping) meet(visitor []byte) sink.Outcome {
	p.person(customerio.ActionIdentify)
	p.timestamp()
	p.enc.OpenAttributes()
	if visitor != nil {
		p.enc.TextAttr([]byte("anonymous_id"), visitor)
		p.part("attributes.anonymous_id", "previousId", ruleAliasAnonymous)
	}
	p.enc.CloseAttributes()
	return p.finish(sink.KindIdentify)
}
