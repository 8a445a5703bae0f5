package processor

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// record is one Kafka record on its way. Its fields but kafka belong to the owner's lock.
type record struct {
	owner *owner
	kafka *kgo.Record
	// open counts the events that have no outcome yet, plus one while the record is being mapped.
	open int
	held int64 // bytes charged to the budget
	one  [1]event
}

// event is one event of a record; it is the origin of its ops.
type event struct {
	record *record
	id     schema.Value // the message id, for a letter
	open   int          // ops without a result, or whose letter is not acknowledged
	lost   sink.Reason
}

// recordOverhead is what a record costs beside its bytes: the client's record, ours, the tracker's
// slot, headers. Measured as live heap over a backlog of small records.
const recordOverhead = 512

// opOverhead is what an op costs beside its body.
const opOverhead = 256

func recordBytes(r *kgo.Record) int64 {
	n := len(r.Key) + len(r.Value) + recordOverhead
	for _, h := range r.Headers {
		n += len(h.Key) + len(h.Value) + 40
	}
	return int64(n)
}
