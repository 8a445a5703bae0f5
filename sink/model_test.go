package sink

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is what a model run knows: the order in which each lane was submitted, and what the
// destination has seen of it.
type world struct {
	t         *rapid.T
	e         *Engine
	now       time.Time
	submitted map[uint64][]*Op
	first     map[uint64][]*Op // first sends, by lane
	seen      map[*Op]bool
	settled   map[*Op]int
	ended     map[uint64]bool
	air       []*Request
	letters   []*Op
	bad       map[*Op]bool // refused, together with whatever travels with it
	unclear   map[*Op]bool // sent, and nobody knows what became of it
}

func (w *world) add() {
	n := rapid.IntRange(1, 30).Draw(w.t, "ops")
	for range n {
		lane := rapid.Uint64Range(0, 9).Draw(w.t, "lane")
		o := &Op{
			Key: lane, Epoch: rapid.Uint64Range(1, 3).Draw(w.t, "epoch"), Barrier: rapid.IntRange(0, 9).Draw(w.t, "barrier") == 0,
			Body: make([]byte, rapid.IntRange(5, 60).Draw(w.t, "bytes")),
		}
		if w.ended[o.Epoch] {
			continue
		}
		w.bad[o] = rapid.IntRange(0, 7).Draw(w.t, "bad") == 0
		w.submitted[lane] = append(w.submitted[lane], o)
		w.e.Add(w.now, []*Op{o})
	}
}

func (w *world) send() {
	r, at := w.e.Next(w.now)
	if r == nil {
		if at.After(w.now) && at.Before(w.now.Add(time.Minute)) {
			w.now = at
		}
		return
	}
	w.inspect(r)
	w.air = append(w.air, r)
}

// inspect checks the promises that hold for each request.
func (w *world) inspect(r *Request) {
	bytes := batchFrame - 1
	lanes := map[int]int{}
	for i, o := range r.Ops {
		bytes += len(o.Body) + 1
		lane := laneOf(o)
		if last, ok := lanes[lane]; ok && last != i-1 {
			w.t.Fatalf("the ops of lane %d do not stand together", lane)
		}
		if _, ok := lanes[lane]; ok && (o.Barrier || r.Ops[i-1].Barrier) {
			w.t.Fatalf("a barrier shares a request with its lane")
		}
		for _, older := range w.submitted[o.Key] {
			if older == o {
				break
			}
			if !w.seen[o] && w.unclear[older] && w.settled[older] == 0 && len(w.ended) == 0 {
				w.t.Fatalf("something newer of lane %d is sent before or together with what goes again", lane)
			}
		}
		lanes[lane] = i
		if w.ended[o.Epoch] {
			w.t.Fatalf("an op of an ended epoch was sent")
		}
		if !w.seen[o] {
			w.seen[o] = true
			w.first[o.Key] = append(w.first[o.Key], o)
		}
	}
	if len(r.Ops) == 0 || len(r.Ops) > w.e.composer.limits.ops || len(r.Ops) > 1 && bytes > w.e.composer.limits.bytes {
		w.t.Fatalf("a request of %d ops and %d bytes", len(r.Ops), bytes)
	}
	for _, letter := range w.letters {
		if _, waits := lanes[laneOf(letter)]; waits && !w.ended[letter.Epoch] {
			w.t.Fatalf("lane %d did not wait for a letter", laneOf(letter))
		}
	}
	for _, other := range w.air {
		for _, o := range other.Ops {
			if _, both := lanes[laneOf(o)]; both {
				w.t.Fatalf("lane %d is in two requests at once", laneOf(o))
			}
		}
	}
}

func (w *world) answer() {
	if len(w.air) == 0 {
		return
	}
	i := rapid.IntRange(0, len(w.air)-1).Draw(w.t, "which")
	r := w.air[i]
	w.air = append(w.air[:i:i], w.air[i+1:]...)
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(w.t, "ms")) * time.Millisecond)
	a := w.draw(r)
	for _, o := range r.Ops {
		w.unclear[o] = a.Verdict != Done // else it is settled, or was not taken
	}
	for _, res := range w.e.Done(w.now, r, a, nil) {
		w.settled[res.Op]++
		if !res.Delivered() {
			w.letters = append(w.letters, res.Op)
		}
	}
}

