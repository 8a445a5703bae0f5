package witness

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

// Marks of items that the destination refuses: by naming them in a 207, or by refusing the whole
// request with a 400 that names nobody, until they are alone.
const (
	refusal = "_refuse_me"
	poison  = "_poison_me"
)

// Manner is how the front treats requests.
type Manner int32

// The manners.
const (
	Normal      Manner = iota
	Unavailable        // 503
	Mute               // takes the request, and never answers
	Halting            // writes the head of the answer, and never the rest
)

// Moment is a point in what passes between a process and the world.
type Moment string

// The moments of the front.
const (
	Asked     Moment = "a request has arrived at the destination"
	Taken     Moment = "the destination has taken a request, its answer is not written"
	Answered  Moment = "the answer is written"
	Partial   Moment = "an answer that refuses some items is written"
	Splitting Moment = "a part of a request that was refused as a whole has arrived"
)

// Watch is told of a moment before it is passed, and by which process. It reports whether that lives on:
// the dead are not answered.
type Watch func(at Moment, by string) (alive bool)

// Front stands before the stand-in Customer.io. Its methods may be called by many goroutines at once.
type Front struct {
	// URL is where it listens. The endpoint of a process is this, a slash, and the name of the process.
	URL string
	// Server is the stand-in.
	Server *customeriotest.Server

	rec    *history.Recorder
	watch  Watch
	inner  http.Handler
	http   *httptest.Server
	manner atomic.Int32
	number atomic.Int64
	flying atomic.Int64

	mu       sync.Mutex
	delay    func(body []byte) time.Duration // nil: none
	refused  map[string]bool                 // a request of it was refused as a whole
	released chan struct{}                   // closed when hanging requests may end
	last     map[net.Conn]*history.Answer    // what was written to each connection last
	unread   map[int]bool                    // requests whose connection ended with their answer
}

type (
	requestNumber struct{}
	connection    struct{}
)

// NewFront returns a front that books into rec and tells watch. The caller closes it.
func NewFront(rec *history.Recorder, watch Watch) *Front {
	f := &Front{
		rec: rec, watch: watch, refused: map[string]bool{}, released: make(chan struct{}),
		last: map[net.Conn]*history.Answer{}, unread: map[int]bool{},
	}
	f.Server = customeriotest.New(customeriotest.Settings{Watch: f.applied})
	f.Server.AddFault(customeriotest.Fault{
		PathContains: "batch", BodyContains: refusal, Action: customeriotest.ItemError, ItemContains: refusal,
		Reason: "invalid", Field: "attributes", Message: "refused on purpose",
	})
	f.inner = f.Server.Handler()
	f.http = httptest.NewUnstartedServer(f)
	f.http.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connection{}, c)
	}
	f.http.Config.ConnState = f.closed
	f.http.Start()
	f.URL = f.http.URL
	return f
}

// Close lets go of what hangs, and ends the front.
func (f *Front) Close() {
	f.Release()
	f.http.Close()
}

// Behave sets how requests are treated from now on.
func (f *Front) Behave(m Manner) { f.manner.Store(int32(m)) }

// Flying counts the requests without an answer.
func (f *Front) Flying() int64 { return f.flying.Load() }

// Release lets go of requests that hang.
func (f *Front) Release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.released)
	f.released = make(chan struct{})
}

// Slow makes requests wait before anything is taken of them, each as long as delay says; nil: not at
// all. It returns what was before.
func (f *Front) Slow(delay func(body []byte) time.Duration) (before func([]byte) time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before, f.delay = f.delay, delay
	return before
}

func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	by, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // it died while it sent
	}
	f.flying.Add(1)
	defer f.flying.Add(-1)
	n := int(f.number.Add(1))
	f.rec.Add(history.Entry{Arrival: &history.Arrival{Request: n, By: by, Items: Items(body)}})
	f.arrive(by)
	f.wait(r.Context(), body)
	status, header, answer := f.answer(r, n, "/"+path, body, by)
	f.pass(Taken, by)
	if Manner(f.manner.Load()) == Halting {
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)+100))
		w.WriteHeader(status)
		_ = http.NewResponseController(w).Flush()
		f.hang(r.Context())
	}
	a := &history.Answer{Request: n, Status: status, Success: status/100 == 2}
	f.rec.Add(history.Entry{Answer: a})
	maps.Copy(w.Header(), header)
	w.WriteHeader(status)
	_, _ = w.Write(answer)
	_ = http.NewResponseController(w).Flush()
	if r.Context().Err() != nil { // nobody waited for it any more
		f.rec.Settle(func() { a.Unclear = true })
	}
	f.wrote(r, a)
	f.watch(Answered, by)
	if status == http.StatusMultiStatus {
		f.watch(Partial, by)
	}
}

