package kill

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

// Marks of items that the destination refuses: by naming them in a 207, or by refusing the whole
// request with a 400 that names nobody, until they are alone.
const (
	refusal = "_refuse_me"
	poison  = "_poison_me"
)

// manner is how the front treats requests.
type manner int32

const (
	normal      manner = iota
	unavailable        // 503
	mute               // takes the request, and never answers
	halting            // writes the head of the answer, and never the rest
)

// front stands before the stand-in Customer.io: it books requests with the life that sent them, which
// the path tells, and comes to the moments.
type front struct {
	world  *world
	url    string
	server *customeriotest.Server
	inner  http.Handler

	manner   atomic.Int32
	number   atomic.Int64
	flying   atomic.Int64
	mu       sync.Mutex
	delay    func(body []byte) time.Duration // nil: none
	refused  map[*life]bool                  // a request of it was refused as a whole
	released chan struct{}                   // closed when hanging requests may end
}

type requestNumber struct{}

func newFront(w *world) *front {
	f := &front{world: w, refused: map[*life]bool{}, released: make(chan struct{})}
	f.server = customeriotest.New(customeriotest.Settings{Watch: f.applied})
	f.server.AddFault(customeriotest.Fault{
		PathContains: "batch", BodyContains: refusal, Action: customeriotest.ItemError, ItemContains: refusal,
		Reason: "invalid", Field: "attributes", Message: "refused on purpose",
	})
	f.inner = f.server.Handler()
	server := httptest.NewServer(f)
	w.Cleanup(server.Close)
	w.Cleanup(f.release)
	f.url = server.URL
	return f
}

// release lets go of requests that hang.
func (f *front) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.released)
	f.released = make(chan struct{})
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	by := f.world.life(func(l *life) bool { return l.Name == name })
	body, err := io.ReadAll(r.Body)
	if err != nil || by == nil {
		panic(http.ErrAbortHandler) // it died while it sent
	}
	f.flying.Add(1)
	defer f.flying.Add(-1)
	n := int(f.number.Add(1))
	f.world.rec.Add(history.Entry{Arrival: &history.Arrival{Request: n, By: by.Name, Items: items(body)}})
	f.arrive(by)
	f.wait(r.Context(), body)
	status, header, answer := f.answer(r, n, "/"+path, body, by)
	f.world.moments.pass(taken, by)
	f.abortIfDead(by)
	if manner(f.manner.Load()) == halting {
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)+100))
		w.WriteHeader(status)
		_ = http.NewResponseController(w).Flush()
		f.hang(r.Context())
	}
	f.world.rec.Add(history.Entry{Answer: &history.Answer{Request: n, Status: status, Success: status/100 == 2}})
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
	_, _ = w.Write(answer)
	_ = http.NewResponseController(w).Flush()
	f.world.moments.pass(answered, by)
	if status == http.StatusMultiStatus {
		f.world.moments.pass(partial, by)
	}
}

// arrive comes to the moments of an arrival.
func (f *front) arrive(by *life) {
	f.world.moments.pass(asked, by)
	f.mu.Lock()
	split := f.refused[by]
	f.mu.Unlock()
	if split {
		f.world.moments.pass(splitting, by)
	}
	f.abortIfDead(by)
}

func (f *front) abortIfDead(by *life) {
	if by.dead.Load() {
		panic(http.ErrAbortHandler)
	}
}

// answer makes the answer, and takes what the request brings.
func (f *front) answer(r *http.Request, n int, path string, body []byte, by *life) (status int, header http.Header, text []byte) {
	switch manner(f.manner.Load()) {
	case unavailable:
		return http.StatusServiceUnavailable, nil, nil
	case mute:
		f.hang(r.Context())
	case normal, halting:
	}
	if marked := bytes.Count(body, []byte(poison)); marked > 0 {
		if len(items(body)) > 1 {
			f.mu.Lock()
			f.refused[by] = true
			f.mu.Unlock()
		} else {
			f.world.rec.Add(history.Entry{Applied: &history.Applied{Request: n, Refused: numbers(body)}})
		}
		return http.StatusBadRequest, http.Header{"Content-Type": {"application/json"}}, []byte(`{"meta":{"error":"refused as a whole"}}`)
	}
	// What was taken is taken as a whole, whether or not the sender lives on.
	ctx := context.WithValue(context.WithoutCancel(r.Context()), requestNumber{}, n)
	inner, err := http.NewRequestWithContext(ctx, r.Method, path, bytes.NewReader(body))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	inner.Header = r.Header
	inner.RemoteAddr = r.RemoteAddr
	rec := httptest.NewRecorder()
	f.inner.ServeHTTP(rec, inner)
	return rec.Code, rec.Header(), rec.Body.Bytes()
}

// applied is told by the stand-in what becomes of items, at that moment.
func (f *front) applied(r *http.Request, lines []customeriotest.Item) {
	n, _ := r.Context().Value(requestNumber{}).(int)
	a := &history.Applied{Request: n}
	for i := range lines {
		if lines[i].Outcome == "rejected" {
			a.Refused = append(a.Refused, int(lines[i].Seq))
		} else {
			a.Stored = append(a.Stored, int(lines[i].Seq))
		}
	}
	f.world.rec.Add(history.Entry{Applied: a})
}

// hang waits until the sender is gone, or hanging requests may end; either way there is no answer.
func (f *front) hang(ctx context.Context) {
	f.mu.Lock()
	released := f.released
	f.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-released:
	}
	panic(http.ErrAbortHandler)
}

// slow makes requests wait before anything is taken of them, each as long as delay says; nil: not at
// all. It returns what was before.
func (f *front) slow(delay func(body []byte) time.Duration) (before func([]byte) time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before, f.delay = f.delay, delay
	return before
}

func (f *front) wait(ctx context.Context, body []byte) {
	f.mu.Lock()
	delay := f.delay
	f.mu.Unlock()
	if delay == nil {
		return
	}
	select {
	case <-time.After(delay(body)):
	case <-ctx.Done():
	}
}

// items reads what a request brings: a batch, or a single operation.
func items(body []byte) (list []history.Item) {
	for _, raw := range split(body) {
		var it struct {
			ID   string `json:"id"`
			Data struct {
				ID string `json:"id"`
			} `json:"data"`
		}
		_ = json.Unmarshal(raw, &it)
		seq := numbers(raw)
		if len(seq) == 0 {
			continue
		}
		list = append(list, history.Item{Seq: seq[0], ID: it.ID, Digest: xxhash.Sum64(raw)})
	}
	return list
}

func split(body []byte) []json.RawMessage {
	var batch struct {
		Batch []json.RawMessage `json:"batch"`
	}
	if json.Unmarshal(body, &batch) == nil && batch.Batch != nil {
		return batch.Batch
	}
	return []json.RawMessage{body}
}

// numbers are those that the load gave the events in a text.
func numbers(text []byte) (list []int) {
	for _, found := range regexp.MustCompile(`"_seq":"?([0-9]+)`).FindAllSubmatch(text, -1) {
		n, _ := strconv.Atoi(string(found[1]))
		list = append(list, n)
	}
	return list
}