func (w *world) draw(r *Request) Answer {
	switch rapid.SampledFrom([]string{"content", "content", "content", "ok", "items", "split", "retry", "throttle", "hold", "reject", "cancel"}).Draw(w.t, "answer") {
	case "items":
		a := Answer{Verdict: Done, Status: 207}
		for i := range r.Ops {
			if v := rapid.SampledFrom([]Verdict{Done, Reject, Retry}).Draw(w.t, "verdict"); v != Done {
				a.Items = append(a.Items, Item{Index: i, Verdict: v})
			}
		}
		return a
	case "split":
		return refused()
	case "retry":
		return failed()
	case "throttle":
		return throttled()
	case "hold":
		return wrongKey()
	case "reject":
		return rejected()
	case "cancel":
		return Answer{Verdict: Retry, Cause: CauseCanceled}
	case "content":
		return w.judge(r)
	default:
		return ok()
	}
}

// judge answers as the ops deserve, and names none.
func (w *world) judge(r *Request) Answer {
	switch {
	case !slices.ContainsFunc(r.Ops, func(o *Op) bool { return w.bad[o] }):
		return ok()
	case len(r.Ops) == 1:
		return rejected()
	default:
		return refused()
	}
}

func (w *world) resolve() {
	if len(w.letters) > 0 {
		w.e.Resolve(w.letters[0])
		w.letters = w.letters[1:]
	}
}

func (w *world) end() {
	epoch := rapid.Uint64Range(1, 3).Draw(w.t, "epoch")
	if w.ended[epoch] || len(w.ended) == 2 {
		return
	}
	w.ended[epoch] = true
	w.e.End(epoch)
}

// finish heals the destination, but for what is bad, and sends everything that is left.
func (w *world) finish() {
	for range 100_000 {
		w.resolve()
		if len(w.air) > 0 {
			r := w.air[0]
			w.air = w.air[1:]
			for _, res := range w.e.Done(w.now, r, w.judge(r), nil) {
				w.settled[res.Op]++
				if !res.Delivered() {
					w.letters = append(w.letters, res.Op)
				}
				if res.Delivered() == w.bad[res.Op] {
					w.t.Fatalf("an op is delivered %v, and bad %v", res.Delivered(), w.bad[res.Op])
				}
			}
			continue
		}
		r, at := w.e.Next(w.now)
		switch {
		case r != nil:
			w.inspect(r)
			w.air = append(w.air, r)
		case at.After(w.now):
			w.now = at
		case len(w.letters) == 0:
			return
		}
	}
	w.t.Fatal("the engine does not come to rest")
}

func (w *world) verify() {
	for lane, ops := range w.submitted {
		var want []*Op
		for _, o := range ops {
			if n := w.settled[o]; n > 1 || n == 0 && !w.ended[o.Epoch] {
				w.t.Fatalf("an op of lane %d has %d results", lane, n)
			}
			if w.seen[o] {
				want = append(want, o)
			}
		}
		if got := w.first[lane]; fmt.Sprintf("%p", got) != fmt.Sprintf("%p", want) {
			for i := range want {
				if got[i] != want[i] {
					w.t.Fatalf("first sends of lane %d are out of order at %d", lane, i)
				}
			}
		}
	}
	if w.e.lanes.ops != 0 || len(w.e.waiting) != 0 || w.e.permits.air != 0 || len(w.e.letters) != 0 || len(w.e.pieces) != 0 {
		w.t.Fatalf("left over: %d ops, %d requests waiting, %d in the air, %d letters, %d searches",
			w.e.lanes.ops, len(w.e.waiting), w.e.permits.air, len(w.e.letters), len(w.e.pieces))
	}
	for i := range w.e.lanes.all {
		if ln := &w.e.lanes.all[i]; ln.held != 0 || len(ln.suspects) != 0 || ln.ops != 0 || ln.bytes != 0 {
			w.t.Fatalf("lane %d is left as %+v", i, *ln)
		}
	}
}

func TestEngineKeepsItsPromisesWhateverTheDestinationAnswers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{
			t: t, e: NewEngine(Options{MaxOps: 12, MaxBytes: 400, SoloBytes: 50, Rate: -1, MaxInFlight: 8}),
			now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), submitted: map[uint64][]*Op{}, first: map[uint64][]*Op{},
			seen: map[*Op]bool{}, settled: map[*Op]int{}, ended: map[uint64]bool{}, bad: map[*Op]bool{}, unclear: map[*Op]bool{},
		}
		steps := rapid.IntRange(5, 120).Draw(t, "steps")
		for range steps {
			switch rapid.SampledFrom([]string{"add", "send", "send", "answer", "answer", "resolve", "end"}).Draw(t, "step") {
			case "add":
				w.add()
			case "send":
				w.send()
			case "answer":
				w.answer()
			case "resolve":
				w.resolve()
			case "end":
				if rapid.IntRange(0, 5).Draw(t, "really") == 0 {
					w.end()
				}
			}
		}
		w.finish()
		w.verify()
	})
}
