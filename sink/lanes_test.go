package sink

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// lanesModel is what lanes are to be, told in the plainest way: a list of ops for each lane, looked through
// from end to end for every question.
type lanesModel struct {
	t     *rapid.T
	lanes *lanes
	queue map[int][]*Op
	held  map[int]int
	alone map[int]int // suspects
	taken map[int][]*Op
	begun int
}

// modelLanes are few, so that much happens in each.
const modelLanes = 4

func (m *lanesModel) lane() int { return rapid.IntRange(0, modelLanes-1).Draw(m.t, "lane") }

func (m *lanesModel) add(*rapid.T) {
	lane := m.lane()
	m.begun++
	o := &Op{
		Key: uint64(lane), Epoch: rapid.Uint64Range(1, 2).Draw(m.t, "epoch"),
		Body: make([]byte, rapid.IntRange(1, 9).Draw(m.t, "bytes")),
	}
	m.lanes.add(time.Unix(int64(m.begun), 0), o)
	m.queue[lane] = append(m.queue[lane], o)
}

// take does what a composer does: it takes ops from the oldest lane and holds it.
func (m *lanesModel) take(t *rapid.T) {
	ln := m.lanes.oldest()
	if ln == nil {
		t.Skip("none is ready")
	}
	lane := laneOf(ln.head)
	m.lanes.unready(ln)
	for range rapid.IntRange(1, len(m.queue[lane])).Draw(t, "take") {
		o := m.lanes.pop(ln)
		if o != m.queue[lane][0] || o.next != nil {
			t.Fatalf("lane %d gives another op than its first, or one that holds on to the next", lane)
		}
		m.queue[lane] = m.queue[lane][1:]
		m.alone[lane] = max(0, m.alone[lane]-1)
		m.taken[lane] = append(m.taken[lane], o)
	}
	ln.hold()
	m.held[lane]++
}

// back ends a request: a part of its ops goes back to the head of their lane, as suspects or not.
func (m *lanesModel) back(t *rapid.T) {
	lane := m.lane()
	if m.held[lane] == 0 {
		t.Skip("waits for nothing")
	}
	ln := &m.lanes.all[lane]
	ops := m.taken[lane][rapid.IntRange(0, len(m.taken[lane])).Draw(t, "done"):]
	if len(ops) > 0 {
		m.lanes.giveBack(ops)
		m.queue[lane] = slices.Concat(ops, m.queue[lane])
		if m.alone[lane] > 0 || rapid.Bool().Draw(t, "suspect") {
			ln.suspects.add(len(ops), 3)
			m.alone[lane] += len(ops)
		}
	}
	m.taken[lane] = nil
	for ; m.held[lane] > 0; m.held[lane]-- {
		m.lanes.release(ln)
	}
}

// count is how many ops are suspects.
func (s suspects) count() (n int) {
	for _, group := range s {
		n += group.ops
	}
	return n
}

// letter holds a lane once more.
func (m *lanesModel) letter(t *rapid.T) {
	lane := m.lane()
	if m.held[lane] == 0 {
		t.Skip("nothing of it was sent")
	}
	m.lanes.all[lane].hold()
	m.held[lane]++
}

func (m *lanesModel) drop(t *rapid.T) {
	epoch, n := rapid.Uint64Range(1, 2).Draw(t, "epoch"), 0
	gone := func(o *Op) bool { return o.Epoch == epoch }
	for lane, ops := range m.queue {
		suspects := slices.DeleteFunc(slices.Clone(ops[:m.alone[lane]]), gone)
		kept := slices.DeleteFunc(slices.Clone(ops), gone)
		n += len(ops) - len(kept)
		m.queue[lane], m.alone[lane] = kept, len(suspects)
	}
	if got := m.lanes.drop(epoch); got != n {
		t.Fatalf("dropped %d ops of epoch %d, want %d", got, epoch, n)
	}
}

// check compares everything.
func (m *lanesModel) check(t *rapid.T) {
	var oldest *Op
	ops, readyOps, readyBytes := 0, 0, 0
	for lane := range modelLanes {
		ln := &m.lanes.all[lane]
		bytes := 0
		var got []*Op
		for o := ln.head; o != nil; o = o.next {
			got = append(got, o)
		}
		for _, o := range m.queue[lane] {
			bytes += len(o.Body) + 1
		}
		if !slices.Equal(got, m.queue[lane]) || ln.ops != len(got) || ln.bytes != bytes || ln.suspects.count() != m.alone[lane] {
			t.Fatalf("lane %d: %+v, %d ops; want %d ops, %d bytes, %d suspects", lane, ln, len(got), len(m.queue[lane]), bytes, m.alone[lane])
		}
		ops += len(got)
		if len(got) == 0 || m.held[lane] > 0 {
			continue
		}
		readyOps, readyBytes = readyOps+len(got), readyBytes+bytes
		if oldest == nil || got[0].seq < oldest.seq {
			oldest = got[0]
		}
	}
	if m.lanes.ops != ops || m.lanes.readyOps != readyOps || m.lanes.readyBytes != readyBytes {
		t.Fatalf("%d ops, %d ready of %d bytes; want %d, %d, %d", m.lanes.ops, m.lanes.readyOps, m.lanes.readyBytes, ops, readyOps, readyBytes)
	}
	if first := m.lanes.oldest(); (first == nil) != (oldest == nil) || first != nil && first.head != oldest {
		t.Fatal("the ready lane whose head waits longest is another one")
	}
}

func TestLanesAreQueuesOfWhichTheOldestReadyOneIsFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &lanesModel{
			t: t, lanes: newLanes(), queue: map[int][]*Op{}, held: map[int]int{}, alone: map[int]int{}, taken: map[int][]*Op{},
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": m.add, "take": m.take, "back": m.back, "letter": m.letter, "drop": m.drop, "": m.check,
		})
	})
}
