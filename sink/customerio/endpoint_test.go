package customerio_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// TestEndpointIsWhereSendGoes holds what is said of an item against what is done with it.
func TestEndpointIsWhereSendGoes(t *testing.T) {
	var went string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		went = r.Method + " " + r.URL.EscapedPath()
		_, _ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	client, err := customerio.New(customerio.Config{
		Endpoint: server.URL, SiteID: customerio.NewSecret("s"), APIKey: customerio.NewSecret("k"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()

	item := func(action, id string, size int) string {
		head := `{"type":"person","action":"` + action + `","identifiers":{"id":"` + id + `"},"name":"n","attributes":{"a":"`
		return head + strings.Repeat("x", max(0, size-len(head)-3)) + `"}}`
	}
	for name, tc := range map[string]struct{ item, want string }{
		"small":                      {item("event", "u", 100), "POST /api/v2/batch"},
		"as large as it may be":      {item("event", "u", customerio.ItemBytes), "POST /api/v2/batch"},
		"one byte more":              {item("event", "ü/1", customerio.ItemBytes+1), "POST /api/v1/customers/%C3%BC%2F1/events"},
		"large identify":             {item("identify", "u", 90_000), "PUT /api/v1/customers/u"},
		"too large for any":          {item("event", "u", customerio.EventDataBytes+1000), ""},
		"v1 would take it for other": {item("identify", "a@b.c", 90_000), ""},
	} {
		t.Run(name, func(t *testing.T) {
			went = ""
			r := &sink.Request{Ops: []*sink.Op{{Body: []byte(tc.item)}}, Attempt: 1}
			sent := client.Send(t.Context(), r)
			client.Release(r)
			method, path, refused := customerio.Endpoint([]byte(tc.item))
			if tc.want == "" {
				if refused == nil || refused.Refusal != sent.Refusal || refused.Verdict != sent.Verdict || went != "" {
					t.Errorf("said %+v, was answered %+v and went %q", refused, sent, went)
				}
				return
			}
			if got := method + " " + path; got != tc.want || went != tc.want || refused != nil || sent.Verdict != sink.Done {
				t.Errorf("said %q, went %q, want %q; %+v", got, went, tc.want, refused)
			}
		})
	}
}
