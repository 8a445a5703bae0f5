package customerio

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/sink"
)

// outcome is the part of an answer that moves the engine.
type outcome struct {
	Verdict sink.Verdict
	Cause   sink.Cause
}

// tableOutcome is the table of design §4.3, written a second time and in its own order.
func tableOutcome(status, ops int, single bool) outcome {
	switch {
	case status == 401 || status == 403:
		return outcome{sink.Hold, sink.CauseCredentials}
	case status >= 300 && status < 400:
		return outcome{sink.Hold, sink.CauseConfiguration}
	case (status == 404 || status == 405) && !single:
		return outcome{sink.Hold, sink.CauseConfiguration}
	case status == 429:
		return outcome{sink.Retry, sink.CauseThrottled}
	case status == 400 || status == 413 || status == 422:
		if ops == 1 {
			return outcome{sink.Reject, sink.CauseContent}
		}
		return outcome{sink.Split, sink.CauseContent}
	default:
		return outcome{sink.Retry, sink.CauseServer}
	}
}

func TestClassifyEveryStatus(t *testing.T) {
	bodies := []string{"", "{}", "<html>nope</html>", `{"errors":[{"reason":"invalid","field":"body","message":"must be valid JSON"}]}`, `{"meta":{"error":"no"}}`, "\xff"}
	for status := range 700 {
		if status == 0 || status >= 200 && status < 300 {
			continue // these depend on more than the status
		}
		for _, ops := range []int{1, 2, 400} {
			for _, body := range bodies {
				r := reply{ops: ops, single: ops == 1 && status%2 == 0, region: RegionUS, status: status, body: []byte(body)}
				a := classify(r)
				want := tableOutcome(status, ops, r.single)
				if got := (outcome{a.Verdict, a.Cause}); got != want {
					t.Errorf("HTTP %d, %d ops, body %q: %+v, want %+v", status, ops, body, got, want)
				}
				if a.Status != status || a.Refusal.Code == "" || len(a.Items) != 0 {
					t.Errorf("HTTP %d: %+v", status, a)
				}
				if a.Cause != sink.CauseContent && a.Refusal.Hint == "" {
					t.Errorf("HTTP %d: no hint says what to do next", status)
				}
			}
		}
	}
}

