//go:build synctests

package sim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

const (
	siteID = "sim-site"
	apiKey = "canary-key"
	// nameBytes is how long the name of an event may be here: it is less than the mapping believes, so a
	// longer name is refused by the destination, whatever else befalls the request.
	nameBytes = 50
	// numberHeader carries the number of a request, which the harness gives it.
	numberHeader = "X-Sim-Request"
)

// destination is the stand-in behind a real HTTP server, with what arrives written down.
type destination struct {
	*customeriotest.Server
	url       string
	elsewhere string
	record    *history.Recorder
	happen    *happenings
	reached   func(life string, at point)
	sizes     sync.Map // of requests, by number
	http      *http.Server
	other     *http.Server // where redirects lead
	served    sync.WaitGroup
}

func newDestination(n *network, record *history.Recorder, happen *happenings, reached func(string, point), allBad int) *destination {
	d := &destination{record: record, happen: happen, reached: reached}
	d.Server = customeriotest.New(customeriotest.Settings{SiteID: siteID, APIKey: apiKey, Watch: d.took, NameBytes: nameBytes, AllInvalidStatus: allBad})
	elsewhere := n.listen("", nil)
	d.elsewhere = "http://" + elsewhere.addr.String()
	d.other = &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		record.Add(history.Entry{Leak: &history.Leak{By: r.UserAgent(), Where: "a request to another host", Text: r.Method + " " + r.URL.Path}})
	})}
	d.served.Go(func() { _ = d.other.Serve(elsewhere) })
	l := n.listen("", nil)
	d.url = "http://" + l.addr.String()
	inner := d.Handler()
	d.http = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &watched{ReadCloser: r.Body, want: r.ContentLength, half: func() { reached(r.UserAgent(), halfSent) }, whole: func(body []byte) { d.arrived(r, body) }}
		inner.ServeHTTP(w, r)
	})}
	d.served.Go(func() { _ = d.http.Serve(l) })
	return d
}

func (d *destination) close() {
	_ = d.http.Close()
	_ = d.other.Close()
	d.served.Wait()
}

func number(r *http.Request) int {
	n, _ := strconv.Atoi(r.Header.Get(numberHeader))
	return n
}

// arrived writes down a request whose body is there as a whole.
func (d *destination) arrived(r *http.Request, body []byte) {
	list := items(body)
	d.sizes.Store(number(r), len(list))
	d.record.Add(history.Entry{Arrival: &history.Arrival{Request: number(r), By: r.UserAgent(), Items: list}})
	d.reached(r.UserAgent(), arrived)
}

// brought is how many items a request brought that has arrived. The request itself cannot be asked again once
// the lease is over.
func (d *destination) brought(request int) int {
	n, _ := d.sizes.Load(request)
	size, _ := n.(int)
	return size
}

// took writes down what became of the items of a request.
func (d *destination) took(r *http.Request, list []customeriotest.Item) {
	a := &history.Applied{Request: number(r)}
	for _, it := range list {
		if it.Outcome == "rejected" {
			a.Refused = append(a.Refused, int(it.Seq))
		} else {
			a.Stored = append(a.Stored, int(it.Seq))
		}
	}
	if len(a.Stored) > 0 && len(a.Refused) > 0 {
		d.happen.saw("part of a batch refused")
	}
	d.record.Add(history.Entry{Applied: a})
	d.reached(r.UserAgent(), taken)
}

// wire is as much of an item as the harness reads.
type wire struct {
	ID         string
	Attributes struct {
		Seq int `json:"_seq"`
	}
	Data struct {
		ID  string
		Seq int `json:"_seq"`
	}
}

// items reads a body, of a batch or of a single call.
func items(body []byte) []history.Item {
	var batch struct{ Batch []json.RawMessage }
	if json.Unmarshal(body, &batch) != nil {
		return nil
	}
	if batch.Batch == nil {
		batch.Batch = []json.RawMessage{body}
	}
	list := make([]history.Item, 0, len(batch.Batch))
	for _, raw := range batch.Batch {
		var w wire
		if json.Unmarshal(raw, &w) != nil {
			continue
		}
		list = append(list, history.Item{Seq: max(w.Attributes.Seq, w.Data.Seq), ID: w.ID + w.Data.ID, Digest: xxhash.Sum64(raw)})
	}
	return list
}

