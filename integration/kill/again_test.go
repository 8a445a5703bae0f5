package kill

import (
	"time"

	"github.com/pintle-io/pintle/integration/history"
)

// repeats counts what was sent again after kills.
type repeats struct {
	// again counts events that arrived once more, in a later life, after they were stored.
	again int
	// late is the part of again that was answered clearly before the last commit of that earlier life.
	late int
	// flying counts the events that were in flight when a life was killed: they had arrived, and no commit
	// covered them. excess is by how much more was sent again of what single
	// lives had sent.
	flying, excess int
}

func (r *repeats) add(other repeats) {
	r.again += other.again
	r.late += other.late
	r.flying += other.flying
	r.excess += other.excess
}

// repeats prints the figures of what was sent again after kills.
func (w *world) repeats(what string, kills int, r repeats) {
	w.Helper()
	if r.flying == 0 {
		w.Error("the kills hit nothing in flight")
		return
	}
	w.figure(what+"sent again, of what was in flight", kills, 100*float64(r.again)/float64(r.flying), "%", 100)
	w.figure(what+"sent again though acknowledged before the last commit", kills, float64(r.late), "events", 0)
}

// slack is how long an answer may take from the stand-in to the commit that covers it: the way to the
// process, its work, and the way of the commit.
const slack = 250 * time.Millisecond

// delivery is what became of an event in the life that it was stored for last.
type delivery struct {
	by       string
	answered time.Duration // 0: never
	sender   string        // the life that sent it last, stored or not
}

// repeated counts what later lives sent again of what was stored for earlier ones.
func repeated(h history.History) (sum repeats) {
	stored, requests := map[int]*delivery{}, map[int]*history.Arrival{}
	taken := map[int][]int{}              // what each request brought
	commits := map[string]time.Duration{} // the last one of each life
	again := map[string]int{}             // by the life that had sent it before
	for i := range h {
		switch e := &h[i]; {
		case e.Commit != nil && e.Commit.Applied:
			commits[e.Commit.By] = e.At
		case e.Arrival != nil:
			requests[e.Arrival.Request] = e.Arrival
			for _, it := range e.Arrival.Items {
				was := stored[it.Seq]
				if was == nil || was.sender == e.Arrival.By {
					continue
				}
				sum.again++
				again[was.sender]++
				was.sender = e.Arrival.By
				if was.answered > 0 && was.answered+slack < commits[was.by] {
					sum.late++
				}
			}
		case e.Applied != nil:
			taken[e.Applied.Request] = e.Applied.Stored
			for _, seq := range e.Applied.Stored {
				by := requests[e.Applied.Request].By
				stored[seq] = &delivery{by: by, sender: by}
			}
		case e.Answer != nil && e.Answer.Success && !e.Answer.Unclear:
			for _, seq := range taken[e.Answer.Request] {
				stored[seq].answered = e.At
			}
		}
	}
	flying := inFlight(h)
	for by, n := range flying {
		sum.flying += n
		sum.excess += max(0, again[by]-n)
	}
	return sum
}

// inFlight counts, for each life that was killed, the events that it had sent and that no commit covered
// when it was killed. What arrived only then was in flight too.
func inFlight(h history.History) map[string]int {
	places := map[int]history.Place{}
	sent := map[string]map[int]bool{} // by each life
	for i := range h {
		switch e := &h[i]; {
		case e.Input != nil:
			for _, event := range e.Input.Events {
				places[event.Seq] = e.Input.Place
			}
		case e.Arrival != nil:
			by := e.Arrival.By
			if sent[by] == nil {
				sent[by] = map[int]bool{}
			}
			for _, it := range e.Arrival.Items {
				sent[by][it.Seq] = true
			}
		}
	}
	ends, beyond := map[int32]int64{}, map[history.Place]bool{}
	flying := map[string]int{}
	for i := range h {
		switch e := &h[i]; {
		case e.Commit != nil && e.Commit.Applied:
			ends[e.Commit.Partition] = e.Commit.Offset
			for _, offset := range e.Commit.Beyond {
				beyond[history.Place{Partition: e.Commit.Partition, Offset: offset}] = true
			}
		case e.Process != nil && e.Process.What == history.Killed:
			flying[e.Process.By] = 0
			for seq := range sent[e.Process.By] {
				if at := places[seq]; at.Offset >= ends[at.Partition] && !beyond[at] {
					flying[e.Process.By]++
				}
			}
		}
	}
	return flying
}
