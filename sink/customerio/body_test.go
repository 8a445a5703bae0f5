package customerio

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/pintle-io/pintle/sink"
)

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
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("{}")), ContentLength: 2}, nil
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
	r := f.reader(func() bool { return true })
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
	r = f.reader(func() bool { return true })
	_, _ = io.ReadFull(r, make([]byte, 3))
	r.Close()
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a closed reader that was read to its end: %v, want EOF", err)
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