func TestClassifyAccepted(t *testing.T) {
	reject := func(i int, code, field, message string) sink.Item {
		return sink.Item{Index: i, Verdict: sink.Reject, Refusal: sink.Refusal{Code: code, Field: field, Message: message}}
	}
	tests := []struct {
		name      string
		status    int
		ops       int
		body      string
		edit      func(*reply)
		want      outcome
		wantItems []sink.Item
	}{
		{name: "the real answer", status: 200, ops: 3, body: "{}\n", want: outcome{sink.Done, sink.CauseNone}},
		{name: "other fields", status: 200, ops: 3, body: `{"status":"ok","errors":null}`, want: outcome{sink.Done, sink.CauseNone}},
		{name: "no errors", status: 207, ops: 3, body: `{"errors":[]}`, want: outcome{sink.Done, sink.CauseNone}},
		{name: "202", status: 202, ops: 1, body: "{}", want: outcome{sink.Done, sink.CauseNone}},
		{name: "announced as empty", status: 200, ops: 3, edit: func(r *reply) { r.empty = true }, want: outcome{sink.Done, sink.CauseNone}},
		{name: "299", status: 299, ops: 1, body: "{}", want: outcome{sink.Done, sink.CauseNone}},
		{name: "204", status: 204, ops: 3, edit: func(r *reply) { r.empty = true }, want: outcome{sink.Done, sink.CauseNone}},
		{name: "207 announced as empty", status: 207, ops: 3, edit: func(r *reply) { r.empty = true }, want: outcome{sink.Retry, sink.CauseServer}},
		{name: "empty, not announced", status: 200, ops: 3, want: outcome{sink.Retry, sink.CauseServer}},
		{name: "HTML", status: 200, ops: 3, body: "<html>log in</html>", want: outcome{sink.Retry, sink.CauseServer}},
		{name: "cut off by its sender", status: 200, ops: 3, body: `{"errors":[{"batch_index":0`, want: outcome{sink.Retry, sink.CauseServer}},
		{name: "two objects", status: 200, ops: 3, body: `{}{}`, want: outcome{sink.Retry, sink.CauseServer}},
		{name: "an array", status: 200, ops: 3, body: `[]`, want: outcome{sink.Retry, sink.CauseServer}},
		{name: "null", status: 200, ops: 3, body: `null`, want: outcome{sink.Retry, sink.CauseServer}},
		{name: "errors is a text", status: 200, ops: 3, body: `{"errors":"internal"}`, want: outcome{sink.Retry, sink.CauseServer}},
		{name: "errors is an object", status: 200, ops: 1, body: `{"errors":{"0":"x"}}`, want: outcome{sink.Retry, sink.CauseServer}},
		{name: "too long", status: 200, ops: 3, body: `{}`, edit: func(r *reply) { r.partial = true }, want: outcome{sink.Retry, sink.CauseServer}},
		{name: "broken off", status: 200, ops: 3, body: `{}`, edit: func(r *reply) { r.err = errors.New("EOF") }, want: outcome{sink.Retry, sink.CauseTransport}},
		{name: "broken off by us", status: 200, ops: 3, edit: func(r *reply) { r.err, r.canceled = errors.New("EOF"), true }, want: outcome{sink.Retry, sink.CauseCanceled}},
		{
			name: "one refused", status: 207, ops: 3, body: `{"errors":[{"batch_index":1,"reason":"invalid","field":"attributes.a","message":"too long"}]}`,
			want: outcome{sink.Done, sink.CauseContent}, wantItems: []sink.Item{reject(1, "invalid", "attributes.a", "too long")},
		},
		{
			name: "errors in a 200, out of order, several of one op", status: 200, ops: 3,
			body: `{"errors":[{"batch_index":2,"reason":"required","field":"name","message":"must be present"},{"batch_index":0,"message":"x"},{"batch_index":2,"reason":"invalid","field":"id","message":"must be a valid ULID"}]}`,
			want: outcome{sink.Done, sink.CauseContent},
			wantItems: []sink.Item{
				reject(0, "http_200", "", "x"), reject(2, "required", "name", "must be present; id: must be a valid ULID"),
			},
		},
		{name: "fields of other kinds", status: 207, ops: 2, body: `{"errors":[{"batch_index":0,"reason":7,"field":["a"],"message":null}]}`, want: outcome{sink.Done, sink.CauseContent}, wantItems: []sink.Item{reject(0, "7", `["a"]`, "")}},
		{name: "index is missing", status: 207, ops: 2, body: `{"errors":[{"reason":"invalid"}]}`, want: outcome{sink.Split, sink.CauseContent}},
		{name: "index is null", status: 207, ops: 2, body: `{"errors":[{"batch_index":null}]}`, want: outcome{sink.Split, sink.CauseContent}},
		{name: "index is a text", status: 207, ops: 2, body: `{"errors":[{"batch_index":"1"}]}`, want: outcome{sink.Split, sink.CauseContent}},
		{name: "index is negative", status: 207, ops: 2, body: `{"errors":[{"batch_index":-1}]}`, want: outcome{sink.Split, sink.CauseContent}},
		{name: "index is minus nought", status: 207, ops: 2, body: `{"errors":[{"batch_index":-0}]}`, want: outcome{sink.Split, sink.CauseContent}},
		{name: "index is a fraction", status: 207, ops: 2, body: `{"errors":[{"batch_index":0.5}]}`, want: outcome{sink.Split, sink.CauseContent}},
		{name: "index is an exponent", status: 207, ops: 2, body: `{"errors":[{"batch_index":1e0}]}`, want: outcome{sink.Split, sink.CauseContent}},
		{name: "index is out of range", status: 207, ops: 2, body: `{"errors":[{"batch_index":2}]}`, want: outcome{sink.Split, sink.CauseContent}},
		{name: "index is huge", status: 207, ops: 2, body: `{"errors":[{"batch_index":18446744073709551616}]}`, want: outcome{sink.Split, sink.CauseContent}},
		{name: "one index of two", status: 207, ops: 2, body: `{"errors":[{"batch_index":0},{"batch_index":"x"}]}`, want: outcome{sink.Split, sink.CauseContent}},
		{name: "an entry is a text", status: 207, ops: 2, body: `{"errors":["no"]}`, want: outcome{sink.Split, sink.CauseContent}},
		{name: "v1 shape", status: 200, ops: 2, body: `{"meta":{"errors":["no"]}}`, want: outcome{sink.Split, sink.CauseContent}},
		{name: "one op, listed", status: 207, ops: 1, body: `{"errors":[{"batch_index":0,"reason":"invalid"}]}`, want: outcome{sink.Reject, sink.CauseContent}},
		{name: "one op, index of another", status: 207, ops: 1, body: `{"errors":[{"batch_index":5,"reason":"invalid"}]}`, want: outcome{sink.Reject, sink.CauseContent}},
		{name: "one op, v1 shape", status: 200, ops: 1, body: `{"meta":{"error":"no"}}`, want: outcome{sink.Reject, sink.CauseContent}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := reply{ops: tt.ops, region: RegionUS, status: tt.status, body: []byte(tt.body)}
			if tt.edit != nil {
				tt.edit(&r)
			}
			a := classify(r)
			if got := (outcome{a.Verdict, a.Cause}); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if diff := cmp.Diff(tt.wantItems, a.Items); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClassifyRefusedWithIndexes(t *testing.T) {
	a := classify(reply{ops: 4, status: 400, body: []byte(`{"errors":[{"batch_index":2,"reason":"invalid","message":"m"},{"batch_index":0,"reason":"required"}]}`)})
	want := sink.Answer{Verdict: sink.Done, Cause: sink.CauseContent, Status: 400, Items: []sink.Item{
		{Index: 0, Verdict: sink.Reject, Refusal: sink.Refusal{Code: "required"}},
		{Index: 1, Verdict: sink.Retry},
		{Index: 2, Verdict: sink.Reject, Refusal: sink.Refusal{Code: "invalid", Message: "m"}},
		{Index: 3, Verdict: sink.Retry},
	}}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("a 400 accepts nothing, so what it does not list goes again (-want +got):\n%s", diff)
	}
}

func TestClassifyWithoutAnswer(t *testing.T) {
	a := classify(reply{ops: 2, err: errors.New("broken"), canceled: true})
	if got := (outcome{a.Verdict, a.Cause}); got != (outcome{sink.Retry, sink.CauseCanceled}) {
		t.Errorf("given up: %+v", got)
	}
	for _, err := range []error{errors.New("broken"), nil} {
		a = classify(reply{ops: 2, err: err})
		if got := (outcome{a.Verdict, a.Cause}); got != (outcome{sink.Retry, sink.CauseTransport}) || a.Refusal.Hint == "" {
			t.Errorf("%v: %+v", err, a)
		}
	}
}

func TestHintNamesTheRegion(t *testing.T) {
	tests := []struct {
		name     string
		region   Region
		status   int
		location string
		body     string
		want     string
	}{
		{"US host, EU account", RegionUS, 301, "https://track-eu.customer.io/api/v2/batch", "", "set customerio.region: eu"},
		{"EU host, US account", RegionEU, 307, "https://track.customer.io/api/v2/batch", "", "set customerio.region: us"},
		{"by the text", RegionUS, 301, "http://127.0.0.1:9/x", `{"errors":[{"detail":"wrong datacenter","status":"301"}]}`, "set customerio.region: eu"},
		{"somewhere else", RegionUS, 302, "https://login.example/customers/jane@example.com", "", "redirect to login.example"},
		{"without a place", RegionUS, 304, "", "", "customerio.endpoint"},
		{"odd host", RegionUS, 302, "https://a%20b/", "", "customerio.endpoint"},
		{"not found", RegionUS, 404, "", "", "customerio.region or customerio.endpoint is wrong"},
		{"credentials", "", 401, "", "", "is the workspace really in us?"},
	}
	for _, tt := range tests {
		h := http.Header{}
		h.Set("Location", tt.location)
		got := classify(reply{ops: 2, region: tt.region, status: tt.status, header: h, body: []byte(tt.body)}).Refusal.Hint
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s: hint %q, want %q in it", tt.name, got, tt.want)
		}
		if strings.Contains(got, "jane") {
			t.Errorf("%s: the hint holds a personal value: %s", tt.name, got)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	tests := []struct {
		value, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"0", "", 0},
		{"7", "", 7 * time.Second},
		{" 7 ", "", 7 * time.Second},
		{"300", "", 5 * time.Minute},
		{"301", "", 5 * time.Minute},
		{"99999999999999999999999", "", 5 * time.Minute},
		{"-3", "", 0},
		{"1.5", "", 0},
		{"soon", "", 0},
		{"\x00", "", 0},
		{"Mon, 23 Nov 2026 10:00:30 GMT", "", 30 * time.Second},
		{"Monday, 23-Nov-26 10:00:30 GMT", "", 30 * time.Second},
		{"Mon, 23 Nov 2026 09:59:30 GMT", "", 0},
		{"Mon, 23 Nov 2099 10:00:30 GMT", "", 5 * time.Minute},
		{"Mon, 23 Nov 2026 12:00:30 GMT", "Mon, 23 Nov 2026 12:00:00 GMT", 30 * time.Second},
		{"Mon, 23 Nov 2026 10:00:30 GMT", "yesterday", 30 * time.Second},
	}
	for _, tt := range tests {
		h := http.Header{}
		h.Set("Retry-After", tt.value)
		h.Set("Date", tt.date)
		if got := retryAfter(h, now); got != tt.want {
			t.Errorf("retryAfter(%q, date %q) = %v, want %v", tt.value, tt.date, got, tt.want)
		}
	}
	h := http.Header{"Retry-After": {"9"}}
	for status, want := range map[int]time.Duration{429: 9 * time.Second, 503: 9 * time.Second, 401: 0, 400: 0} {
		if got := classify(reply{ops: 2, status: status, header: h}).RetryAfter; got != want {
			t.Errorf("HTTP %d: RetryAfter %v, want %v", status, got, want)
		}
	}
}

// TestTheRefusalOfAWholeRequest is what the API lists, or the beginning of what came instead.
func TestTheRefusalOfAWholeRequest(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       sink.Refusal
	}{
		{"errors", `{"errors":[{"reason":"required","field":"name","message":"must be present"},{"field":"id","message":"is odd"},{"message":"so it is"}]}`, sink.Refusal{Code: "required", Field: "name", Message: "must be present; id: is odd; so it is"}},
		{"the API for one person", `{"meta":{"error":"no such thing"}}`, sink.Refusal{Code: "http_400", Message: "no such thing"}},
		{"no errors", `{"errors":[]}`, sink.Refusal{Code: "http_400", Message: `{"errors":[]}`}},
		{"nothing", "", sink.Refusal{Code: "http_400"}},
		{"a page", " <html>a proxy</html>\n", sink.Refusal{Code: "http_400", Message: "<html>a proxy</html>"}},
		{"not UTF-8", "\xffno", sink.Refusal{Code: "http_400", Message: "\uFFFDno"}},
		{"as long as may be", strings.Repeat("x", maxMessage), sink.Refusal{Code: "http_400", Message: strings.Repeat("x", maxMessage)}},
		{"longer", strings.Repeat("x", maxMessage+1), sink.Refusal{Code: "http_400", Message: strings.Repeat("x", maxMessage)}},
		{"cut in a character", strings.Repeat("x", maxMessage-1) + "é", sink.Refusal{Code: "http_400", Message: strings.Repeat("x", maxMessage-1)}},
	} {
		if diff := cmp.Diff(tt.want, classify(reply{ops: 1, status: 400, body: []byte(tt.body)}).Refusal); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestRefusalsAreBounded(t *testing.T) {
	long := strings.Repeat("é", 5000)
	body := fmt.Sprintf(`{"errors":[{"batch_index":0,"reason":"%[1]s","field":"%[1]s","message":"%[1]s"},{"batch_index":0,"message":"%[1]s"}]}`, long)
	a := classify(reply{ops: 2, status: 207, body: []byte(body)})
	got := a.Items[0].Refusal
	for name, s := range map[string]string{"message": got.Message, "plain": classify(reply{ops: 1, status: 400, body: []byte("x" + long)}).Refusal.Message} {
		if len(s) > maxMessage || len(s) < maxMessage-1 || !utf8.ValidString(s) {
			t.Errorf("%s has %d bytes, valid %v", name, len(s), utf8.ValidString(s))
		}
	}
	if len(got.Code) != maxCode || len(got.Field) != maxField {
		t.Errorf("code %d bytes, field %d bytes", len(got.Code), len(got.Field))
	}
}

func FuzzClassify(f *testing.F) {
	for _, body := range []string{"{}\n", "", `{"errors":[{"batch_index":1,"reason":"invalid","field":"f","message":"m"}]}`, `{"meta":{"error":"e","errors":["a"]}}`, `{"errors":[1,null,"x",{"batch_index":"0"}]}`} {
		for _, status := range []int{200, 207, 400, 301} {
			f.Add(status, 3, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, status, ops int, body []byte) {
		if status < 100 || status > 999 || ops < 1 || ops > 1000 {
			return
		}
		a := classify(reply{ops: ops, status: status, body: body})
		if a.Verdict == 0 || a.Verdict == sink.Split && ops == 1 {
			t.Errorf("HTTP %d, %d ops: verdict %d", status, ops, a.Verdict)
		}
		last := -1
		for _, it := range a.Items {
			if it.Index <= last || it.Index >= ops || it.Verdict != sink.Reject && it.Verdict != sink.Retry {
				t.Errorf("item %+v behind index %d of %d ops", it, last, ops)
			}
			last = it.Index
			if len(it.Refusal.Message) > maxMessage || !utf8.ValidString(it.Refusal.Message) {
				t.Errorf("message of %d bytes", len(it.Refusal.Message))
			}
		}
		if len(a.Refusal.Message) > maxMessage || !utf8.ValidString(a.Refusal.Message) {
			t.Errorf("message of %d bytes", len(a.Refusal.Message))
		}
	})
}
