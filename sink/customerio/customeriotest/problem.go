package customeriotest

// code says what is wrong with an item. The wording of v2 and of v1 is made from it.
type code uint8

const (
	badBody code = iota + 1
	emptyBatch
	bigBatch
	bigItem
	manyItems
	noType
	badType
	noObjectAction
	badObjectAction
	noAction
	badAction
	noIdentifiers
	badIdentifiers
	blankIdentifier
	longIdentifier
	badEmail
	badCioID
	badPhone
	noName
	longName
	badAttributes
	longData
	badULID
	badTimestamp
	manyAttributes
	longAttribute
	longValue
	blankBodyID
	badBodyID
	noToken
	noPlatform
	badPlatform
	badLastUsed
	badDeviceAttributes
	noMerge
	badMerge
	selfMerge
	noObjectID
	badObjectID
	noRelationships
	badDelivery
	noDeviceToken
	unknownField
	suppressedPerson
	unauthorized
	injected // by a fault, which has the words
)

// problem is one error of an item; name is the field or attribute that some codes speak of.
type problem struct {
	code code
	name string
}

// itemError is one entry of the errors of a v2 answer. Index is the position in the batch.
type itemError struct {
	Index   *int   `json:"batch_index,omitempty"`
	Reason  string `json:"reason"`
	Field   string `json:"field"`
	Message string `json:"message"`
}

// v2 returns the entry for the errors of a v2 answer.
func (p problem) v2() itemError {
	reason, field, message := p.words()
	return itemError{Reason: reason, Field: field, Message: message}
}

// words returns how v2 says it.
func (p problem) words() (reason, field, message string) {
	const (
		required = "required"
		invalid  = "invalid"
		present  = "must be present"
		onePer   = "must contain exactly one of id, email or cio_id"
		types    = "must be one of delivery, object or person"
		ofObject = "must be one of add_relationships, delete, delete_relationships, identify or identify_anonymous"
		ofPerson = "must be one of add_device, add_relationships, delete, delete_device, delete_relationships, event, identify, merge, page, screen, suppress or unsuppress"
	)
	switch p.code {
	case badBody:
		return invalid, "body", "must be valid JSON"
	case emptyBatch:
		return required, "batch", "must not be empty"
	case manyItems:
		return invalid, "batch", "has too many items"
	case bigBatch:
		return invalid, "body", "must be smaller than 500kb"
	case bigItem:
		return invalid, "body", "must be 32kb or smaller"
	case noType:
		return required, "type", types
	case badType:
		return invalid, "type", types
	case noObjectAction:
		return required, "action", ofObject
	case badObjectAction:
		return invalid, "action", ofObject
	case noAction:
		return required, "action", ofPerson
	case badAction:
		return invalid, "action", ofPerson
	case noIdentifiers:
		return required, "identifiers", present
	case badIdentifiers:
		return invalid, "identifiers", onePer
	case blankIdentifier:
		return invalid, "identifiers." + p.name, "must be a non-empty string"
	case longIdentifier:
		return invalid, "identifiers." + p.name, "cannot be longer than 150 bytes"
	case badEmail:
		return invalid, "identifiers.email", "must be a valid email address"
	case badCioID:
		return invalid, "identifiers.cio_id", "invalid cio_id"
	case badPhone:
		return invalid, "identifiers.phone", "must be in E.164 format"
	case noMerge:
		return required, p.name, onePer
	case badMerge:
		return invalid, p.name, onePer
	case selfMerge:
		return invalid, "primary", "primary and secondary must differ"
	case suppressedPerson:
		return invalid, "identifiers", "is suppressed"
	case unauthorized:
		return "unauthorized", "", "Unauthorized request"
	default:
		return p.fieldWords()
	}
}

// fieldWords returns how v2 says what is wrong with the other fields of an item.
func (p problem) fieldWords() (reason, field, message string) {
	const (
		required = "required"
		invalid  = "invalid"
		present  = "must be present"
		object   = "must be an object"
		platform = "must be one of android or ios"
	)
	switch p.code {
	case noName:
		return required, "name", present
	case longName:
		return invalid, "name", "cannot be longer than 100 bytes"
	case badAttributes:
		return invalid, "attributes", object
	case badULID:
		return invalid, "id", "must be a valid ULID"
	case badTimestamp:
		return invalid, "timestamp", "must be a unix timestamp"
	case manyAttributes:
		return invalid, "attributes", "cannot have more than 300 attributes"
	case longAttribute:
		return invalid, "attributes." + p.name, "property name cannot be longer than 150 bytes"
	case longValue:
		return invalid, "attributes." + p.name, "property value cannot be longer than 1000 bytes"
	case badBodyID:
		return invalid, "attributes." + p.name, "must be a string"
	case noToken:
		return required, "device.token", present
	case noPlatform:
		return required, "device.platform", platform
	case badPlatform:
		return invalid, "device.platform", platform
	case badLastUsed:
		return invalid, "device.last_used", "must be a unix timestamp"
	case badDeviceAttributes:
		return invalid, "device.attributes", "must be an object of strings"
	case noObjectID:
		return required, "identifiers." + p.name, present
	case badObjectID:
		return invalid, "identifiers." + p.name, "must be the number of an object type"
	case noRelationships:
		return required, "cio_relationships", present
	case badDelivery:
		return invalid, "name", "must be one of converted, delivered or opened"
	case noDeviceToken:
		return required, "attributes.device_token", present
	case unknownField:
		return invalid, p.name, "is not a known field"
	default:
		return invalid, "body", "cannot be used"
	}
}

// v1 returns how v1 says it.
func (p problem) v1() string {
	switch p.code {
	case badBody:
		return "malformed JSON"
	case bigBatch:
		return "request body too large"
	case blankIdentifier, longIdentifier, badEmail, badCioID, badPhone, badIdentifiers:
		return "invalid id"
	case noName:
		return "event name must not be blank"
	case longName:
		return "event name cannot be longer than 100 bytes"
	case badAttributes:
		return "event data must be a hash"
	case longData:
		return "event data cannot be longer than 100000 bytes"
	case badULID:
		return "id must be a valid ULID"
	case badTimestamp:
		return "timestamp must be a unix timestamp"
	case manyAttributes:
		return "cannot identify more than 300 attributes in one request"
	case longAttribute:
		return "attribute name cannot be longer than 150 bytes"
	case longValue:
		return "value for attribute '" + p.name + "' cannot be longer than 1000 bytes"
	case blankBodyID:
		return "id attribute cannot be an empty string"
	case badBodyID:
		return p.name + " attribute must be a string value"
	case noToken:
		return "device id must be present"
	case noPlatform, badPlatform:
		return "device platform must be one of android or ios"
	case noMerge, badMerge:
		return p.name + " must have exactly one identifier"
	case selfMerge:
		return "primary and secondary must differ"
	case unauthorized:
		return "Unauthorized request"
	default:
		_, field, message := p.words()
		return field + " " + message
	}
}

// reason returns the reason by which the ledger counts it.
func (p problem) reason() string {
	_, field, message := p.words()
	return field + ": " + message
}
