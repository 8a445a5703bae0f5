package sink

import (
	"slices"
	"time"
)

// statusTooLarge is the HTTP status of an answer that refuses a request for its size.
const statusTooLarge = 413

// Done takes the answer to r, which [Engine.Next] returned, and appends what it settles to results.
func (e *Engine) Done(now time.Time, r *Request, a Answer, results []Result) []Result {
	e.permits.giveBack()
	opened := e.gate.leave(now, r.passage, a)
	e.adapt(now, r, a, opened)
	switch {
	case a.Cause == CauseCanceled || (r.passage.probe || e.gate.shut()) && a.Verdict != Done && a.Verdict != Reject && a.Verdict != Split:
		// It says nothing about the ops: they go again when they may, and no attempt is counted.
		r.retry.due = now
		e.again(r)
		return results
	case a.Verdict == Done:
		return e.done(now, r, a, results)
	case a.Cause == CauseUnsent && len(r.Ops) == 1:
		e.counts.requests--
		return e.giveUp(now, r, ReasonTooLarge, a, results)
	case a.Verdict == Reject && len(r.Ops) == 1:
		return e.giveUp(now, r, ReasonRejected, a, results)
	case a.Verdict == Split && len(r.Ops) > 1, a.Verdict == Reject:
		if a.Status == statusTooLarge {
			e.split(now, r) // each half may be small enough, so that neither tells about the other
		} else {
			e.search(now, r)
		}
		return results
	default:
		return e.retryLater(now, r, a, results)
	}
}

// adapt moves permits and rate by what the answer says about the destination.
func (e *Engine) adapt(now time.Time, r *Request, a Answer, opened bool) {
	switch a.Cause {
	case CauseNone, CauseContent:
		e.counts.successes++
		if r.last && !r.passage.probe {
			e.permits.grow()
		}
	case CauseThrottled:
		e.permits.shrink()
		e.pace.shrink(now)
	case CauseServer, CauseTransport:
		e.counts.failures++
		if !r.passage.probe {
			e.permits.shrink()
		}
	case CauseCredentials, CauseConfiguration, CauseCanceled, CauseUnsent: // nothing about how much it can take
	}
	if opened {
		e.permits.restart()
		e.pace.restart(now)
	}
}

// done settles a request that was taken, with its exceptions.
func (e *Engine) done(now time.Time, r *Request, a Answer, results []Result) []Result {
	items := a.Items
	var again []*Op
	for i, op := range r.Ops {
		if len(items) == 0 || items[0].Index != i {
			results = append(results, e.deliver(op))
			continue
		}
		if items[0].Verdict == Reject {
			results = append(results, e.reject(now, op, ReasonRejected, a.Status, items[0].Refusal))
		} else {
			op.failed(now)
			again = append(again, op)
		}
		items = items[1:]
	}
	switch ln := e.lane(r.Ops[0]); {
	case len(a.Items) > 0:
		e.explain(r)
	case r.search != nil:
		r.search.taken(len(r.Ops))
	default:
		ln.suspects.taken()
	}
	runs(again, func(run []*Op) { e.giveBack(run, 0) })
	return e.finish(now, r, results)
}

func (e *Engine) deliver(op *Op) Result {
	e.counts.delivered++
	e.tokens = min(tokensMost, e.tokens+tokensEarned)
	res := op.result()
	res.Attempts++ // the one that was taken
	return res
}

func (e *Engine) reject(now time.Time, op *Op, why Reason, status int, refusal Refusal) Result {
	e.counts.rejected++
	op.failed(now)
	if _, gone := e.ended[op.Epoch]; !gone {
		e.letters[op] = struct{}{}
		e.lane(op).hold()
	}
	res := op.result()
	res.Reason, res.Status, res.Refusal = why, status, refusal
	return res
}

// giveUp rejects the only op of r.
func (e *Engine) giveUp(now time.Time, r *Request, why Reason, a Answer, results []Result) []Result {
	if r.search != nil {
		r.search.found()
	}
	e.explain(r)
	return e.finish(now, r, append(results, e.reject(now, r.Ops[0], why, a.Status, a.Refusal)))
}

// finish lets the lanes of r go, but for one that its search goes on with.
func (e *Engine) finish(now time.Time, r *Request, results []Result) []Result {
	e.retired = append(e.retired, r)
	s := e.unlink(r)
	goesOn := s != nil && len(s.ops) > 0
	runs(r.Ops, func(run []*Op) {
		if !goesOn || laneOf(run[0]) != laneOf(s.ops[0]) {
			e.lanes.release(e.lane(run[0]))
		}
	})
	if goesOn {
		e.sendPiece(now, s)
	}
	return results
}