// wrote keeps what was answered on a connection, until the connection is used again: then it was read.
func (f *Front) wrote(r *http.Request, a *history.Answer) {
	c, _ := r.Context().Value(connection{}).(net.Conn)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last[c] = a
}

// closed is told of the states of connections.
func (f *Front) closed(c net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a := f.last[c]; a != nil && state == http.StateClosed {
		f.unread[a.Request] = true
		delete(f.last, c)
	}
}

// Doubt marks the answers of a history that their sender may not have read: it ended the connection, and sent
// something of the request once more. Whoever gets no processor time for two seconds finds the answer and
// the end of its patience together, and takes either.
func (f *Front) Doubt(h history.History) {
	f.mu.Lock()
	defer f.mu.Unlock()
	type sending struct {
		by  string
		seq int
	}
	answers, brought := map[int]*history.Answer{}, map[sending]int{}
	for _, e := range h {
		switch {
		case e.Answer != nil:
			answers[e.Answer.Request] = e.Answer
		case e.Arrival != nil:
			for _, it := range e.Arrival.Items {
				s := sending{e.Arrival.By, it.Seq}
				if n := brought[s]; f.unread[n] && answers[n] != nil {
					f.rec.Settle(func() { answers[n].Unclear = true })
				}
				brought[s] = e.Arrival.Request
			}
		}
	}
}

// pass comes to a moment, and breaks the connection of who is dead then.
func (f *Front) pass(at Moment, by string) {
	if !f.watch(at, by) {
		panic(http.ErrAbortHandler)
	}
}

// arrive comes to the moments of an arrival.
func (f *Front) arrive(by string) {
	f.pass(Asked, by)
	f.mu.Lock()
	split := f.refused[by]
	f.mu.Unlock()
	if split {
		f.pass(Splitting, by)
	}
}

// answer makes the answer, and takes what the request brings.
func (f *Front) answer(r *http.Request, n int, path string, body []byte, by string) (status int, header http.Header, text []byte) {
	switch Manner(f.manner.Load()) {
	case Unavailable:
		return http.StatusServiceUnavailable, nil, nil
	case Mute:
		f.hang(r.Context())
	case Normal, Halting:
	}
	if bytes.Contains(body, []byte(poison)) {
		if len(Items(body)) > 1 {
			f.mu.Lock()
			f.refused[by] = true
			f.mu.Unlock()
		} else {
			f.rec.Add(history.Entry{Applied: &history.Applied{Request: n, Refused: numbers(body)}})
		}
		return http.StatusBadRequest, http.Header{"Content-Type": {"application/json"}}, []byte(`{"meta":{"error":"refused as a whole"}}`)
	}
	// What was taken is taken as a whole, whether or not the sender lives on.
	ctx := context.WithValue(context.WithoutCancel(r.Context()), requestNumber{}, n)
	inner := r.Clone(ctx)
	inner.URL.Path, inner.Body = path, io.NopCloser(bytes.NewReader(body))
	rec := httptest.NewRecorder()
	f.inner.ServeHTTP(rec, inner)
	return rec.Code, rec.Header(), rec.Body.Bytes()
}

// applied is told by the stand-in what becomes of items, at that moment.
func (f *Front) applied(r *http.Request, lines []customeriotest.Item) {
	n, _ := r.Context().Value(requestNumber{}).(int)
	a := &history.Applied{Request: n}
	for i := range lines {
		if lines[i].Outcome == "rejected" {
			a.Refused = append(a.Refused, int(lines[i].Seq))
		} else {
			a.Stored = append(a.Stored, int(lines[i].Seq))
		}
	}
	f.rec.Add(history.Entry{Applied: a})
}

// hang waits until the sender is gone, or hanging requests may end; either way there is no answer.
func (f *Front) hang(ctx context.Context) {
	f.mu.Lock()
	released := f.released
	f.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-released:
	}
	panic(http.ErrAbortHandler)
}

func (f *Front) wait(ctx context.Context, body []byte) {
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
