package processor

import (
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/sink"
)

// record is one Kafka record on its way. But for what never changes, its fields belong to the owner's
// lock.
type record struct {
	owner      *owner
	offset     int64
	at         time.Time
	leader     int32 // epoch of the partition's leader
	control    bool  // a marker of a transaction
	key, value []byte
	headers    []deadletter.Header
	// open counts the events that have no outcome yet, plus one while the record is being mapped.
	open int
	held int64 // bytes charged to the budget
	// reserved is the part of held that is for ops to come.
	reserved int64
	one      [1]event
}

// event is one event of a record; it is the origin of its ops.
type event struct {
	record *record
	place  int // among the events of the record
	open   int // ops without a result, or whose letter is not acknowledged
	lost   sink.Reason
}

// newRecord copies a record out of the client's memory, where it would hold on to the whole batch that it
// was fetched with. Its ops are taken to be as large as it is, until they are made: what is read fits the
// budget then, too.
func newRecord(o *owner, k *kgo.Record) *record {
	r := &record{owner: o, offset: k.Offset, at: k.Timestamp, leader: k.LeaderEpoch, control: k.Attrs.IsControl(), open: 1}
	bytes := make([]byte, 0, len(k.Key)+len(k.Value))
	if k.Key != nil {
		bytes = append(bytes, k.Key...)
		r.key = slices.Clip(bytes)
	}
	if k.Value != nil {
		bytes = append(bytes, k.Value...)
		r.value = bytes[len(k.Key):]
	}
	for _, h := range k.Headers {
		r.headers = append(r.headers, deadletter.Header{Key: strings.Clone(h.Key), Value: slices.Clone(h.Value)})
	}
	r.reserved = int64(len(k.Value) + opOverhead)
	r.held = recordBytes(k) + r.reserved
	return r
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
