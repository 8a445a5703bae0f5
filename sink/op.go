package sink

import "time"

// Op is one operation on the destination. It is made once, by the mapping, and its Body is not
// changed afterwards: a request sends these bytes, and sends them again when it is repeated.
type Op struct {
	// Body is the item as it stands in a batch: one JSON object, no surrounding blanks.
	Body []byte
	// Key is the hash of the ordering key, see [KeyHash]. Ops of equal keys keep their order.
	Key uint64
	// Kind says what the op does. It is used for metrics and letters, never for a decision.
	Kind Kind
	// Barrier keeps the op apart from its neighbours in the lane: what precedes it has been
	// acknowledged before it goes, and what follows it waits for its answer.
	Barrier bool
	// Index is the op's place among those of its record, from 0.
	Index int32
	// Epoch is the assignment that the op belongs to. A dropped epoch drops the op.
	Epoch uint64
	// Origin is the caller's; it comes back untouched in the op's [Result].
	Origin any

	next        *Op       // the op behind this one in its lane
	seq         uint64    // its place among all ops, by age
	submitted   time.Time // when it entered its lane
	sent        bool      // it went out before
	attempts    int       // requests that carried it and were answered with a failure of their own
	firstFailed time.Time
	lastFailed  time.Time
}

// Kind is what an op does at the destination.
type Kind uint8

// The kinds of op. Their texts, see [Kind.String], are label values of metrics and so API.
const (
	KindIdentify Kind = iota + 1
	KindEvent
	KindPage
	KindScreen
	KindAddDevice
	KindDeleteDevice
	KindMerge
	KindDelete
	KindSuppress
	KindUnsuppress
	KindObject
)

// String returns the kind in snake case, the way Customer.io's API names its actions.
func (k Kind) String() string {
	switch k {
	case KindIdentify:
		return "identify"
	case KindEvent:
		return "event"
	case KindPage:
		return "page"
	case KindScreen:
		return "screen"
	case KindAddDevice:
		return "add_device"
	case KindDeleteDevice:
		return "delete_device"
	case KindMerge:
		return "merge"
	case KindDelete:
		return "delete"
	case KindSuppress:
		return "suppress"
	case KindUnsuppress:
		return "unsuppress"
	case KindObject:
		return "object"
	default:
		return "unknown"
	}
}
