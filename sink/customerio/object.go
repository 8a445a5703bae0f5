package customerio

// ObjectAction is what an item does with an object.
type ObjectAction string

// The actions on objects.
const (
	ObjectIdentify            ObjectAction = "identify"
	ObjectIdentifyAnonymous   ObjectAction = "identify_anonymous" // its relations are to visitors
	ObjectDelete              ObjectAction = "delete"
	ObjectAddRelationships    ObjectAction = "add_relationships"
	ObjectDeleteRelationships ObjectAction = "delete_relationships"
)

// Object starts an item about an object and forgets what was written before. kind is the number of
// the object's type, as text.
func (e *Encoder) Object(action ObjectAction, kind, id []byte) {
	e.buf = append(e.buf[:0], `{"type":"object","identifiers":{"object_type_id":`...)
	e.buf = AppendText(e.buf, kind)
	e.buf = append(e.buf, `,"object_id":`...)
	e.buf = AppendText(e.buf, id)
	e.buf = append(e.buf, '}')
	e.action(string(action))
}

// OpenRelationship starts the one relationship of an item, up to CloseRelationship.
func (e *Encoder) OpenRelationship(who Identifier) {
	e.buf = append(e.buf, `,"cio_relationships":[{"identifiers":`...)
	e.identifier(who)
}

// OpenRelationshipAttributes starts attributes of the relationship, up to CloseAttributes.
func (e *Encoder) OpenRelationshipAttributes() {
	e.buf = append(e.buf, `,"relationship_attributes":{`...)
	e.first = true
}

// CloseRelationship ends what OpenRelationship started.
func (e *Encoder) CloseRelationship() { e.buf = append(e.buf, `}]`...) }
