package processor

import (
	"context"
	"sync"
	"sync/atomic"
)

// flow pauses partitions that hold too much and resumes them: by their share of the byte budget, by
// the budget as a whole, and all of them while nothing may be sent. A pause throws away what the
// client has fetched ahead, so a partition resumes only at half of its mark.
type flow struct {
	p      *Processor
	wake   chan struct{}
	paused atomic.Bool // some partition is
	mu     sync.Mutex  // one decision at a time, so that a pause and a resume keep their order
}

func newFlow(p *Processor) *flow { return &flow{p: p, wake: make(chan struct{}, 1)} }

func (f *flow) nudge() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// freed is called when bytes were given back.
func (f *flow) freed() {
	if f.paused.Load() {
		f.nudge()
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
	shut := f.p.sink.GateShut()
	var pause, resume []int32
	paused := false
	for _, o := range owners {
		o.mu.Lock()
		want := wantPause(o.paused, shut, o.held, f.p.held.Load(), f.p.cfg.Budget, int64(len(owners)))
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

// wantPause is the rule: a partition pauses above twice its fair share or when the budget is spent, and
// resumes below half of both.
func wantPause(paused, shut bool, held, all, budget, partitions int64) bool {
	share := 2 * budget / max(2, partitions)
	if paused {
		return shut || held > share/2 || all > budget/2
	}
	return shut || held > share || all > budget
}
