package transform

import (
	"slices"
	"strconv"

	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// group becomes an object and the relationship of the person to it, or whatever action its traits name.
func (p *mapping) group() sink.Outcome {
	action, out := p.groupAction()
	if !out.Mapped() {
		return out
	}
	id, out := p.objectID()
	if !out.Mapped() {
		return out
	}
	kind, out := p.objectKind()
	if !out.Mapped() {
		return out
	}
	// An object may stand for itself: without a person it is an object without a relationship.
	related, out := p.lookForPerson(ruleMember)
	if !out.Mapped() {
		return out
	}
	if !related {
		p.who = person{key: slices.Concat(kind.text, []byte(":"), id.text)}
	}
	p.time = p.eventTime()
	switch action.text { //nolint:exhaustive // no event names the action that is made here
	case customerio.ObjectAddRelationships, customerio.ObjectDeleteRelationships:
		if !related || p.who.visitor() {
			return invalid("userId", "the action is about the relationship of a person, and the event names none that Customer.io knows")
		}
	case customerio.ObjectDelete:
		related = false
	case customerio.ObjectIdentify:
		if p.who.visitor() {
			action.text = customerio.ObjectIdentifyAnonymous
		}
	}
	return p.object(action, kind, id, related)
}

// found is a text and where it stands.
type found[T ~string | ~[]byte] struct {
	text T
	path string
}

// groupAction reads what is to be done with the object. Of a word that is none, nothing is guessed.
func (p *mapping) groupAction() (found[customerio.ObjectAction], sink.Outcome) {
	places := p.from[ruleGroupAction]
	for i := range places {
		v := places[i].of(p.came)
		if isNothing(v) {
			continue
		}
		text, _ := v.Text()
		for _, a := range [...]customerio.ObjectAction{
			customerio.ObjectIdentify, customerio.ObjectDelete, customerio.ObjectAddRelationships, customerio.ObjectDeleteRelationships,
		} {
			if isAny(text, string(a)) {
				return found[customerio.ObjectAction]{a, places[i].path}, sink.Outcome{}
			}
		}
		return found[customerio.ObjectAction]{}, invalid(places[i].path,
			"there is no such action on a group: it needs identify, delete, add_relationships or delete_relationships, or nothing")
	}
	return found[customerio.ObjectAction]{text: customerio.ObjectIdentify}, sink.Outcome{}
}

// objectID reads which object it is.
func (p *mapping) objectID() (found[[]byte], sink.Outcome) {
	places := p.from[ruleObjectID]
	for i := range places {
		id, why := idText(places[i].of(p.came))
		switch {
		case why != "":
			return found[[]byte]{}, invalid(places[i].path, why)
		case id != nil:
			return found[[]byte]{id, places[i].path}, sink.Outcome{}
		}
	}
	return found[[]byte]{}, invalid("groupId", "a group event needs the id of its group there")
}

// objectKind reads of which type the object is.
func (p *mapping) objectKind() (found[[]byte], sink.Outcome) {
	at := &p.from[ruleObjectType][0]
	v := at.of(p.came)
	if isNothing(v) {
		return found[[]byte]{text: p.objectType}, sink.Outcome{}
	}
	if text, _ := nameText(v); isObjectType(text) {
		return found[[]byte]{text, at.path}, sink.Outcome{}
	}
	return found[[]byte]{}, invalid(at.path, "the type of an object is a whole number from 1, at most "+strconv.Itoa(customerio.IDBytes)+" digits")
}

// object writes the item: the object, the relationship, and where they count the attributes. An item
// about an object goes by one endpoint only: what does not fit in is left out, and told.
func (p *mapping) object(action found[customerio.ObjectAction], kind, id found[[]byte], related bool) sink.Outcome {
	relation, own := p.groupTraits()
	p.enc.Object(action.text, kind.text, id.text)
	p.part("action", action.path, ruleGroupAction)
	p.part("identifiers.object_type_id", kind.path, ruleObjectType)
	p.part("identifiers.object_id", id.path, ruleObjectID)
	takes := action.text == customerio.ObjectIdentify || action.text == customerio.ObjectIdentifyAnonymous
	if related {
		p.enc.OpenRelationship(p.who.Identifier)
		p.partIdentifier("cio_relationships.0.identifiers.", &p.who)
		if len(relation) > 0 && action.text != customerio.ObjectDeleteRelationships {
			p.enc.OpenRelationshipAttributes()
			p.writeAttributes("cio_relationships.0.relationship_attributes.", relation, room{attrs: customerio.Attrs, bytes: customerio.ItemBytes / 2})
			p.enc.CloseAttributes()
			relation = nil
		}
		p.enc.CloseRelationship()
	}
	p.notTaken(relation)
	if takes {
		p.enc.OpenAttributes()
		p.writeAttributes("attributes.", own, room{attrs: customerio.Attrs, bytes: customerio.ItemBytes})
		p.enc.CloseAttributes()
	} else {
		p.notTaken(own)
	}
	if action.text == customerio.ObjectDelete {
		return p.alone(sink.KindObject)
	}
	return p.finish(sink.KindObject)
}

// groupTraits returns the traits of the relationship and those of the object.
func (p *mapping) groupTraits() (relation, own []attribute) {
	var created [2]attribute
	for m := p.ev.Traits.Members(); m.Next(); {
		at := attribute{name: m.Name, object: "traits.", raw: m.Value, by: ruleGroupTrait}
		switch string(m.Name) {
		case "action", "objectTypeId", "groupId", "userId", "anonymousId":
		case "_timestamp", "cio_relationships":
			p.changeAttr(&at, sink.WhyReserved)
		case "createdAt":
			created[0] = at
		case "created_at":
			created[1] = at
		default:
			if slices.Contains(p.relationship, string(m.Name)) {
				at.by = ruleRelationshipTrait
			}
			p.attrs.put(at)
		}
	}
	if isNotObject(p.ev.Traits) {
		p.change("traits", sink.WhyNotObject)
	}
	p.groupCreatedAt(created)
	isRelation := func(at attribute) bool { return at.by == ruleRelationshipTrait }
	if !slices.ContainsFunc(p.attrs.list, isRelation) {
		return nil, p.attrs.list
	}
	for _, at := range p.attrs.list {
		if isRelation(at) {
			relation = append(relation, at)
		} else {
			own = append(own, at)
		}
	}
	return relation, own
}

// groupCreatedAt puts the first trait that says since when the group exists.
func (p *mapping) groupCreatedAt(traits [2]attribute) {
	taken := false
	for i := range traits {
		at := &traits[i]
		t := p.readTime(at.raw, at.object, string(at.name))
		switch {
		case !t.known:
		case taken:
			p.changeAttr(at, sink.WhyCollision)
		default:
			taken = true
			p.attrs.put(attribute{
				name: []byte("created_at"), member: at.name, object: at.object,
				raw: strconv.AppendInt(nil, t.seconds(), 10), by: ruleGroupCreatedAt,
			})
		}
	}
}

// notTaken tells traits that the operation has no place for.
func (p *mapping) notTaken(list []attribute) {
	for i := range list {
		p.changeAttr(&list[i], sink.WhyNotTaken)
	}
}
