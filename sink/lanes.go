package sink

import (
	"container/heap"
	"slices"
	"time"
)

// lane is a FIFO of ops. It takes part in at most one request at a time.
type lane struct {
	head, tail *Op
	ops, bytes int // waiting
	// held counts what the lane waits for: its request, in the air or to be repeated, and each
	// letter of its ops that the broker has not acknowledged.
	held     int
	suspects suspects
	place    int // in the ready heap, -1 when not there
}

// lanes holds every waiting op. Ready lanes, those that hold ops and wait for nothing, stand in a
// heap by the age of their heads.
type lanes struct {
	all   [Lanes]lane
	ready readyHeap
	seq   uint64
	// What the ready lanes hold, and what all lanes hold.
	readyOps, readyBytes, ops int
}

func newLanes() *lanes {
	l := &lanes{}
	for i := range l.all {
		l.all[i].place = -1
	}
	return l
}

// add appends op to its lane.
func (l *lanes) add(now time.Time, op *Op) {
	ln := &l.all[laneOf(op)]
	l.seq++
	op.seq, op.submitted, op.next = l.seq, now, nil
	if ln.tail == nil {
		ln.head = op
	} else {
		ln.tail.next = op
	}
	ln.tail = op
	l.count(ln, 1, len(op.Body)+1)
	l.settle(ln)
}

// giveBack puts ops, which stand together in one lane that waits, back to its head in their order.
func (l *lanes) giveBack(ops []*Op) {
	ln := &l.all[laneOf(ops[0])]
	for _, op := range slices.Backward(ops) {
		op.next = ln.head
		ln.head = op
		if ln.tail == nil {
			ln.tail = op
		}
		l.count(ln, 1, len(op.Body)+1)
	}
}

// pop takes the head of ln, which is not in the heap.
func (l *lanes) pop(ln *lane) *Op {
	op := ln.head
	ln.head = op.next
	if ln.head == nil {
		ln.tail = nil
	}
	op.next = nil
	ln.suspects.leave(0)
	l.count(ln, -1, -len(op.Body)-1)
	return op
}

// hold and release count what a lane waits for. One that is held is not in the heap, or not any more.
func (ln *lane) hold() { ln.held++ }

func (l *lanes) release(ln *lane) {
	ln.held--
	l.settle(ln)
}

// drop removes the waiting ops of the given epoch and returns how many they were.
func (l *lanes) drop(epoch uint64) int {
	n := 0
	for i := range l.all {
		ln := &l.all[i]
		l.unready(ln)
		n += l.dropFrom(ln, epoch)
		l.settle(ln)
	}
	return n
}

func (l *lanes) dropFrom(ln *lane, epoch uint64) int {
	n, kept := 0, 0
	var last *Op
	for link := &ln.head; *link != nil; {
		op := *link
		if op.Epoch != epoch {
			last, link = op, &op.next
			kept++
			continue
		}
		*link, op.next = op.next, nil
		l.count(ln, -1, -len(op.Body)-1)
		ln.suspects.leave(kept)
		n++
	}
	ln.tail = last
	return n
}

func (l *lanes) count(ln *lane, ops, bytes int) {
	ln.ops += ops
	ln.bytes += bytes
	l.ops += ops
	if ln.place >= 0 {
		l.readyOps += ops
		l.readyBytes += bytes
	}
}

// settle puts ln into the heap if it belongs there.
func (l *lanes) settle(ln *lane) {
	ready := ln.head != nil && ln.held == 0
	if ready && ln.place < 0 {
		heap.Push(&l.ready, ln)
		l.readyOps += ln.ops
		l.readyBytes += ln.bytes
	}
}

func (l *lanes) unready(ln *lane) {
	if ln.place < 0 {
		return
	}
	heap.Remove(&l.ready, ln.place)
	l.readyOps -= ln.ops
	l.readyBytes -= ln.bytes
}

// oldest is the ready lane with the oldest head, nil when none is ready.
func (l *lanes) oldest() *lane {
	if len(l.ready) == 0 {
		return nil
	}
	return l.ready[0]
}

type readyHeap []*lane

func (h readyHeap) Len() int           { return len(h) }
func (h readyHeap) Less(i, j int) bool { return h[i].head.seq < h[j].head.seq }
func (h readyHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *readyHeap) Push(x any) {
	ln := x.(*lane)
	ln.place = len(*h)
	*h = append(*h, ln)
}

func (h *readyHeap) Pop() any {
	old := *h
	ln := old[len(old)-1]
	*h = old[:len(old)-1]
	ln.place = -1
	return ln
}
