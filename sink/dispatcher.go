package sink

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Dispatcher runs an [Engine]: it sends what the engine composes, each request in a goroutine of its
// own, and hands on what the answers settle. Its methods may be called by many goroutines at once.
type Dispatcher struct {
	sender Sender
	lease  Lease
	settle func([]Result)
	gate   func(GateState)

	wake chan struct{} // capacity 1: something changed that Next should see

	mu       sync.Mutex // covers what follows; never held across a wait
	engine   *Engine
	air      map[*flight]struct{}
	landed   chan struct{} // closed, and made anew, when a request has returned
	latency  latencies
	statuses map[int]int64
	shut     bool // the gate as last reported
}

// flight is one sending of a request, from its launch until its results are settled. By then the request
// may be in the air again.
type flight struct {
	request  *Request
	since    time.Time
	limit    time.Duration
	cancel   context.CancelFunc
	answered bool
}

// leaseLook is how often a lease is looked at that is not held.
const leaseLook = 50 * time.Millisecond

// overtaken is how long a probe may still take when a later one was answered: all may come at once.
const overtaken = 100 * time.Millisecond

// NewDispatcher returns a dispatcher that hands results to settle and tells each opening and closing
// of the gate to gate, which may be nil. Both are called by many goroutines at once, without any lock
// held, and must not block for long: they hold up the next request of the lane. While the lease is not
// held nothing is sent, and nothing counts as tried; nil is always held.
func NewDispatcher(sender Sender, lease Lease, o Options, settle func([]Result), gate func(GateState)) *Dispatcher {
	if gate == nil {
		gate = func(GateState) {}
	}
	return &Dispatcher{
		sender: sender, lease: lease, settle: settle, gate: gate,
		wake:     make(chan struct{}, 1),
		engine:   NewEngine(o),
		air:      map[*flight]struct{}{},
		landed:   make(chan struct{}),
		statuses: map[int]int64{},
	}
}

// Run sends until ctx ends, then cancels what is in the air and waits for it. To lose no answer, end
// every epoch by [Dispatcher.Drain] first.
func (d *Dispatcher) Run(ctx context.Context) {
	var sends sync.WaitGroup
	defer sends.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next := d.launch(ctx, &sends)
		if next.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(next))
		}
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-timer.C:
		}
	}
}

// launch starts every request that is due and returns when to look again.
func (d *Dispatcher) launch(ctx context.Context, sends *sync.WaitGroup) time.Time {
	for {
		if d.lease != nil && !d.lease.Held() {
			return time.Now().Add(leaseLook)
		}
		d.mu.Lock()
		r, at := d.engine.Next(time.Now())
		retired := d.engine.Retired()
		if r == nil {
			d.mu.Unlock()
			d.release(retired)
			return at
		}
		r.lease = d.lease
		f := &flight{request: r, since: time.Now(), limit: d.latency.limit(r)}
		sendCtx, cancel := context.WithTimeout(ctx, f.limit)
		f.cancel = cancel
		d.air[f] = struct{}{}
		d.mu.Unlock()
		d.release(retired)
		sends.Go(func() {
			defer cancel()
			d.send(sendCtx, f)
		})
	}
}

func (d *Dispatcher) send(ctx context.Context, f *flight) {
	r := f.request
	answer := Answer{Verdict: Retry, Cause: CauseCanceled}
	if r.Held() {
		answer = d.sender.Send(ctx, r)
	}
	now := time.Now()
	results := make([]Result, 0, len(r.Ops))

	d.mu.Lock()
	if answer.Cause != CauseUnsent {
		d.statuses[answer.Status]++
	}
	f.answered = true
	results = d.engine.Done(now, r, answer, results)
	retired := d.engine.Retired()
	state := d.engine.Stats(now).Gate
	changed := state.Shut != d.shut
	d.shut = state.Shut
	opened := changed && !state.Shut
	d.latency.learn(r, answer.Cause, f.since, now.Sub(f.since), f.limit, opened)
	if opened {
		d.overtake(f)
	}
	d.mu.Unlock()

	d.nudge() // the lanes of r may go on while its results are settled
	d.release(retired)
	if changed {
		d.gate(state)
	}
	if len(results) > 0 {
		d.settle(results)
	}
	d.land(f)
}

// overtake gives the probes up that hang since before by, which was answered: they were lost in the
// outage. The lock is held.
func (d *Dispatcher) overtake(by *flight) {
	for f := range d.air {
		if f.request.passage.probe && !f.answered && f.since.Before(by.since) {
			time.AfterFunc(overtaken, f.cancel)
		}
	}
}

// land wakes whoever drains. It comes after settle: a drain that has seen a request land
// has seen its results settled.
func (d *Dispatcher) land(f *flight) {
	d.mu.Lock()
	delete(d.air, f)
	close(d.landed)
	d.landed = make(chan struct{})
	d.mu.Unlock()
}

func (d *Dispatcher) release(retired []*Request) {
	for _, r := range retired {
		d.sender.Release(r)
	}
}

func (d *Dispatcher) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Submit queues ops. Those of one ordering key must be submitted in their order; ops of an ended
// epoch are dropped. It never blocks: the caller bounds what it submits.
func (d *Dispatcher) Submit(ops []*Op) {
	d.mu.Lock()
	d.engine.Add(time.Now(), ops)
	d.mu.Unlock()
	d.nudge()
}

// Resolve tells that the letter of a rejected op is safe, so that its lane may go on.
func (d *Dispatcher) Resolve(op *Op) {
	d.mu.Lock()
	d.engine.Resolve(op)
	d.mu.Unlock()
	d.nudge()
}

// Drain ends epochs: nothing more of them is sent, and what is in the air may finish until ctx ends,
// when it is canceled. It returns when nothing of them is in the air and all results are settled, and
// tells how many requests it had to cut.
func (d *Dispatcher) Drain(ctx context.Context, epochs ...uint64) (cut int) {
	d.mu.Lock()
	for _, epoch := range epochs {
		d.engine.End(epoch)
	}
	retired := d.engine.Retired()
	d.mu.Unlock()
	d.release(retired)
	d.nudge()

	expired := ctx.Done()
	for {
		d.mu.Lock()
		cancels := d.flying(epochs)
		landed := d.landed
		d.mu.Unlock()
		if len(cancels) == 0 {
			break
		}
		select {
		case <-landed:
		case <-expired:
			cut, expired = len(cancels), nil
			for _, cancel := range cancels {
				cancel()
			}
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, epoch := range epochs {
		d.engine.Forget(epoch)
	}
	return cut
}

func (d *Dispatcher) flying(epochs []uint64) (cancels []context.CancelFunc) {
	for f := range d.air {
		for _, op := range f.request.Ops {
			if slices.Contains(epochs, op.Epoch) {
				cancels = append(cancels, f.cancel)
				break
			}
		}
	}
	return cancels
}

// Saturated tells whether nothing but probes is sent and there is enough to probe with: more would
// only wait. A shut gate with nothing to probe, or with nothing but one op that may itself be what is
// toxic, wants more ops: without them it would never open.
func (d *Dispatcher) Saturated() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.engine.saturated()
}

// Stats returns a snapshot.
func (d *Dispatcher) Stats() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.engine.Stats(time.Now())
	s.Statuses = maps.Clone(d.statuses)
	s.LatencyP99 = d.latency.p99()
	return s
}
