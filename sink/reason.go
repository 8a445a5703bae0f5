package sink

// Reason is a stable code for why an event did not reach the destination. The list is closed and
// API: codes stand in letters, metrics and JSON outputs.
type Reason string

// Reasons of dead letters.
const (
	// ReasonDecode: the record is not an event: broken JSON, too large, too deep, not an object.
	ReasonDecode Reason = "decode"
	// ReasonSchemaUnknown: the schema registry does not know the record's schema id.
	ReasonSchemaUnknown Reason = "schema_unknown"
	// ReasonDecompressTooLarge: the batch that holds the record is larger than may be unpacked.
	ReasonDecompressTooLarge Reason = "decompress_too_large"
	// ReasonInvalid: the event breaks a rule of the mapping.
	ReasonInvalid Reason = "invalid"
	// ReasonTooLarge: the op exceeds what the destination takes by any of its endpoints.
	ReasonTooLarge Reason = "too_large"
	// ReasonRejected: the destination refused the op.
	ReasonRejected Reason = "rejected"
	// ReasonExhausted: the op alone failed again and again while others were delivered.
	ReasonExhausted Reason = "exhausted"
	// ReasonExpired: the event was older than the configuration allows.
	ReasonExpired Reason = "expired"
	// ReasonCrashed: the mapping panics over the event.
	ReasonCrashed Reason = "crashed"
)

// Reasons of filtered events.
const (
	// ReasonTombstone: the record has no value.
	ReasonTombstone Reason = "tombstone"
	// ReasonIntegrationOff: the event's integrations exclude Customer.io.
	ReasonIntegrationOff Reason = "integration_off"
	// ReasonEventFiltered: the configuration excludes the event.
	ReasonEventFiltered Reason = "event_filtered"
	// ReasonConsent: the user did not consent to this destination.
	ReasonConsent Reason = "consent"
	// ReasonLoop: the event came from Customer.io.
	ReasonLoop Reason = "loop"
	// ReasonAnonymousIdentify: an identify names nobody whom Customer.io could know.
	ReasonAnonymousIdentify Reason = "anonymous_identify"
	// ReasonAnonymous: the event is about nobody known, and the configuration passes such events over.
	ReasonAnonymous Reason = "anonymous"
	// ReasonSamePerson: an alias of somebody to the same person.
	ReasonSamePerson Reason = "same_person"
	// ReasonUnsupportedType: the event's type has no operation.
	ReasonUnsupportedType Reason = "unsupported_type"
)
