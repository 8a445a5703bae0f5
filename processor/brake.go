package processor

import (
	"log/slog"
	"sync"
	"sync/atomic"
)

// Bounds of the brake. A bad deploy, here or at the sender, or a wrong setting of the workspace must not
// empty a topic into the dead-letter topic: when more than half of the last records of the process fail to
// decode or map, or of the last ops are refused, the partition at hand stops before another letter is
// written. The two are counted apart: what is refused was mapped before.
const (
	brakeWindow = 200 // records or ops of the process
	brakeLeast  = 50  // that have failed among them: few records prove nothing
	brakeOwn    = 20  // records of the partition, of which most fail too: others are not its fault
)

// outcomes is how the last records fared, a ring. Records that are filtered as a whole are not in it.
type outcomes struct {
	failed               [brakeWindow]bool
	size                 int // of the ring, at most that of the array
	next, seen, failures int
}

func (o *outcomes) add(failed bool) {
	if o.seen < o.size {
		o.seen++
	} else if o.failed[o.next] {
		o.failures--
	}
	if failed {
		o.failures++
	}
	o.failed[o.next] = failed
	o.next = (o.next + 1) % o.size
}

// most tells whether more than half failed.
func (o *outcomes) most() bool { return 2*o.failures > o.seen }

// clean tells that another success would change nothing.
func (o *outcomes) clean() bool { return o.seen == o.size && o.failures == 0 }

// brake decides where a failing record stops its partition. It is a plain type for one goroutine at a
// time.
type brake struct {
	all   outcomes
	least int
	pass  int // records that still pass whatever becomes of them
}

func newBrake(window, least int) brake { return brake{all: outcomes{size: window}, least: least} }

// stops tells whether the partition whose last records are own stops before its next record, which
// failed or not. A record that stops its partition is not counted: it is asked about again.
func (b *brake) stops(own *outcomes, failed bool) bool {
	switch {
	case b.pass > 0:
		b.pass--
	case failed && b.all.failures >= b.least && b.all.most() && own.most():
		return true
	}
	b.all.add(failed)
	own.add(failed)
	return false
}

// release lets as many records pass as are looked at, and counts them anew.
func (b *brake) release() {
	size := b.all.size
	b.all, b.pass = outcomes{size: size}, size
}

// brakes is the brake of a process, for all its owners.
type brakes struct {
	off bool
	// clean is true while another success changes nothing, so that a healthy topic takes no lock here.
	clean atomic.Bool

	mu       sync.Mutex
	brake    brake
	stopped  int           // partitions that wait
	released chan struct{} // closed and made anew when the brake is released
}

func newBrakes(off bool) *brakes {
	return &brakes{off: off, brake: newBrake(brakeWindow, brakeLeast), released: make(chan struct{})}
}

// stops is [brake.stops]; when it holds, released is closed at the next release.
func (b *brakes) stops(own *outcomes, failed bool) (released <-chan struct{}, stops bool) {
	if b.off || !failed && own.clean() && b.clean.Load() {
		return nil, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	stops = b.brake.stops(own, failed)
	b.clean.Store(b.brake.pass == 0 && b.brake.all.clean())
	return b.released, stops
}

// wait counts a partition that begins (1) or ends (-1) to wait, and returns what the brake saw.
func (b *brakes) wait(partitions int) (failed, of int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped += partitions
	return b.brake.all.failures, b.brake.all.seen
}

// release lets go what waits, if anything does.
func (b *brakes) release() (partitions int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped == 0 {
		return 0
	}
	b.brake.release()
	b.clean.Store(false)
	close(b.released)
	b.released = make(chan struct{})
	return b.stopped
}

// ReleaseBrake lets the partitions go on that stopped because most records failed, or most ops were refused,
// and returns how many they were. The next 200 records or ops of the process pass; when most of them fail as
// well, it stops again.
func (p *Processor) ReleaseBrake() int {
	n := p.brakes.release()
	if refused := p.refusals.release(); refused > 0 {
		n += refused
		for _, o := range p.owned() {
			o.letGo()
		}
	}
	if n > 0 {
		p.log.Warn("the brake was released by hand", slog.Int("partitions", n), slog.Int("records_that_pass", brakeWindow))
	}
	return n
}

// pass tells the brake how the record at hand fared, and waits while its partition is stopped. It
// returns false when the owner was halted meanwhile: then the record is left as it was found.
func (o *owner) pass(r *record, failed bool) bool {
	released, stops := o.p.brakes.stops(&o.fared, failed)
	if !stops {
		return true
	}
	o.submit() // what was mapped before goes on
	o.hold(r, true)
	defer o.hold(r, false)
	for stops {
		select {
		case <-o.stop:
			return false
		case <-released:
		}
		released, stops = o.p.brakes.stops(&o.fared, true)
	}
	return true
}

// hold notes that the brake holds the partition, or no longer does.
func (o *owner) hold(r *record, on bool) {
	o.mu.Lock()
	o.braked = on
	o.mu.Unlock()
	o.p.flow.nudge()
	if !on {
		o.p.brakes.wait(-1)
		return
	}
	failed, of := o.p.brakes.wait(1)
	o.p.log.Error("stopped before more events become letters: most records cannot be decoded or mapped; nothing is lost",
		slog.Int("partition", int(o.partition)), slog.Int64("offset", r.offset), slog.Int("failed", failed), slog.Int("of", of),
		slog.String("next", BrakeHint))
}

// BrakeHint is the next step when the brake has stopped partitions.
const BrakeHint = "read the newest letters; if a deploy of pintle or of a sender broke the events, or a setting of the workspace has Customer.io refuse them, " +
	"take it back or mend it and restart; " +
	"if the events are bad, POST /api/v1/brake/release on the admin server lets 200 pass, dead_letters.brake: false all"
