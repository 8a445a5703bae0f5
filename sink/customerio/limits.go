package customerio

// Limits of the Track API. All are in bytes unless the name says otherwise; "kB" is read as 1,000
// bytes, the careful reading of a text that does not say. Source: the OpenAPI description of the
// Track API and https://docs.customer.io/journeys/invalid-api-requests.
const (
	// BatchBytes is the most that the body of POST /api/v2/batch may hold, brackets and commas included.
	BatchBytes = 500_000
	// ItemBytes is the most that one item of a batch may hold.
	ItemBytes = 32_000
	// EventDataBytes is the most that the data of one event may hold by the v1 endpoint, which
	// takes what is too large for a batch.
	EventDataBytes = 100_000
	// NameBytes is the longest name of an event, page or screen.
	NameBytes = 100
	// IDBytes is the longest id of a person or an object.
	IDBytes = 150
	// AttrNameBytes is the longest name of an attribute of a person, object or device.
	AttrNameBytes = 150
	// AttrValueBytes is the longest value of such an attribute: the length of a text without its
	// quotes and escapes, or of the JSON of anything else. Attributes of events have no such limit.
	AttrValueBytes = 1_000
	// Attrs is the largest number of attributes in one identify.
	Attrs = 300
)
