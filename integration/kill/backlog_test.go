package kill

import (
	"fmt"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/figure"
	"github.com/pintle-io/pintle/integration/history"
)

const (
	// killedAfter is how many deliveries of a backlog a life is killed after, of killedOf in all.
	killedAfter, killedOf = 20_000, 40_000
	// recently is how long before a kill the last commit may have been put together.
	recently = 100 * time.Millisecond
)

// TestABacklogKilled kills the program while it empties a backlog as fast as the default rate allows, when
// half of it is delivered: what is sent again is at most what was in flight and what was delivered within the last
// 100 ms.
func TestABacklogKilled(t *testing.T) {
	again := 0
	share, times := within(100, func() float64 {
		w := newWorld(t, 0)
		w.settings.Rate = 0 // the default
		w.front.Slow(func([]byte) time.Duration { return 5 * time.Millisecond })
		w.load.some(killedOf)
		l := w.launch()
		w.until(fmt.Sprintf("%d deliveries", killedAfter), time.Minute, func() (bool, string) {
			books, err := l.Books(w.ctx)
			return err == nil && books.Delivered >= killedAfter, fmt.Sprint(books.Delivered, err)
		})
		l.kill()
		w.launch()
		w.settled(time.Minute)
		v := w.judge()
		w.justOnce(v)
		again = v.again
		return 100 * float64(again) / float64(max(1, unsettled(v.history, l.Name)))
	})
	w := &world{T: t}
	what := fmt.Sprintf("kill -9 in a backlog after %d deliveries: sent again", killedAfter)
	w.figure(what+", of what was in flight or delivered within 100 ms", times, share, "%", 100)
	w.show(figure.Figure{Tier: "process", What: what, Runs: times, Value: float64(again), Unit: "events", Free: true})
}

// unsettled counts the events that a life had sent when it was killed, less those that were answered some time
// before.
func unsettled(h history.History, by string) int {
	var killed time.Duration
	for i := range h {
		if p := h[i].Process; p != nil && p.By == by && p.What == history.Killed {
			killed = h[i].At
		}
	}
	open, requests := map[int]bool{}, map[int][]int{}
	for i := range h {
		switch e := &h[i]; {
		case e.Arrival != nil && e.Arrival.By == by:
			for _, it := range e.Arrival.Items {
				open[it.Seq] = true
			}
		case e.Applied != nil:
			requests[e.Applied.Request] = e.Applied.Stored
		case e.Answer != nil && e.Answer.Success && e.At < killed-recently:
			for _, seq := range requests[e.Answer.Request] {
				delete(open, seq)
			}
		}
	}
	return len(open)
}
