package sink

import (
	"math"
	"slices"
	"time"
)

// Options set up an engine. The zero value means the defaults named at each field.
type Options struct {
	// Rate bounds the requests a second; 0 means 100, the fair use that Customer.io documented
	// longest, and a negative value no limit.
	Rate float64
	// MaxInFlight bounds the requests in the air; 0 means 64.
	MaxInFlight int
	// MaxOps and MaxBytes bound one request; 0 means 400 ops and 500,000 bytes, the API's limit.
	MaxOps, MaxBytes int
	// SoloBytes: a longer op goes alone; 0 means 32,000, the API's limit for an item of a batch.
	SoloBytes int
	// Linger is how long an op may wait for company; 0 means 25 ms.
	Linger time.Duration
}

func (o Options) withDefaults() Options {
	if o.Rate == 0 {
		o.Rate = 100
	}
	if o.Rate < 0 {
		o.Rate = math.Inf(1)
	}
	setDefault(&o.MaxInFlight, 64)
	setDefault(&o.MaxOps, 400)
	setDefault(&o.MaxBytes, 500_000)
	setDefault(&o.SoloBytes, 32_000)
	o.SoloBytes = min(o.SoloBytes, o.MaxBytes-batchFrame) // what fits no batch goes alone
	if o.Linger == 0 {
		o.Linger = 25 * time.Millisecond
	}
	return o
}

func setDefault(v *int, d int) {
	if *v == 0 {
		*v = d
	}
}

// probeOps bounds the one request of a half-open gate.
const probeOps = 10

// Rejecting as exhausted costs a token. Deliveries earn them, so that a destination that delivers
// nothing cannot empty a topic into letters.
const (
	tokensEarned = 0.01 // an op
	tokensMost   = 100
)

// Engine takes every decision of the sink: which ops go together, when, and what an answer means for
// each of them. It is a plain type: one goroutine at a time, no I/O, and time is what it is told.
type Engine struct {
	lanes    *lanes
	composer composer
	permits  permits
	pace     pace
	gate     *gate
	waiting  waiting
	// pieces holds the requests, waiting or in the air, that are pieces of a search.
	pieces map[*Request]struct{}
	// letters holds the rejected ops whose lanes wait for the letter.
	letters map[*Op]struct{}
	// ended holds the epochs of which nothing may be sent any more.
	ended map[uint64]struct{}
	// retired holds requests that are not sent again in their composition, see [Engine.Retired].
	retired []*Request
	tokens  float64
	counts  counts
}

type counts struct {
	requests, retries, resent, splits, delivered, rejected int64
	fortune
}

// NewEngine returns an empty engine.
func NewEngine(o Options) *Engine {
	o = o.withDefaults()
	return &Engine{
		lanes: newLanes(),
		composer: composer{
			limits: limits{ops: o.MaxOps, bytes: o.MaxBytes, solo: o.SoloBytes},
			linger: o.Linger, spacing: 2 * o.Linger,
		},
		permits: newPermits(o.MaxInFlight),
		pace:    newPace(o.Rate),
		gate:    newGate(),
		pieces:  map[*Request]struct{}{},
		letters: map[*Op]struct{}{},
		ended:   map[uint64]struct{}{},
	}
}

// Add queues ops. Ops of ended epochs are dropped.
func (e *Engine) Add(now time.Time, ops []*Op) {
	for _, op := range ops {
		if _, gone := e.ended[op.Epoch]; !gone {
			e.lanes.add(now, op)
		}
	}
}

// Next returns the request to send now, or nil and when to ask again; the zero time means that only
// a new op, an answer or a resolved letter can change anything.
func (e *Engine) Next(now time.Time) (*Request, time.Time) {
	free, at := e.gate.clear(now)
	probe := e.gate.shut()
	if !free && (at.IsZero() || at.After(now)) {
		return nil, at
	}
	if !probe && !e.permits.free() {
		return nil, time.Time{}
	}
	pick, at := e.candidate(now, probe)
	if pick == nil {
		return nil, at
	}
	if at := e.pace.wait(now); at.After(now) {
		return nil, at
	}
	e.pace.spend(now)
	r := pick()
	r.passage = e.gate.enter(now)
	r.last = e.permits.take()
	r.Attempt++
	e.countSend(r)
	return r, time.Time{}
}

