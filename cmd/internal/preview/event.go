package preview

import (
	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// Outcome is how an event ends, as the books of a run have it.
type Outcome string

// The outcomes. Delivered means that it would be sent: what Customer.io says to it nobody knows before.
const (
	Delivered    Outcome = "delivered"
	Filtered     Outcome = "filtered"
	DeadLettered Outcome = "dead_lettered"
)

// Event is what becomes of one event, or of a record that holds none. It is valid as long as its
// record is.
type Event struct {
	Place
	// Raw is the event itself; nil for a record that holds none.
	Raw schema.Value

	MessageID string
	// Type is the type in lower case, or as it is written when it is none that RudderStack has.
	Type    string
	kind    schema.Type
	Outcome Outcome
	// Reason, Detail and Field say why it is not delivered.
	Reason sink.Reason
	Detail string
	Field  string
	// Key is what its order is kept by; empty unless it is mapped.
	Key     string
	Ops     []Op
	Changes []sink.Change
	// Fields say where the parts of Ops come from.
	Fields []transform.Field
}

// knownType is the type, if RudderStack has it: a list of these has an end.
func (e *Event) knownType() string {
	if e.kind == schema.TypeNone {
		return "none"
	}
	return e.kind.String()
}

// Op is an operation that an event becomes.
type Op struct {
	sink.Op
	// Endpoint is the method and the path of the request that carries it. Empty when no endpoint takes
	// it: it is not sent.
	Endpoint string
}

// Lane is the queue of a run that the operation would wait in.
func (o *Op) Lane() int { return int(o.Key % sink.Lanes) }
