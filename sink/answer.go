package sink

import (
	"context"
	"time"
)

// Verdict is what an answer means for an op.
type Verdict uint8

// The verdicts. See design §4.3 for the answers that lead to each.
const (
	// Done: the destination has taken it.
	Done Verdict = iota + 1
	// Retry: send the same bytes again later.
	Retry
	// Reject: it will never be taken; the op becomes a letter.
	Reject
	// Split: the request as a whole was refused and does not say for which of its ops.
	Split
	// Hold: nothing is wrong with the ops; stop sending until the cause is mended.
	Hold
)

// Cause says what stood behind a verdict. It moves the gate, the permits and the rate.
type Cause uint8

// The causes of verdicts.
const (
	// CauseNone: the destination took the request.
	CauseNone Cause = iota
	// CauseContent: the destination lives and refused what was sent.
	CauseContent
	// CauseServer: 408, 5xx, or an answer that makes no sense.
	CauseServer
	// CauseTransport: no answer: time-out, refused or broken connection, DNS, TLS.
	CauseTransport
	// CauseThrottled: 429.
	CauseThrottled
	// CauseCredentials: 401, 403.
	CauseCredentials
	// CauseConfiguration: 3xx, 404, 405: the address or the region is wrong.
	CauseConfiguration
	// CauseCanceled: we gave the request up ourselves. It counts for nothing.
	CauseCanceled
	// CauseUnsent: there is no request that could carry the op, so that nothing was sent. It says nothing
	// about the destination.
	CauseUnsent
)

// Answer is a classified answer to one request.
type Answer struct {
	Verdict Verdict
	Cause   Cause
	// Status is the HTTP status, 0 when there was none.
	Status int
	// RetryAfter is how long the destination asked to be left alone, 0 when it did not.
	RetryAfter time.Duration
	// Refusal explains Verdict for the request as a whole.
	Refusal Refusal
	// Items are the exceptions to Done, by ascending Index, each index once.
	Items []Item
}

// Item is the verdict on one op of a request that was otherwise done.
type Item struct {
	// Index is the op's place in the request, from 0.
	Index int
	// Verdict is Reject, or Retry for an op that was not taken only because of its neighbours: it goes
	// again at once, so an answer with Retry must reject at least one op.
	Verdict Verdict
	Refusal Refusal
}

// Refusal is the destination's explanation, as it gave it. It may quote personal values: it belongs
// into letters, never into logs, metrics or spans. Hint is ours and safe anywhere.
type Refusal struct {
	Code    string // a short code such as "invalid"
	Field   string // a dotted path inside the op
	Message string
	// Hint is the next step for the operator, free of personal values; empty when there is none.
	Hint string
}

// Request is one call to the destination.
type Request struct {
	// Ops are its operations in order; those of one lane stand together. Never empty.
	Ops []*Op
	// Body holds the frozen bytes: nil until the sender has built them, the same ever after.
	Body []byte
	// Attempt counts the sends of these ops in this request and in those it was split from, from 1; in a
	// search, those of ops that were in the newest request that was refused.
	Attempt int

	lease   Lease
	retry   schedule
	search  *search // that it is a piece of, or nil
	passage passage // of the gate
	probes  int     // how often it was a probe
	outrun  int     // time-outs before which later requests were answered
	last    bool    // it took the last permit
}

// Held reports whether the request may be written, or written on. It may be asked at any time, by many
// goroutines at once.
func (r *Request) Held() bool { return r.lease == nil || r.lease.Held() }

// Lease tells whether this process may send at all.
type Lease interface {
	// Held is asked before every piece of a request is written, by many goroutines at once.
	Held() bool
}

// Sender carries requests to the destination.
type Sender interface {
	// Send sends one request and returns what its answer means. It fills r.Body on the first call
	// and sends those bytes on each call. It never fails otherwise: whatever happens is an [Answer].
	// A request of a single op may go by another endpoint than a batch. It must return soon after
	// ctx ends. Send may be called by many goroutines at once, for different requests.
	//
	// It asks r.Held before each piece that it writes. When the request is not held it breaks off and
	// answers [CauseCanceled], as it does for whatever fails meanwhile.
	Send(ctx context.Context, r *Request) Answer
	// Release gives back what Send keeps for r (pooled buffers). r is not sent again.
	Release(r *Request)
}

// String returns code and message as they stand in a letter's detail. It may quote personal values.
func (r *Refusal) String() string {
	switch {
	case r.Code != "" && r.Message != "":
		return r.Code + ": " + r.Message
	case r.Message != "":
		return r.Message
	default:
		return r.Code
	}
}
