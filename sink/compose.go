package sink

import "time"

// Framing of a batch: the bytes around and between its items. See customerio.md §1.3: the body is
// {"batch":[item,item]}.
const batchFrame = len(`{"batch":[]}`)

// limits bound one request.
type limits struct {
	ops   int // most ops in a request
	bytes int // most bytes of a body, frame and commas included
	solo  int // an op of more bytes goes alone
}

// composer decides when a request is due and what it carries.
type composer struct {
	limits limits
	// linger is how long an op may wait for company. spacing is the least time between two requests
	// that did not wait for a full load: it keeps a steady stream from one request each linger.
	linger, spacing time.Duration
	lastPartial     time.Time
}

// due tells whether a request should be composed now, and if not, when to ask again; the zero time
// means that no op is ready.
func (c *composer) due(now time.Time, l *lanes) (bool, time.Time) {
	oldest := l.oldest()
	if oldest == nil {
		return false, time.Time{}
	}
	if c.full(l) || c.alone(oldest) {
		return true, time.Time{}
	}
	at := later(oldest.head.submitted.Add(c.linger), c.lastPartial.Add(c.spacing))
	// What the last request had to leave behind, since its lane was in flight, need not wait as long again.
	if left := later(oldest.head.submitted.Add(c.spacing), c.lastPartial.Add(c.linger)); left.Before(at) {
		at = left
	}
	return !at.After(now), at
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (c *composer) full(l *lanes) bool {
	return l.readyOps >= c.limits.ops || l.readyBytes+batchFrame-1 >= c.limits.bytes
}

// alone tells whether the head of ln travels without other lanes.
func (c *composer) alone(ln *lane) bool {
	return len(ln.suspects) > 0 || len(ln.head.Body) > c.limits.solo
}

// compose takes the next request's ops from the lanes, at most maxOps, oldest heads first. Every lane
// it takes from is held. It returns nil when no lane is ready.
func (c *composer) compose(now time.Time, l *lanes, maxOps int) []*Op {
	first := l.oldest()
	if first == nil {
		return nil
	}
	if !c.full(l) && !c.alone(first) {
		c.lastPartial = now
	}
	ops := make([]*Op, 0, min(maxOps, l.readyOps))
	if c.alone(first) {
		return c.takeAlone(l, first, ops, maxOps)
	}
	bytes := batchFrame - 1 // the first item has no comma before it
	var skipped []*lane
	for ln := first; ln != nil && len(ops) < maxOps; ln = l.oldest() {
		l.unready(ln)
		taken := 0
		if !c.alone(ln) {
			ops, bytes, taken = c.takeRun(l, ln, ops, bytes, maxOps)
		}
		if taken > 0 {
			ln.hold()
			continue
		}
		skipped = append(skipped, ln)
		if !c.alone(ln) { // it did not fit: the body is full
			break
		}
	}
	for _, ln := range skipped {
		l.settle(ln)
	}
	return ops
}

// takeRun takes ops from the head of ln while they fit. A barrier is a run of its own.
func (c *composer) takeRun(l *lanes, ln *lane, ops []*Op, bytes, maxOps int) (_ []*Op, size, taken int) {
	for ln.head != nil && len(ops) < maxOps {
		op := ln.head
		grown := bytes + len(op.Body) + 1
		if grown > c.limits.bytes || len(op.Body) > c.limits.solo || op.Barrier && taken > 0 {
			break
		}
		ops, bytes = append(ops, l.pop(ln)), grown
		taken++
		if op.Barrier {
			break
		}
	}
	return ops, bytes, taken
}

// takeAlone takes one big op, or a few suspects, of the lane ln alone.
func (c *composer) takeAlone(l *lanes, ln *lane, ops []*Op, maxOps int) []*Op {
	l.unready(ln)
	if len(ln.head.Body) > c.limits.solo {
		ops = append(ops, l.pop(ln))
	} else {
		ops, _, _ = c.takeRun(l, ln, ops, batchFrame-1, min(maxOps, ln.suspects.next()))
	}
	ln.hold()
	return ops
}
