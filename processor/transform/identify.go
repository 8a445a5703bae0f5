package transform

import (
	"bytes"
	"slices"
	"strings"

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
	created [4]attribute
}

// identify becomes an update of the person: all traits, those of the event over those of its
// context, as the person's attributes, dated by the event's time.
func (p *mapping) identify() sink.Outcome {
	if p.who.visitor() {
		return filtered(sink.ReasonAnonymousIdentify)
	}
	var f special
	p.collect(p.ev.Context.Traits, "context.traits.", 1, &f)
	p.collect(p.ev.Traits, "traits.", 0, &f)
	p.address(&f.address)
	p.identifiers(&f)
	p.topics()
	p.subscription()
	created, anonymous := p.since(&f), p.anonymousID(&f)

	p.person(customerio.ActionIdentify)
	p.timestamp()
	p.enc.OpenAttributes()
	left := customerio.Attrs - 1 // the endpoint that takes large items counts the time among them
	if created.known {
		left--
		p.enc.IntAttr([]byte("created_at"), created.seconds())
		p.part("attributes.created_at", created.from, created.by)
	}
	if anonymous.text != nil {
		left--
		p.enc.TextAttr([]byte("anonymous_id"), anonymous.text)
		p.part("attributes.anonymous_id", anonymous.path, ruleAnonymousID)
	}
	if len(p.attrs.list) > left {
		slices.SortStableFunc(p.attrs.list, func(a, b attribute) int { return a.rank() - b.rank() })
	}
	p.writeAttributes("attributes.", p.attrs.list, room{attrs: left})
	p.enc.CloseAttributes()
	return p.finish(sink.KindIdentify)
}

// rank is 0 for attributes that stay where there are too many: by what the person is known, and what it
// subscribed to. Without them messages go to who does not want them.
func (at *attribute) rank() int {
	name := string(at.name)
	if at.by == ruleIdentifierTrait || at.by == ruleSubscription || name == "unsubscribed" || strings.HasPrefix(name, "cio_subscription_preferences") {
		return 0
	}
	return 1
}

// collect takes the traits of one object (a path that ends in a dot) over those taken before. Of two times of creation, the one
// of the lower rank counts.
func (p *mapping) collect(traits schema.Value, object string, rank int, f *special) {
	if isNotObject(traits) {
		p.change(strings.TrimSuffix(object, "."), sink.WhyNotObject)
	}
	for m := traits.Members(); m.Next(); {
		at := attribute{name: m.Name, object: object, raw: m.Value, by: ruleTrait}
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
	at.by = ruleAddress
	if at.raw.Kind() != schema.Object {
		if at.raw != nil {
			p.attrs.put(*at)
		}
		return
	}
	parts, rest := at.object+"address.", []byte{'{'}
	for m := at.raw.Members(); m.Next(); {
		switch {
		case isPart(m.Name):
			part := attribute{name: m.Name, object: parts, raw: m.Value, by: ruleAddress}
			if i := p.attrs.find(m.Name); i >= 0 && p.attrs.list[i].object != parts {
				if !bytes.Equal(p.attrs.list[i].raw, m.Value) {
					p.changeAttr(&part, sink.WhyCollision)
				}
				continue
			}
			p.attrs.put(part)
		default:
			rest = appendMember(rest, m.Name, m.Value)
		}
	}
	if len(rest) > 1 {
		rest = append(rest, '}')
		at.raw = rest
		p.attrs.put(*at)
	}
}

// identifiers keeps the traits id and email where they can do what Customer.io does with attributes
// of these names: give the person an identifier that it has not. An id that repeats what the person
// is addressed by says nothing; one that differs would be an attempt to rename, which is refused
// unless the person is addressed by its cio_id.
func (p *mapping) identifiers(f *special) {
	f.id.by, f.email.by = ruleIdentifierTrait, ruleIdentifierTrait
	if f.id.raw != nil {
		switch id, why := idText(f.id.raw); {
		case id == nil && why == "": // null or empty says nothing
		case id != nil && (bytes.Equal(id, p.who.key) || bytes.Equal(id, p.who.Value)):
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
	case p.emails && len(email) > 0 && !customerio.IsEmail(bytes.TrimSpace(email)):
		p.changeAttr(&f.email, sink.WhyIdentifier) // Customer.io takes it, and fails to set it later
	default:
		p.attrs.put(f.email)
	}
}

// anonymousID returns the anonymous id whose events the person takes over: the event's own beside a
// user id, else the trait anonymous_id. Its text is nil when there is none.
func (p *mapping) anonymousID(f *special) (id found[[]byte]) {
	if !p.who.anonymous() {
		text, why := idText(p.ev.AnonymousID)
		if why != "" {
			p.change("anonymousId", sink.WhyIdentifier)
		}
		id = found[[]byte]{text, "anonymousId"}
	}
	if f.anonymousID.raw == nil {
		return id
	}
	trait, why := idText(f.anonymousID.raw)
	switch {
	case trait == nil && why == "": // null or empty says nothing
	case trait == nil:
		p.changeAttr(&f.anonymousID, sink.WhyIdentifier)
	case id.text == nil:
		id = found[[]byte]{trait, f.anonymousID.object + "anonymous_id"}
	case !bytes.Equal(trait, id.text):
		p.changeAttr(&f.anonymousID, sink.WhyCollision)
	}
	return id
}

// since returns since when the person is known: the first of the traits that holds a time, else, by
// the guide's rule, the event's time.
func (p *mapping) since(f *special) (first origin) {
	for i := range f.created {
		c := &f.created[i]
		t := p.readTime(c.raw, c.object, string(c.name))
		switch {
		case !t.known:
		case first.known && t.seconds() != first.seconds():
			p.changeAttr(c, sink.WhyCollision)
		case !first.known:
			first = origin{t, ruleCreatedAt}
			if p.explain != nil {
				first.from = c.path()
			}
		}
	}
	if !first.known && p.createdAt == CreatedAtEvent && !p.saysSince() {
		return origin{p.time, ruleCreatedAtEvent}
	}
	return first
}

// saysSince reports whether the event as it came says since when the person is known: where a rule of
// the configuration drops that, nothing is put in its place.
func (p *mapping) saysSince() bool {
	if p.ev == p.came {
		return false // then it would have been found
	}
	places := p.from[ruleCreatedAt]
	for i := range places {
		if _, ok := parseTime(places[i].of(p.came)); ok {
			return true
		}
	}
	return false
}

// origin is a moment and the rule that it is found by.
type origin struct {
	moment
	by ruleID
}

// isNotObject reports whether something stands where an object should, and is none.
func isNotObject(v schema.Value) bool {
	k := v.Kind()
	return k != schema.Object && k != schema.Null && k != schema.Absent
}
