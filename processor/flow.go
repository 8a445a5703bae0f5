package processor

import (
	"context"
	"sync"
	"sync/atomic"
)

// flow keeps the bytes held within the budget, less the room of what is fetched. That limit as a whole
// holds up polling: what the client has fetched stays where it is, and rebalances go on, for they wait only
// between a poll and its end. A partition that takes more than its share while room is short, or that the
// brake has stopped, is paused alone, and all are while the gate is shut and enough waits to probe with. A
// pause throws away what the client has fetched ahead, and a partition that is resumed waits for the fetch
// that is under way without it, [fetchWait] at most: so it is kept for what lasts.
type flow struct {
	p      *Processor
	limit  int64 // of the bytes held
	wake   chan struct{}
	room   chan struct{}
	held   atomic.Bool // polling waits for room
	paused atomic.Bool // some partition is
	mu     sync.Mutex  // one decision at a time, so that a pause and a resume keep their order
}

func newFlow(p *Processor) *flow {
	return &flow{p: p, limit: p.cfg.Budget - fetchRoom(p.cfg.Budget), wake: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// nudge asks for another look at the pauses.
func (f *flow) nudge() { signal(f.wake) }

// freed is called when bytes were given back.
func (f *flow) freed() {
	if f.held.Load() && f.roomy() {
		signal(f.room)
	}
	if f.paused.Load() {
		f.nudge()
	}
}

// took is called when records were taken. While more than half of the limit is free no partition can hold more
// than that.
func (f *flow) took() {
	if f.paused.Load() || f.p.held.Load() > f.limit/2 {
		f.balance()
	}
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// roomy tells whether polling may go on after it was held up: a quarter below the mark, so that it
// does not stop and go with each record.
func (f *flow) roomy() bool { return f.p.held.Load() <= f.limit/4*3 }

// awaitRoom returns when the limit has room for more, or ctx ends.
func (f *flow) awaitRoom(ctx context.Context) {
	if f.p.held.Load() <= f.limit {
		return
	}
	f.held.Store(true)
	defer f.held.Store(false)
	for !f.roomy() {
		select {
		case <-ctx.Done():
			return
		case <-f.room:
		}
	}
}

func (f *flow) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
			f.balance()
		}
	}
}

// balance decides for every partition.
func (f *flow) balance() {
	f.mu.Lock()
	defer f.mu.Unlock()
	owners := f.p.owned()
	shut := f.p.sink.Saturated()
	free := f.limit - f.p.held.Load()
	var pause, resume []int32
	paused := false
	for _, o := range owners {
		o.mu.Lock()
		_, stopped := o.stopped()
		want := shut || stopped || wantPause(o.paused, o.held, free, 2*f.limit/max(4, int64(len(owners))))
		switch {
		case want && !o.paused:
			pause = append(pause, o.partition)
		case !want && o.paused:
			resume = append(resume, o.partition)
		}
		o.paused = want
		paused = paused || want
		o.mu.Unlock()
	}
	if !f.paused.Swap(paused) && paused {
		f.nudge() // bytes may have been freed before anyone could see that they are waited for
	}
	if len(pause) > 0 {
		f.p.client.PauseFetchPartitions(map[string][]int32{f.p.cfg.Topic: pause})
	}
	if len(resume) > 0 {
		f.p.client.ResumeFetchPartitions(map[string][]int32{f.p.cfg.Topic: resume})
	}
}

// wantPause is the rule for one partition: it pauses when it holds more than its share, which is twice an equal
// one, and more than what is free for all others, and resumes at half of either. So one partition that does not
// move leaves half of the limit to the others, two leave a third, and n leave 1/(n+1) of it, as long as that is
// more than a share: the dynamic threshold of Choudhury and Hahne (IEEE/ACM ToN 6(2), 1998), with which switches
// share their memory among queues.
func wantPause(paused bool, held, free, share int64) bool {
	if paused {
		return held > share/2 && held > free/2
	}
	return held > share && held > free
}
