package customeriotest

import (
	"net/http"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
)

// Request is a line of the request log.
type Request struct {
	// Number is from 1, in the order in which the answers were made.
	Number int       `json:"number"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Proto  string    `json:"proto"`
	// Header is without the credentials.
	Header http.Header `json:"header"`
	// Bytes is the length of the body, Body the body if Settings.KeepBodies.
	Bytes int    `json:"bytes"`
	Body  string `json:"body,omitempty"`
	// Digest is a hash of the body of a batch: equal bytes have equal digests.
	Digest uint64 `json:"digest,omitempty"`
	Items  int    `json:"items"`
	// Fault is what was done to it, Status the answer's status; 0: the connection was broken off.
	Fault  Action `json:"fault,omitempty"`
	Status int    `json:"status"`
	Answer string `json:"answer,omitempty"`
}

// requestLog is a ring of the newest requests.
type requestLog struct {
	ring []Request
	n    int
	// digests are those of the batches in the ring, with how many have them.
	digests map[uint64]int
}

// add appends a request. It reports whether it is a batch whose bytes are in the log already.
func (l *requestLog) add(r *Request, size int) (again bool) {
	if l.digests == nil {
		l.digests = map[uint64]int{}
	}
	if len(l.ring) < size {
		l.ring = append(l.ring, *r)
	} else {
		at := &l.ring[l.n%len(l.ring)]
		if l.digests[at.Digest]--; l.digests[at.Digest] <= 0 {
			delete(l.digests, at.Digest)
		}
		*at = *r
	}
	l.n++
	if r.Digest == 0 {
		return false
	}
	l.digests[r.Digest]++
	return l.digests[r.Digest] > 1
}

// Requests returns the newest requests, oldest first; since is the number of the first.
func (s *Server) Requests(since int) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &s.requests
	list := []Request{}
	for i := max(0, l.n-len(l.ring)); i < l.n; i++ {
		if r := l.ring[i%len(l.ring)]; r.Number >= since {
			list = append(list, r)
		}
	}
	return list
}

// log books a finished request. The caller holds the mutex.
func (s *Server) log(c *call) {
	st := &s.store.stats
	st.Statuses[c.status]++
	if c.req.Header.Get("X-Retry-Count") != "" {
		st.Retries++
	}
	if c.fault != nil {
		st.Faults++
	}
	if c.route == toBatch {
		st.BatchItems[bucket(len(c.items))]++
		st.BatchBytes[bucket(len(c.body))]++
	}
	r := Request{
		Number: int(c.number), Start: c.start, End: s.now(), Method: c.req.Method, Path: c.req.URL.EscapedPath(),
		Proto: c.req.Proto, Bytes: len(c.body), Items: len(c.items), Status: c.status,
	}
	if c.fault != nil {
		r.Fault = c.fault.Action
	}
	if !c.set.Lean {
		r.Header = c.req.Header.Clone()
		r.Header.Del("Authorization")
	}
	if c.set.KeepBodies {
		r.Body = string(c.body)
	}
	if c.status != http.StatusOK && len(c.out) <= 4096 {
		r.Answer = string(c.out)
	}
	if strings.HasSuffix(r.Path, "/batch") && len(c.body) > 0 {
		r.Digest = xxhash.Sum64(c.body)
	}
	if s.requests.add(&r, c.set.RequestLog) {
		st.SameBody++
	}
}
