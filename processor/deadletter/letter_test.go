package deadletter

import (
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"
)

// sample is a letter with everything in it.
func sample() *Letter {
	return &Letter{
		Topic: "rudder-events", Partition: 7, Offset: 1203, LeaderEpoch: 4, Group: "pintle",
		Key: []byte("user-1"), Value: []byte(`{"type":"track"}`), Timestamp: time.UnixMilli(1_700_000_000_123),
		Headers: []Header{{"traceparent", []byte("00-a-b-01")}, {"empty", []byte{}}, {"none", nil}, {"traceparent", []byte("again")}},
		Op:      1, Reason: "rejected", Stage: StageSend, Detail: "must be a valid ULID", Field: "id", Fingerprint: "f00d", MessageID: "m-1",
		HTTPStatus: 207, Attempts: 2, DeliveryCount: 1, FirstFailed: time.UnixMilli(1_700_000_001_000).UTC(), LastFailed: time.UnixMilli(1_700_000_002_000).UTC(),
		Mapping: "guide@1", Version: "0.1.0", RedriveCount: 3, TraceParent: "00-c-d-01",
	}
}

func TestRecord(t *testing.T) {
	got := sample().Record("letters", 4)
	want := &kgo.Record{
		Topic: "letters", Partition: 3, Timestamp: time.UnixMilli(1_700_000_000_123), Key: []byte("user-1"), Value: []byte(`{"type":"track"}`),
	}
	for _, h := range [][2]string{
		{"__dlq.errors.topic", "rudder-events"},
		{"__dlq.errors.partition", "7"},
		{"__dlq.errors.offset", "1203"},
		{"__dlq.errors.group", "pintle"},
		{"__dlq.errors.delivery.count", "1"},
		{"__dlq.errors.message", "rejected: must be a valid ULID"},
		{"pintle.id", "rudder-events-7-1203-1"},
		{"pintle.reason", "rejected"},
		{"pintle.stage", "send"},
		{"pintle.field", "id"},
		{"pintle.fingerprint", "f00d"},
		{"pintle.message_id", "m-1"},
		{"pintle.http.status", "207"},
		{"pintle.attempts", "2"},
		{"pintle.first_failed_at", "2023-11-14T22:13:21Z"},
		{"pintle.last_failed_at", "2023-11-14T22:13:22Z"},
		{"pintle.mapping", "guide@1"},
		{"pintle.version", "0.1.0"},
		{"pintle.redrive.count", "3"},
		{"pintle.traceparent", "00-c-d-01"},
		{"pintle.leader_epoch", "4"},
		{"pintle.detail", "must be a valid ULID"},
	} {
		want.Headers = append(want.Headers, kgo.RecordHeader{Key: h[0], Value: []byte(h[1])})
	}
	original := []kgo.RecordHeader{{Key: "traceparent", Value: []byte("00-a-b-01")}, {Key: "empty", Value: []byte{}}, {Key: "none"}, {Key: "traceparent", Value: []byte("again")}}
	want.Headers = append(original, want.Headers...)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(kgo.Record{}, kgo.RecordAttrs{})); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

func TestRecordOverwritesItsHeaders(t *testing.T) {
	first := sample()
	r := first.Record("letters", 4)
	var again Letter
	for _, h := range r.Headers {
		again.Headers = append(again.Headers, Header(h))
	}
	again.Topic, again.Partition, again.Offset, again.Op, again.Reason = "letters", 3, 9, 0, "decode"
	second := again.Record("parked", 1)
	seen := map[string]int{}
	for _, h := range second.Headers {
		seen[h.Key]++
		if h.Key == HeaderHTTPStatus {
			t.Error("the status of the first failure is still there")
		}
		if h.Key == HeaderReason && string(h.Value) != "decode" {
			t.Errorf("reason %q", h.Value)
		}
	}
	for name, n := range seen {
		if want := map[string]int{"traceparent": 2}[name]; n != max(want, 1) {
			t.Errorf("header %s stands %d times", name, n)
		}
	}
}

func TestHeadersAreBounded(t *testing.T) {
	long := strings.Repeat("é€", 10_000)
	l := sample()
	l.Topic, l.Group, l.Detail, l.Field, l.MessageID = strings.Repeat("t", 249), long, long, long, long
	l.Reason, l.Stage, l.Fingerprint, l.Mapping, l.Version, l.TraceParent, l.ValueOmitted = long, long, long, long, long, long, long
	l.Offset, l.Partition, l.Op, l.Attempts = 1<<63-1, 1<<31-1, 1<<31-1, 1<<62
	r := l.Record("letters", 1)
	var bare kgo.Record
	total, detail := 0, ""
	for _, h := range r.Headers[len(l.Headers):] {
		total += len(h.Key) + len(h.Value)
		if !utf8.Valid(h.Value) {
			t.Errorf("header %s is cut inside a character", h.Key)
		}
		if h.Key == HeaderDetail {
			detail = string(h.Value)
		}
		bare.Headers = append(bare.Headers, h)
	}
	if len(bare.Headers) != headers {
		t.Errorf("%d headers of %d", len(bare.Headers), headers)
	}
	if total > MaxHeaderBytes || len(detail) < 512 {
		t.Errorf("%d bytes of headers, %d of them detail", total, len(detail))
	}
	if _, err := Parse(r); err != nil {
		t.Errorf("cut so that it cannot be read: %v", err)
	}
}

