package processor

import "time"

// DefaultWindow is how many offsets past the watermark a partition may have unfinished.
const DefaultWindow = 16_384

// smallRing is for how many offsets a tracker has memory at least.
const smallRing = 128

// Tracker knows which offsets of one partition are finished. Offsets are begun in ascending order and
// finished in any; those that never come (compaction, transaction markers) count as finished. It is
// a plain type for one goroutine at a time.
type Tracker struct {
	window  int64
	ring    []slot // grows with what is unfinished: most partitions need little of the window
	low     int64  // the first offset that is not finished
	next    int64  // one past the highest begun
	pending int
	halves  int // of them, those of which a part was delivered
	started bool
}

type slot struct {
	pending bool
	half    bool
	at      time.Time // the record's
}

// NewTracker returns a tracker for a window of so many offsets.
func NewTracker(window int) *Tracker { return &Tracker{window: int64(window)} }

// Fits tells whether offset may be begun: it lies within the window past the watermark. An offset that
// came before, as after a truncation of the log, fits when nothing is unfinished.
func (t *Tracker) Fits(offset int64) bool {
	return t.pending == 0 || offset >= t.next && offset-t.low < t.window
}

// Known tells whether offset is below the highest that was begun.
func (t *Tracker) Known(offset int64) bool { return t.started && offset < t.next }

// Next is one past the highest offset that was begun.
func (t *Tracker) Next() int64 { return t.next }

// Begin marks an offset as unfinished. The caller has asked Fits.
func (t *Tracker) Begin(offset int64, at time.Time) {
	if t.pending == 0 { // whatever lies between never came
		t.low = offset
		t.shrink()
	}
	t.started = true
	t.grow(offset + 1 - t.low)
	t.next = offset + 1
	t.pending++
	t.ring[offset%int64(len(t.ring))] = slot{pending: true, at: at}
}

// shrink gives a large ring back. Nothing is unfinished.
func (t *Tracker) shrink() {
	if len(t.ring) > smallRing {
		t.ring = nil
	}
}

// grow makes the ring large enough for so many offsets from the watermark on.
func (t *Tracker) grow(span int64) {
	if span <= int64(len(t.ring)) {
		return
	}
	was := t.ring
	t.ring = make([]slot, min(max(2*span, smallRing), max(t.window, 1)))
	for offset := t.low; offset < t.next && t.pending > 0; offset++ {
		t.ring[offset%int64(len(t.ring))] = was[offset%int64(len(was))]
	}
}

// Finish marks an offset as finished and reports whether the watermark moved.
func (t *Tracker) Finish(offset int64) (moved bool) {
	if offset < t.low || offset >= t.next {
		return false
	}
	s := &t.ring[offset%int64(len(t.ring))]
	if !s.pending {
		return false
	}
	if s.half {
		t.halves--
	}
	s.pending, s.half = false, false
	t.pending--
	if offset != t.low {
		return false
	}
	if t.pending == 0 {
		t.low = t.next
		return true
	}
	for t.low < t.next && !t.ring[t.low%int64(len(t.ring))].pending {
		t.low++
	}
	return true
}

// Halve tells that a part of an unfinished record was delivered: if the record is read again, that part
// is sent again, and so must be whatever came behind it, or the older would be the last word.
func (t *Tracker) Halve(offset int64) {
	if offset < t.low || offset >= t.next {
		return
	}
	if s := &t.ring[offset%int64(len(t.ring))]; s.pending && !s.half {
		s.half = true
		t.halves++
	}
}

// Halves is the number of unfinished records of which a part was delivered.
func (t *Tracker) Halves() int { return t.halves }

// Watermark is the offset to commit: everything below it is finished. It is not known (false) before
// the first offset was begun.
func (t *Tracker) Watermark() (int64, bool) { return t.low, t.started }

// Snapshot returns the watermark and, as one act, the set of what is finished beyond it: bit i, lowest
// first, stands for the offset watermark + i. Offsets that never came count as finished; nothing does
// behind an unfinished record of which a part was delivered.
func (t *Tracker) Snapshot() (low int64, finished []byte) {
	finished = make([]byte, (t.next-t.low+7)/8)
	for offset := t.low; offset < t.next; offset++ {
		s := &t.ring[offset%int64(len(t.ring))]
		if s.half {
			break
		}
		if !s.pending {
			i := offset - t.low
			finished[i/8] |= 1 << (i % 8)
		}
	}
	return t.low, finished
}

// Pending is the number of unfinished offsets.
func (t *Tracker) Pending() int { return t.pending }

// Oldest is the time of the oldest unfinished record.
func (t *Tracker) Oldest() (time.Time, bool) {
	if t.pending == 0 {
		return time.Time{}, false
	}
	return t.ring[t.low%int64(len(t.ring))].at, true
}
