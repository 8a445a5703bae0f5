package customerio

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/sink"
)

// seen is one request as a server received it.
type seen struct {
	Method, Target, Body, User, Password string
	Header                               http.Header
	Length                               int64
}

// recorder answers with a handler and keeps what it received.
type recorder struct {
	mu   sync.Mutex
	list []seen
	next http.HandlerFunc
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	s := seen{Method: req.Method, Target: req.RequestURI, Body: string(body), Header: req.Header, Length: req.ContentLength}
	s.User, s.Password, _ = req.BasicAuth()
	r.mu.Lock()
	r.list = append(r.list, s)
	r.mu.Unlock()
	r.next(w, req)
}

func (r *recorder) all() []seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]seen(nil), r.list...)
}

// answer returns a handler that always gives the same answer.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// start returns a server and a client of it.
func start(t *testing.T, next http.HandlerFunc, edit ...func(*Config)) (*Client, *recorder) {
	t.Helper()
	rec := &recorder{next: next}
	srv := httptest.NewUnstartedServer(rec)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	t.Cleanup(srv.Close)
	cfg := Config{Endpoint: srv.URL, SiteID: NewSecret("site"), APIKey: NewSecret("key"), UserAgent: "pintle/test"}
	for _, f := range edit {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, rec
}

// request makes a first attempt of ops with these bodies.
func request(bodies ...string) *sink.Request {
	r := &sink.Request{Attempt: 1}
	for _, b := range bodies {
		r.Ops = append(r.Ops, &sink.Op{Body: []byte(b)})
	}
	return r
}

// bigEvent is an item that no batch takes.
func bigEvent(id string) string {
	return `{"type":"person","action":"event","identifiers":{"id":"` + id + `"},"name":"n","attributes":{"a":"` + strings.Repeat("x", ItemBytes) + `"}}`
}

func TestSendBatch(t *testing.T) {
	c, rec := start(t, answer(200, "{}\n"))
	r := request(`{"a":1}`, `{"b":2}`, `{"c":3}`)
	a := c.Send(t.Context(), r)
	if diff := cmp.Diff(sink.Answer{Verdict: sink.Done, Status: 200}, a); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	first := r.Body
	r.Attempt = 3
	c.Send(t.Context(), r)
	if &first[0] != &r.Body[0] || len(first) != len(r.Body) {
		t.Error("the second attempt built its bytes anew")
	}
	got := rec.all()
	const body = `{"batch":[{"a":1},{"b":2},{"c":3}]}`
	for i, s := range got {
		if s.Method != http.MethodPost || s.Target != "/api/v2/batch" || s.Body != body || s.Length != int64(len(body)) {
			t.Errorf("request %d: %+v", i, s)
		}
		if s.User != "site" || s.Password != "key" || s.Header.Get("User-Agent") != "pintle/test" || s.Header.Get("Content-Type") != "application/json" {
			t.Errorf("request %d: headers %v", i, s.Header)
		}
		if e := s.Header.Get("Accept-Encoding") + s.Header.Get("Content-Encoding"); e != "" {
			t.Errorf("request %d: encoding %q", i, e)
		}
	}
	if len(got) != 2 || got[0].Header.Get("X-Retry-Count") != "" || got[1].Header.Get("X-Retry-Count") != "2" {
		t.Errorf("X-Retry-Count is wrong in %d requests", len(got))
	}
	c.Release(r)
	if r.Body != nil || len(c.kept) != 0 {
		t.Error("Release keeps something")
	}
}

func TestSendSingle(t *testing.T) {
	c, rec := start(t, answer(200, "{}"))
	r := request(bigEvent("u/1"))
	for range 2 {
		if a := c.Send(t.Context(), r); a.Verdict != sink.Done {
			t.Fatalf("answer %+v", a)
		}
		r.Attempt++
	}
	if got := rec.all(); len(got) != 2 || got[0].Target != "/api/v1/customers/u%2F1/events" || got[0].Body != string(r.Body) || got[0].Body != got[1].Body {
		t.Errorf("%d requests, first to %s", len(got), got[0].Target)
	}
	c.Release(r)

	small := request(`{"type":"person","action":"delete","identifiers":{"id":"u1"}}`)
	c.Send(t.Context(), small)
	if got := rec.all()[2]; got.Target != "/api/v2/batch" {
		t.Errorf("an op that a batch takes went to %s", got.Target)
	}
}

func TestSendRefusesWhatNoEndpointTakes(t *testing.T) {
	c, rec := start(t, answer(200, "{}"))
	a := c.Send(t.Context(), request(bigEvent("jane@example.com")))
	if a.Verdict != sink.Reject || a.Cause != sink.CauseUnsent || a.Status != 0 || a.Refusal.Code != "too_large" {
		t.Errorf("answer %+v", a)
	}
	if !strings.Contains(a.Refusal.Message, "32000 bytes") || strings.Contains(a.Refusal.Message, "jane") {
		t.Errorf("message %q", a.Refusal.Message)
	}
	if n := len(rec.all()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestSendGoesByV1WhenABatchOfOneIsTooLarge(t *testing.T) {
	v1 := 503
	c, rec := start(t, func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.URL.Path, "/api/v2/") {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		w.WriteHeader(v1)
		_, _ = io.WriteString(w, "{}")
	})
	r := request(`{"type":"person","action":"delete","identifiers":{"id":"u1"}}`)
	if a := c.Send(t.Context(), r); a.Verdict != sink.Retry || a.Status != 503 {
		t.Fatalf("answer %+v", a)
	}
	if r.Body == nil {
		t.Error("a call without a body looks as if it had not been built")
	}
	v1 = 200
	if a := c.Send(t.Context(), r); a.Verdict != sink.Done {
		t.Fatalf("answer %+v", a)
	}
	var targets []string
	for _, s := range rec.all() {
		targets = append(targets, s.Method+" "+s.Target+" "+s.Body[:min(5, len(s.Body))])
	}
	want := []string{`POST /api/v2/batch {"bat`, "DELETE /api/v1/customers/u1 ", "DELETE /api/v1/customers/u1 "}
	if diff := cmp.Diff(want, targets); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}

	v1 = 413
	if a := c.Send(t.Context(), request(`{"type":"person","action":"suppress","identifiers":{"id":"u1"}}`)); a.Verdict != sink.Reject || a.Status != 413 {
		t.Errorf("refused by both: %+v", a)
	}
	if a := c.Send(t.Context(), request(`{"type":"object"}`)); a.Verdict != sink.Reject || a.Status != 413 {
		t.Errorf("unknown to v1: %+v", a)
	}
	if a := c.Send(t.Context(), request(`{}`, `{}`)); a.Verdict != sink.Split {
		t.Errorf("two ops: %+v", a)
	}
}

func TestSendNeverFollowsRedirects(t *testing.T) {
	foreign := &recorder{next: answer(200, "{}")}
	elsewhere := httptest.NewServer(foreign)
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		c, rec := start(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.URL+"/api/v2/batch")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"errors":[{"detail":"wrong datacenter","status":"301"}]}`)
		})
		a := c.Send(t.Context(), request(`{}`, `{}`))
		if a.Verdict != sink.Hold || a.Cause != sink.CauseConfiguration || !strings.Contains(a.Refusal.Hint, "customerio.region: eu") {
			t.Errorf("HTTP %d: %+v", status, a)
		}
		if len(rec.all()) != 1 {
			t.Errorf("HTTP %d: %d requests", status, len(rec.all()))
		}
	}
	if n := len(foreign.all()); n != 0 {
		t.Errorf("%d requests, credentials and all, went to the foreign host", n)
	}
}

func TestNewRefusesWhatCannotBeMeant(t *testing.T) {
	id, key := NewSecret("site"), NewSecret("key")
	for want, cfg := range map[string]Config{
		"customerio.region":   {Region: "mars", SiteID: id, APIKey: key},
		"customerio.endpoint": {Endpoint: "nowhere", SiteID: id, APIKey: key},
		"customerio.site_id":  {APIKey: key},
		"customerio.api_key":  {SiteID: id},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v, want an error about %s", err, want)
		}
	}
	c, err := New(Config{SiteID: id, APIKey: NewSecret(hidden)})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if got := fmt.Sprintf(verb, c); strings.Contains(got, hidden) || strings.Contains(got, c.auth.Reveal()) {
			t.Errorf("%s of a client prints its credentials: %s", verb, got)
		}
	}
}
