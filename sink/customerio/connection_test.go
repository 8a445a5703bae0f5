package customerio

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pintle-io/pintle/sink"
)

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
	if n := opened.Load(); n > requests/20 {
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
	hang := func(_ http.ResponseWriter, req *http.Request) {
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
