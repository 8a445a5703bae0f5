package deadletter

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Stages of the way of a record, for [Letter.Stage].
const (
	StageFetch  = "fetch"  // unpacking what the broker sent
	StageDecode = "decode" // bytes to event
	StageMap    = "map"    // event to operations
	StageSize   = "size"   // operations to requests
	StageSend   = "send"   // requests to the destination
)

// Header is one header of the original record. An empty value and none at all differ.
type Header struct {
	Key   string
	Value []byte
}

// Letter is a record that was not delivered, and why. Of its texts, those that exceed their bound are
// cut between characters when the letter is written; see [MaxHeaderBytes].
type Letter struct {
	// Where the record lies, and which group read it.
	Topic       string
	Partition   int32
	Offset      int64
	LeaderEpoch int32 // -1: unknown
	Group       string

	// What the record is. Key and value keep the difference between empty and none.
	Key, Value []byte
	Headers    []Header
	Timestamp  time.Time // milliseconds, as Kafka keeps it

	// Op is the operation that failed, of those that the record yields; 0 when the record yielded none.
	Op int
	// Reason is the code for why, from the closed list of sink.Reason.
	Reason string
	// Stage is where it failed: one of the Stage constants.
	Stage string
	// Detail explains, in the destination's words where it has any. It may quote personal values.
	Detail string
	// Field is the dotted path to the offending part of the event, if there is one.
	Field string
	// Fingerprint is equal for letters that have the same cause.
	Fingerprint string
	// MessageID is the event's own id.
	MessageID string
	// HTTPStatus is that of the last answer, 0 when there was none.
	HTTPStatus int
	// Attempts counts the requests that carried the operation.
	Attempts int
	// DeliveryCount counts how often the record was read, as far as anybody knows.
	DeliveryCount int
	// FirstFailed and LastFailed are zero when no request failed.
	FirstFailed, LastFailed time.Time
	// Mapping and Version say which mapping and which program gave up on it.
	Mapping, Version string
	// RedriveCount counts how often the letter was sent again on purpose.
	RedriveCount int
	// TraceParent is the W3C trace context of the span that failed.
	TraceParent string

	// ValueOmitted says which parts of the original are missing because the letter was too large for
	// its topic; empty when it is whole. They still lie in the source topic.
	ValueOmitted string
}

// What [Letter.ValueOmitted] can say.
const (
	OmittedValue = "the value is too large for this topic; read it from the source topic"
	OmittedAll   = "key, value and headers are too large for this topic; read them from the source topic"
)

// ID returns topic-partition-offset-op: the same for the same failure, whenever it is written.
func (l *Letter) ID() string {
	return l.Topic + "-" + strconv.FormatInt(int64(l.Partition), 10) + "-" + strconv.FormatInt(l.Offset, 10) + "-" + strconv.Itoa(l.Op)
}

// Record returns the letter as a record for a dead-letter topic of so many partitions. It shares the
// original's bytes. The client that produces it needs kgo.ManualPartitioner; see [ClientOpts].
func (l *Letter) Record(topic string, partitions int32) *kgo.Record {
	r := &kgo.Record{
		Topic:     topic,
		Partition: l.Partition % max(partitions, 1),
		Timestamp: l.Timestamp,
		Key:       l.Key,
		Value:     l.Value,
	}
	r.Headers = make([]kgo.RecordHeader, 0, len(l.Headers)+headers)
	for _, h := range l.Headers {
		if !isOurs(h.Key) {
			r.Headers = append(r.Headers, kgo.RecordHeader(h))
		}
	}
	r.Headers = l.appendHeaders(r.Headers)
	return r
}

// without returns a letter that leaves parts of the original out, as omitted says.
func (l *Letter) without(omitted string) *Letter {
	less := *l
	less.ValueOmitted = omitted
	less.Value = nil
	if omitted == OmittedAll {
		less.Key, less.Headers = nil, nil
	}
	return &less
}

// size returns about how many bytes the letter has on the wire, for bounding what is sent at once.
func (l *Letter) size() int {
	n := len(l.Key) + len(l.Value) + MaxHeaderBytes
	for _, h := range l.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return n
}

// isOurs reports whether pintle writes the header.
func isOurs(name string) bool {
	if !strings.HasPrefix(name, "pintle.") && !strings.HasPrefix(name, "__dlq.errors.") {
		return false
	}
	names := headerNames()
	return slices.Contains(names[:], name)
}