// split sends r again in halves, both at once.
func (e *Engine) split(now time.Time, r *Request) {
	e.abandon(r)
	e.counts.splits++
	front, rest := e.cut(r, (len(r.Ops)+1)/2)
	for _, half := range []*Request{front, rest} {
		if half != nil {
			half.retry = schedule{due: now}
			e.again(half)
		}
	}
}

// retryLater sends r again after a back-off, or in halves when it alone fails, or gives its only op up.
func (e *Engine) retryLater(now time.Time, r *Request, a Answer, results []Result) []Result {
	if a.Cause == CauseThrottled { // says nothing about the ops, and a split would ask for more requests
		r.retry.wait(now)
		e.again(r)
		return results
	}
	e.abandon(r) // the ops behind it do not wait for its back-off
	for _, op := range r.Ops {
		op.failed(now)
	}
	r.retry.failed(now, e.counts.fortune)
	if len(r.Ops) > 1 {
		if r.retry.toxic(e.counts.successes) {
			e.split(now, r)
		} else {
			e.again(r)
		}
		return results
	}
	if e.exhausted(now, r) {
		e.tokens--
		return e.giveUp(now, r, ReasonExhausted, a, results)
	}
	e.again(r)
	return results
}

// exhausted tells whether the only op of r is given up.
func (e *Engine) exhausted(now time.Time, r *Request) bool {
	op := r.Ops[0]
	return r.retry.alone >= exhaustedAttempts-1 && op.attempts >= exhaustedAttempts && now.Sub(op.firstFailed) >= exhaustedAfter &&
		!e.gate.shut() && e.tokens >= 1
}

// again queues r to be sent as it is, unless some of its ops belong to an ended epoch: then it cannot
// stay what it was, and the others go back to their lanes.
func (e *Engine) again(r *Request) {
	if !slices.ContainsFunc(r.all(), e.isEnded) {
		e.waiting.push(r)
		return
	}
	e.dissolve(r)
}

func (e *Engine) isEnded(op *Op) bool {
	_, ended := e.ended[op.Epoch]
	return ended
}

func (e *Engine) dissolve(r *Request) {
	e.retired = append(e.retired, r)
	runs(r.all(), func(run []*Op) {
		e.giveBack(run, 0)
		e.lanes.release(e.lane(run[0]))
	})
	e.unlink(r)
}

// Resolve tells that the letter of a rejected op is in the dead-letter topic: its lane goes on.
func (e *Engine) Resolve(op *Op) {
	if _, ok := e.letters[op]; ok {
		delete(e.letters, op)
		e.lanes.release(e.lane(op))
	}
}

// End stops sending for an epoch: what waits of it is dropped, what is in the air may finish. Ops of
// other epochs that wait in one request with it go back to the front of their lanes. It returns how
// many ops were dropped.
func (e *Engine) End(epoch uint64) int {
	e.ended[epoch] = struct{}{}
	n := 0
	all := e.waiting
	e.waiting = nil
	for _, r := range all {
		n += count(r.all(), epoch)
		e.again(r)
	}
	for r := range e.pieces { // a piece that waits was dissolved above: these are in the air
		if behind := count(r.behind(), epoch); behind > 0 {
			n += behind
			e.abandon(r)
		}
	}
	n += e.lanes.drop(epoch)
	for op := range e.letters {
		if op.Epoch == epoch {
			e.Resolve(op)
		}
	}
	return n
}

// count tells how many of ops are of an epoch.
func count(ops []*Op, epoch uint64) (n int) {
	for _, op := range ops {
		if op.Epoch == epoch {
			n++
		}
	}
	return n
}

// Forget frees what is kept of an ended epoch. It is called when nothing of it is in the air and
// nothing of it will be added.
func (e *Engine) Forget(epoch uint64) { delete(e.ended, epoch) }

// Retired returns the requests that will not be sent again since it was last called, so that their
// buffers can be given back.
func (e *Engine) Retired() []*Request {
	r := e.retired
	e.retired = nil
	return r
}

func (op *Op) failed(now time.Time) {
	op.attempts++
	if op.firstFailed.IsZero() {
		op.firstFailed = now
	}
	op.lastFailed = now
}

func (op *Op) result() Result {
	return Result{Op: op, Attempts: op.attempts, FirstFailed: op.firstFailed, LastFailed: op.lastFailed}
}