// candidate returns what yields the next request, without changing anything before it is called.
func (e *Engine) candidate(now time.Time, probe bool) (func() *Request, time.Time) {
	if probe {
		return e.probeCandidate(now), time.Time{}
	}
	var due time.Time
	if w := e.waiting.first(); w != nil {
		if due = w.retry.due; !due.After(now) {
			return func() *Request { return e.waiting.take(0) }, time.Time{}
		}
	}
	if len(e.waiting) >= int(e.permits.most) {
		return nil, due // so many fail that more would only pile up
	}
	ready, at := e.composer.due(now, e.lanes)
	if ready {
		return func() *Request { return e.compose(now, e.composer.limits.ops) }, time.Time{}
	}
	if due.IsZero() || !at.IsZero() && at.Before(due) {
		due = at
	}
	return nil, due
}

// probeCandidate is a small request of the oldest ops: those that failed already, else the lanes. Each
// waiting request is a probe twice before the lanes are asked, and then in turn: it may be a request
// itself that is toxic. So many wait at most as there are permits, however long the gate is shut.
func (e *Engine) probeCandidate(now time.Time) func() *Request {
	i := e.waiting.leastProbed()
	ready := e.lanes.oldest() != nil && len(e.waiting) < int(e.permits.most)
	if i >= 0 && (e.waiting[i].probes < splitAfter || !ready) {
		return func() *Request { return e.carve(e.waiting.take(i)) }
	}
	if ready {
		return func() *Request { return e.carve(e.compose(now, min(probeOps, e.composer.limits.ops))) }
	}
	return nil
}

func (e *Engine) saturated() bool {
	return e.gate.shut() && (e.lanes.oldest() != nil || len(e.waiting) >= int(e.permits.most))
}

func (e *Engine) compose(now time.Time, most int) *Request {
	return &Request{Ops: e.composer.compose(now, e.lanes, most)}
}

// carve cuts a probe off r; the rest waits on. What is all there is to probe with is cut in two, so that
// something can be sent beside the first if that hangs.
func (e *Engine) carve(r *Request) *Request {
	r.probes++
	e.abandon(r)
	most := probeOps
	if half := laneCut(r.Ops, len(r.Ops)/2); half > 0 && !e.gate.patient && len(e.waiting) == 0 && e.lanes.oldest() == nil {
		most = min(most, half)
	}
	if len(r.Ops) <= most {
		return r
	}
	probe, rest := e.cut(r, most)
	if rest != nil {
		rest.probes = r.probes
		e.waiting.push(rest)
	}
	return probe
}

// cut takes about n ops off the front of r, as a request of its own, and returns the other ops as a
// second one. A lane is never in both: when r holds one lane only, its other ops go back to the lane
// as suspects, and the second request is nil.
func (e *Engine) cut(r *Request, n int) (front, rest *Request) {
	e.retired = append(e.retired, r)
	at := laneCut(r.Ops, n)
	if at == 0 {
		e.giveBack(r.Ops[n:], n)
		at = n
	} else {
		rest = &Request{Ops: r.Ops[at:], Attempt: r.Attempt, retry: r.retry}
	}
	return &Request{Ops: r.Ops[:at:at], Attempt: r.Attempt, retry: r.retry, probes: r.probes}, rest
}

// giveBack puts the ops of one lane back to its front, but for those of ended epochs. With a limit they
// are suspects: they travel without other lanes, and no more than limit at a time.
func (e *Engine) giveBack(run []*Op, limit int) {
	kept := slices.DeleteFunc(slices.Clone(run), e.isEnded)
	if len(kept) == 0 {
		return
	}
	e.lanes.giveBack(kept)
	switch ln := e.lane(kept[0]); {
	case limit > 0:
		ln.suspects.add(len(kept), limit)
	case len(ln.suspects) > 0: // suspects stand at the head: these stand before them now
		ln.suspects.add(len(kept), ln.suspects.most())
	}
}

func (e *Engine) lane(op *Op) *lane { return &e.lanes.all[laneOf(op)] }

func (e *Engine) countSend(r *Request) {
	e.counts.requests++
	if r.Attempt > 1 {
		e.counts.retries++
	}
	for _, op := range r.Ops {
		if op.sent {
			e.counts.resent++
		}
		op.sent = true
	}
}
