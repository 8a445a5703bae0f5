package deadletter

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"
)

// MaxHeaderBytes is the most that the added headers hold together, names and framing included.
const MaxHeaderBytes = 8 << 10

// The headers that a letter adds. Numbers are decimal, times RFC 3339 in UTC. A header whose value is
// not known is left out.
const (
	// The names of KIP-1191, which brokers and tools share.
	HeaderTopic         = "__dlq.errors.topic"
	HeaderPartition     = "__dlq.errors.partition"
	HeaderOffset        = "__dlq.errors.offset"
	HeaderGroup         = "__dlq.errors.group"
	HeaderDeliveryCount = "__dlq.errors.delivery.count"
	HeaderMessage       = "__dlq.errors.message"

	HeaderID           = "pintle.id"
	HeaderReason       = "pintle.reason"
	HeaderStage        = "pintle.stage"
	HeaderDetail       = "pintle.detail"
	HeaderField        = "pintle.field"
	HeaderFingerprint  = "pintle.fingerprint"
	HeaderMessageID    = "pintle.message_id"
	HeaderHTTPStatus   = "pintle.http.status"
	HeaderAttempts     = "pintle.attempts"
	HeaderFirstFailed  = "pintle.first_failed_at"
	HeaderLastFailed   = "pintle.last_failed_at"
	HeaderMapping      = "pintle.mapping"
	HeaderVersion      = "pintle.version"
	HeaderRedriveCount = "pintle.redrive.count"
	HeaderTraceParent  = "pintle.traceparent"
	HeaderLeaderEpoch  = "pintle.leader_epoch"
	HeaderValueOmitted = "pintle.value_omitted"
)

// headers is how many there are.
const headers = 23

const (
	// maxText bounds each text but the detail, in bytes.
	maxText = 256
	// maxSummary bounds the text of HeaderMessage.
	maxSummary = 512
	// framing is the most that a header costs beside its name and value.
	framing = 6
)

// headerNames returns the names of all headers that a letter may add.
func headerNames() [headers]string {
	return [headers]string{
		HeaderTopic, HeaderPartition, HeaderOffset, HeaderGroup, HeaderDeliveryCount, HeaderMessage,
		HeaderID, HeaderReason, HeaderStage, HeaderDetail, HeaderField, HeaderFingerprint, HeaderMessageID,
		HeaderHTTPStatus, HeaderAttempts, HeaderFirstFailed, HeaderLastFailed, HeaderMapping, HeaderVersion,
		HeaderRedriveCount, HeaderTraceParent, HeaderLeaderEpoch, HeaderValueOmitted,
	}
}

// appendHeaders appends the letter's own headers. The detail gets what the others leave.
func (l *Letter) appendHeaders(to []kgo.RecordHeader) []kgo.RecordHeader {
	left := MaxHeaderBytes
	add := func(name, value string, limit int) {
		value = clip(value, min(limit, left-len(name)-framing))
		if value == "" {
			return
		}
		left -= len(name) + len(value) + framing
		to = append(to, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	number := func(name string, n int64) { add(name, strconv.FormatInt(n, 10), maxText) }
	some := func(name string, n int) {
		if n != 0 {
			number(name, int64(n))
		}
	}
	add(HeaderTopic, l.Topic, maxText)
	number(HeaderPartition, int64(l.Partition))
	number(HeaderOffset, l.Offset)
	add(HeaderGroup, l.Group, maxText)
	some(HeaderDeliveryCount, l.DeliveryCount)
	add(HeaderMessage, l.summary(), maxSummary)
	add(HeaderID, l.ID(), 2*maxText)
	add(HeaderReason, l.Reason, maxText)
	add(HeaderStage, l.Stage, maxText)
	add(HeaderField, l.Field, maxText)
	add(HeaderFingerprint, l.Fingerprint, maxText)
	add(HeaderMessageID, l.MessageID, maxText)
	some(HeaderHTTPStatus, l.HTTPStatus)
	some(HeaderAttempts, l.Attempts)
	add(HeaderFirstFailed, instant(l.FirstFailed), maxText)
	add(HeaderLastFailed, instant(l.LastFailed), maxText)
	add(HeaderMapping, l.Mapping, maxText)
	add(HeaderVersion, l.Version, maxText)
	some(HeaderRedriveCount, l.RedriveCount)
	add(HeaderTraceParent, l.TraceParent, maxText)
	number(HeaderLeaderEpoch, int64(l.LeaderEpoch))
	add(HeaderValueOmitted, l.ValueOmitted, maxText)
	add(HeaderDetail, l.Detail, MaxHeaderBytes)
	return to
}

// summary is the one line that tools show which know the standard's header alone.
func (l *Letter) summary() string {
	if l.Detail == "" {
		return l.Reason
	}
	return l.Reason + ": " + l.Detail
}

// instant writes a time, and nothing for none.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// clip returns the longest valid beginning of s within limit bytes, cut between characters, with
// what is not UTF-8 replaced.
func clip(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:max(limit, 0)]
}
