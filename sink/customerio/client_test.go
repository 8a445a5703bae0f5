package customerio

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
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
		if s.Method != "POST" || s.Target != "/api/v2/batch" || s.Body != body || s.Length != int64(len(body)) {
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
	if a.Verdict != sink.Reject || a.Cause != sink.CauseContent || a.Status != 0 || a.Refusal.Code != "too_large" {
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
			w.WriteHeader(413)
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

func TestSendVerifiesTLS(t *testing.T) {
	rec := &recorder{next: answer(200, "{}")}
	srv := httptest.NewUnstartedServer(rec)
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	toServer := func(cfg *Config) { cfg.Endpoint = srv.URL }
	c, _ := start(t, nil, toServer)
	a := c.Send(t.Context(), request(`{}`, `{}`))
	if a.Verdict != sink.Retry || a.Cause != sink.CauseTransport || a.Refusal.Code != "tls" || !strings.Contains(a.Refusal.Hint, "not trusted") {
		t.Errorf("answer %+v", a)
	}
	if len(rec.all()) != 0 {
		t.Error("a request went to a server that nobody vouches for")
	}

	own := newTransport()
	own.TLSClientConfig.RootCAs = srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	var proto atomic.Value
	rec.next = func(w http.ResponseWriter, req *http.Request) {
		proto.Store(req.Proto)
		answer(200, "{}")(w, req)
	}
	trusting, _ := start(t, nil, toServer, func(cfg *Config) { cfg.Transport = own })
	defer own.CloseIdleConnections()
	if a := trusting.Send(t.Context(), request(`{}`)); a.Verdict != sink.Done || proto.Load() != "HTTP/1.1" {
		t.Errorf("over %v: %+v", proto.Load(), a)
	}
	if own.TLSClientConfig.MinVersion != tls.VersionTLS12 || own.TLSClientConfig.InsecureSkipVerify {
		t.Error("TLS is not as strict as it should be")
	}
}

func TestSendKeepsConnections(t *testing.T) {
	var opened atomic.Int32
	rec := &recorder{}
	srv := httptest.NewUnstartedServer(rec)
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	c, _ := start(t, nil, func(cfg *Config) { cfg.Endpoint = srv.URL })
	bodies := []string{"{}\n", strings.Repeat("x", 100<<10), strings.Repeat("x", maxAnswer), strings.Repeat("x", maxAnswer+1000), ""}
	const requests = 60
	for i := range requests {
		rec.next = answer([]int{200, 503, 400, 301}[i%4], bodies[i%len(bodies)])
		c.Send(t.Context(), request(`{}`, `{}`))
	}
	// One, but for those that net/http gives up when a busy machine keeps it waiting for 50 ms.
	if n := opened.Load(); n > requests/10 {
		t.Errorf("%d connections for %d requests in a row", n, requests)
	}
}

func TestSendBoundsAnswers(t *testing.T) {
	c, _ := start(t, func(w http.ResponseWriter, req *http.Request) {
		chunk := bytes.Repeat([]byte(" "), 64<<10)
		for req.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	if a := c.Send(t.Context(), request(`{}`, `{}`)); a.Verdict != sink.Retry || a.Cause != sink.CauseServer {
		t.Errorf("an answer without end: %+v", a)
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	arrived := make(chan struct{}, 1)
	hang := func(w http.ResponseWriter, req *http.Request) {
		arrived <- struct{}{}
		<-req.Context().Done()
	}
	c, _ := start(t, hang)
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-arrived
		cancel(errors.New("revoked"))
	}()
	if a := c.Send(ctx, request(`{}`)); a.Verdict != sink.Retry || a.Cause != sink.CauseCanceled {
		t.Errorf("given up: %+v", a)
	}
	late, stop := context.WithTimeout(t.Context(), 1)
	defer stop()
	if a := c.Send(late, request(`{}`)); a.Verdict != sink.Retry || a.Cause != sink.CauseTransport || a.Refusal.Code != "timeout" {
		t.Errorf("too late: %+v", a)
	}
}

func TestSendClassifiesBrokenConnections(t *testing.T) {
	tests := map[string]string{
		"closed at once":     "",
		"no HTTP":            "SSH-2.0-OpenSSH\r\n",
		"head broken off":    "HTTP/1.1 200 OK\r\nContent-Le",
		"body broken off":    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
		"chunk broken off":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}",
		"207 body cut short": "HTTP/1.1 207 Multi-Status\r\nContent-Length: 90\r\n\r\n{\"errors\":[]}",
	}
	for name, raw := range tests {
		t.Run(name, func(t *testing.T) {
			c, _ := start(t, func(w http.ResponseWriter, _ *http.Request) {
				conn, buf, err := http.NewResponseController(w).Hijack()
				if err != nil {
					return
				}
				defer conn.Close()
				_, _ = buf.WriteString(raw)
				_ = buf.Flush()
			})
			if a := c.Send(t.Context(), request(`{}`, `{}`)); a.Verdict != sink.Retry || a.Cause != sink.CauseTransport || a.Refusal.Hint == "" {
				t.Errorf("answer %+v", a)
			}
		})
	}
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	c, _ := start(t, nil, func(cfg *Config) { cfg.Endpoint = "http://" + gone.Addr().String() })
	if a := c.Send(t.Context(), request(`{}`)); a.Cause != sink.CauseTransport || a.Refusal.Code != "refused" {
		t.Errorf("nobody listens: %+v", a)
	}
}

// TestBuffersAreNotReusedWhileRead answers before the body is read, over and over: had a buffer gone
// back too early, a later request's bytes would appear in an earlier one.
func TestBuffersAreNotReusedWhileRead(t *testing.T) {
	mixed := make(chan string, 1)
	c, _ := start(t, nil, func(cfg *Config) {
		cfg.Transport = roundTrip(func(req *http.Request) (*http.Response, error) {
			go func() {
				defer req.Body.Close()
				body, _ := io.ReadAll(req.Body)
				want := strings.Repeat(string(body[11:12]), 20_000)
				if string(body[11:20_011]) != want {
					select {
					case mixed <- "bytes of two requests in one body":
					default:
					}
				}
			}()
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("{}")), ContentLength: 2}, nil
		})
	})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 50 {
				r := request(`"` + strings.Repeat(string(rune('a'+(i*50+j)%26)), 20_000) + `"`)
				c.Send(t.Context(), r)
				c.Release(r)
			}
		})
	}
	wg.Wait()
	select {
	case m := <-mixed:
		t.Error(m)
	default:
	}
}

// roundTrip is a transport that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestReleaseRecycles(t *testing.T) {
	f := &frozen{body: []byte("abc")}
	r := f.reader()
	if f.idle() {
		t.Error("idle while a reader is open")
	}
	r.Close()
	r.Close()
	if !f.idle() {
		t.Error("not idle though the reader is closed")
	}
	if _, err := r.Read(make([]byte, 1)); err == nil {
		t.Error("a closed reader reads on")
	}
	for _, n := range []int{1, smallBody, smallBody + 1, BatchBytes, BatchBytes + 1} {
		var b buffers
		if p := b.get(n); cap(p) < n || len(p) != 0 {
			t.Errorf("get(%d) has len %d, cap %d", n, len(p), cap(p))
		}
	}
}

func TestBatchSizeIsExact(t *testing.T) {
	for _, r := range []*sink.Request{request(`{}`), request(`{}`, `{"a":1}`), request(strings.Split(strings.Repeat(`{"a":1};`, 399)+`{}`, ";")...)} {
		if got := len(appendBatch(nil, r.Ops)); got != batchSize(r.Ops) {
			t.Errorf("%d ops: %d bytes, batchSize says %d", len(r.Ops), got, batchSize(r.Ops))
		}
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