func TestWithout(t *testing.T) {
	l := sample()
	v := l.without(OmittedValue).Record("letters", 1)
	if v.Value != nil || string(v.Key) != "user-1" || string(v.Headers[0].Value) != "00-a-b-01" {
		t.Errorf("without the value: %+v", v)
	}
	all := l.without(OmittedAll).Record("letters", 1)
	if all.Value != nil || all.Key != nil || all.Headers[0].Key != HeaderTopic {
		t.Errorf("without anything: %+v", all)
	}
	if got, err := Parse(all); err != nil || got.ValueOmitted != OmittedAll || got.ID() != l.ID() {
		t.Errorf("parsed as %+v, %v", got, err)
	}
	if l.Value == nil || l.ValueOmitted != "" {
		t.Error("the letter itself was changed")
	}
}

// drawBytes draws bytes, empty ones and none at all.
func drawBytes(t *rapid.T, name string) []byte {
	if rapid.Bool().Draw(t, name+" is none") {
		return nil
	}
	return append([]byte{}, rapid.SliceOf(rapid.Byte()).Draw(t, name)...)
}

// drawLetter draws a letter whose texts are within their bounds.
func drawLetter(t *rapid.T) Letter {
	text := func(name string) string { return rapid.StringN(-1, 40, maxText).Draw(t, name) }
	instant := func(name string) time.Time {
		ns := rapid.Int64Range(0, 4e18).Draw(t, name)
		if ns == 0 {
			return time.Time{}
		}
		return time.Unix(0, ns).UTC()
	}
	l := Letter{
		Topic: rapid.StringMatching(`[a-zA-Z0-9._-]{1,200}`).Draw(t, "topic"), Partition: rapid.Int32Min(0).Draw(t, "partition"),
		Offset: rapid.Int64Min(0).Draw(t, "offset"), LeaderEpoch: rapid.Int32Min(-1).Draw(t, "epoch"), Group: text("group"),
		Key: drawBytes(t, "key"), Value: drawBytes(t, "value"), Timestamp: time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "timestamp")),
		Op: rapid.IntMin(0).Draw(t, "op"), Reason: text("reason"), Stage: text("stage"), Detail: text("detail"), Field: text("field"),
		Fingerprint: text("fingerprint"), MessageID: text("message id"), HTTPStatus: rapid.Int().Draw(t, "status"), Attempts: rapid.Int().Draw(t, "attempts"),
		DeliveryCount: rapid.Int().Draw(t, "deliveries"), FirstFailed: instant("first"), LastFailed: instant("last"), Mapping: text("mapping"),
		Version: text("version"), RedriveCount: rapid.Int().Draw(t, "redrives"), TraceParent: text("trace"), ValueOmitted: text("omitted"),
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "headers") {
		n := strconv.Itoa(i)
		key := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"traceparent", "pintle.other", "__dlq.errors.", ""})).Draw(t, "header "+n)
		if !isOurs(key) {
			l.Headers = append(l.Headers, Header{key, drawBytes(t, "value "+n)})
		}
	}
	return l
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawLetter(t)
		partitions := rapid.Int32Range(1, 100).Draw(t, "partitions")
		r := want.Record("letters", partitions)
		if r.Partition != want.Partition%partitions || r.Partition < 0 {
			t.Fatalf("partition %d of %d for source %d", r.Partition, partitions, want.Partition)
		}
		got, err := Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round trip (-want +got):\n%s", diff)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	tests := map[string]struct {
		header, value string
		want          string
	}{
		"no letter":        {HeaderID, "", "is not a letter of pintle"},
		"another place":    {HeaderOffset, "1204", HeaderID},
		"another topic":    {HeaderTopic, "other", HeaderID},
		"id without op":    {HeaderID, "rudder-events-7-1203-", HeaderID},
		"odd op":           {HeaderID, "rudder-events-7-1203-01", HeaderID},
		"offset no number": {HeaderOffset, "x", HeaderOffset},
		"partition large":  {HeaderPartition, "4294967296", HeaderPartition},
		"status no number": {HeaderHTTPStatus, "teapot", HeaderHTTPStatus},
		"time is no time":  {HeaderLastFailed, "yesterday", HeaderLastFailed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := sample().Record("letters", 4)
			for i, h := range r.Headers {
				if h.Key == tt.header {
					r.Headers[i].Value = []byte(tt.value)
				}
			}
			l, err := Parse(r)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error about %q", err, tt.want)
			}
			if diff := cmp.Diff(Letter{}, l); diff != "" {
				t.Errorf("a letter comes with the error:\n%s", diff)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, h := range sample().Record("letters", 4).Headers {
		f.Add(h.Key, h.Value, []byte("v"))
	}
	f.Fuzz(func(t *testing.T, key string, value, body []byte) {
		r := sample().Record("letters", 4)
		r.Value = body
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: key, Value: value})
		l, err := Parse(r)
		if err != nil {
			return
		}
		again, err := Parse(l.Record("letters", 4))
		if err != nil {
			t.Fatalf("what was read cannot be written and read again: %v", err)
		}
		if again.ID() != l.ID() || string(again.Value) != string(body) {
			t.Errorf("%s became %s", l.ID(), again.ID())
		}
	})
}