// watched is a body that tells when it was read as a whole.
type watched struct {
	io.ReadCloser
	want  int64
	seen  bytes.Buffer
	half  func()
	whole func([]byte)
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.ReadCloser.Read(b)
	w.seen.Write(b[:n])
	if n > 0 && int64(w.seen.Len()) < w.want {
		w.half()
	}
	if w.whole != nil && int64(w.seen.Len()) == w.want {
		w.whole(w.seen.Bytes())
		w.whole = nil
	}
	return n, err
}

// numbered is the transport of a process: it numbers requests and writes down which answers came as a
// whole.
type numbered struct {
	inner  http.RoundTripper
	last   *atomic.Int64
	air    atomic.Int64
	record *history.Recorder
	happen *happenings
	// brought tells how many items a request had; reached is told that the life has come to a point; shut tells whether it sends nothing but probes.
	brought func(request int) int
	reached func(at point)
	shut    func() bool
}

func (t *numbered) RoundTrip(r *http.Request) (*http.Response, error) {
	n := int(t.last.Add(1))
	r = r.Clone(r.Context())
	r.Header.Set(numberHeader, strconv.Itoa(n))
	t.air.Add(1)
	probe := t.shut()
	if probe {
		t.reached(probing)
	}
	t.reached(composed)
	resp, err := t.inner.RoundTrip(r)
	if err != nil {
		t.air.Add(-1)
		t.happen.saw("request without an answer")
		t.probed(probe, false)
		return nil, err
	}
	t.probed(probe, resp.StatusCode/100 == 2)
	t.happen.saw("answer " + strconv.Itoa(resp.StatusCode))
	if resp.StatusCode == http.StatusBadRequest || resp.StatusCode == http.StatusUnprocessableEntity {
		t.happen.saw("answer 400 or 422")
		t.reached(refusedAll)
	}
	if !strings.HasSuffix(r.URL.Path, "/batch") {
		t.happen.saw("one call for a large event")
	}
	resp.Body = &answer{ReadCloser: resp.Body, want: resp.ContentLength, over: func() { t.air.Add(-1) }, whole: func(body []byte) {
		a := &history.Answer{Request: n, Status: resp.StatusCode, Success: success(resp.StatusCode, body, func() int { return t.brought(n) })}
		a.Unclear = !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json")
		if resp.StatusCode == http.StatusTooManyRequests {
			a.After = pause(resp.Header)
		}
		t.record.Add(history.Entry{Answer: a})
		if resp.StatusCode == http.StatusMultiStatus {
			t.reached(partly)
		}
		t.reached(answered)
	}}
	return resp, nil
}

// pause is how long an answer asks to be left alone. The stand-in tells seconds, a date, or nonsense.
func pause(h http.Header) time.Duration {
	after := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil {
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(after)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return at.Sub(now)
}

// probed takes note of what became of a probe.
func (t *numbered) probed(probe, passed bool) {
	switch {
	case probe && passed:
		t.happen.saw("probe passed")
	case probe:
		t.happen.saw("probe failed")
	}
}

// success tells whether an answer says that what it lists no error for was taken.
func success(status int, body []byte, sent func() int) bool {
	var got struct {
		Errors []struct {
			Index *uint `json:"batch_index"`
		}
	}
	if status/100 != 2 || json.Unmarshal(body, &got) != nil {
		return false
	}
	for _, e := range got.Errors {
		if e.Index == nil || *e.Index >= uint(sent()) {
			return false
		}
	}
	return true
}

// answer is the body of an answer that tells when it was read as a whole.
type answer struct {
	io.ReadCloser
	want  int64
	seen  bytes.Buffer
	once  sync.Once
	whole func([]byte)
	over  func()
}

func (a *answer) Read(b []byte) (int, error) {
	n, err := a.ReadCloser.Read(b)
	a.seen.Write(b[:n])
	if a.whole != nil && (int64(a.seen.Len()) == a.want || err == io.EOF) {
		a.whole(a.seen.Bytes())
		a.whole = nil
	}
	return n, err
}

func (a *answer) Close() error {
	a.once.Do(a.over)
	return a.ReadCloser.Close()
}
