package kill

import (
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/history"
)

// repeats counts what was sent again after kills.
type repeats struct {
	// again counts events that arrived once more, in a later life, after they were stored.
	again int
	// late is the part of again that the earlier life must have known of when it made its last commit, of
	// so many known events.
	late, known int
	// flying counts the events that were in flight when a life was killed: they had arrived, and no commit
	// covered them. excess is by how much more was sent again of what single
	// lives had sent.
	flying, excess int
}

func (r *repeats) add(other repeats) {
	r.again += other.again
	r.late += other.late
	r.known += other.known
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

// committedTwice fails unless some life must have known of a delivery when it made its last commit.
func (w *world) committedTwice(r repeats) {
	w.Helper()
	if r.known == 0 {
		w.Error("no life made a second commit: the run shows nothing of what a commit leaves out")
	}
}

// slack is how long an answer may take from the stand-in to the process, on a machine that is not too busy.
const slack = 250 * time.Millisecond

// rounds are the commits of a life. What reaches the broker was made before: on a machine with thirty others
// to run half a second passes between, in which the process is told of a thousand deliveries. But a commit is
// made only when the one before has been answered. So a commit must cover what was answered, and by slack,
// before the one before it arrived: that the process has read by then, or its answer would still lie
// behind it.
type rounds struct {
	seen         map[int32]bool // the partitions of the last one
	last, before time.Duration  // when it arrived, and the one before
}

func (r *rounds) add(partition int32, at time.Duration) {
	if r.seen == nil || r.seen[partition] {
		r.before, r.last, r.seen = r.last, at, map[int32]bool{}
	}
	r.seen[partition] = true
}

// delivery is what became of an event in the life that it was stored for last.
type delivery struct {
	by       string
	answered time.Duration // 0: never
	sender   string        // the life that sent it last, stored or not
}

// known tells whether the life must have known of it when it made its last commit.
func (d *delivery) known(commits map[string]*rounds) bool {
	r := commits[d.by]
	return r != nil && d.answered > 0 && d.answered+slack < r.before
}

// repeated counts what later lives sent again of what was stored for earlier ones.
func repeated(h history.History) (sum repeats) {
	stored, requests := map[int]*delivery{}, map[int]*history.Arrival{}
	taken := map[int][]int{} // what each request brought
	commits := map[string]*rounds{}
	again := map[string]int{} // by the life that had sent it before
	for i := range h {
		switch e := &h[i]; {
		case e.Commit != nil && e.Commit.Applied:
			if commits[e.Commit.By] == nil {
				commits[e.Commit.By] = &rounds{}
			}
			commits[e.Commit.By].add(e.Commit.Partition, e.At)
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
				if was.known(commits) {
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
	for _, d := range stored {
		if d.known(commits) {
			sum.known++
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

// TestWhatALifeMustHaveKnown: a commit is on its way for as long as the machine takes, and nothing that is
// answered meanwhile can be in it; what is missing in the next one as well, the process has forgotten.
func TestWhatALifeMustHaveKnown(t *testing.T) {
	commit := func(at time.Duration, partition int32) history.Entry {
		return history.Entry{At: at, Commit: &history.Commit{By: "life-1", Place: history.Place{Partition: partition}, Applied: true}}
	}
	const answered = 2 * time.Second
	for _, tc := range []struct {
		name        string
		commits     []history.Entry
		late, known int
	}{
		{"no commit", nil, 0, 0},
		{"a commit that took its time", []history.Entry{commit(answered+3*slack, 0)}, 0, 0},
		{"one of two partitions", []history.Entry{commit(answered+3*slack, 0), commit(answered+5*slack, 1)}, 0, 0},
		{"one before it, and one on its way", []history.Entry{commit(time.Second, 0), commit(answered+3*slack, 0)}, 0, 0},
		{"two, of which the first was on its way", []history.Entry{commit(answered+slack, 0), commit(answered+5*slack, 0)}, 0, 0},
		{"two after it", []history.Entry{commit(answered+2*slack, 0), commit(answered+2*slack, 1), commit(answered+5*slack, 1)}, 1, 1},
	} {
		h := history.History{
			{At: time.Second, Arrival: &history.Arrival{Request: 1, By: "life-1", Items: []history.Item{{Seq: 7}}}},
			{At: time.Second, Applied: &history.Applied{Request: 1, Stored: []int{7}}},
			{At: answered, Answer: &history.Answer{Request: 1, Status: 200, Success: true}},
		}
		h = append(h, tc.commits...)
		h = append(h, history.Entry{At: time.Minute, Arrival: &history.Arrival{Request: 2, By: "life-2", Items: []history.Item{{Seq: 7}}}})
		if r := repeated(h); r.again != 1 || r.late != tc.late || r.known != tc.known {
			t.Errorf("%s: %d again, %d late of %d known; want 1, %d of %d", tc.name, r.again, r.late, r.known, tc.late, tc.known)
		}
	}
}
