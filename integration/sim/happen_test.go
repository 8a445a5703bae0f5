//go:build synctests

package sim

import (
	"sync"

	"github.com/pintle-io/pintle/integration/history"
)

// happenings counts what happened in a run, by name.
type happenings struct {
	mu     sync.Mutex
	counts map[string]int
}

func newHappenings() *happenings { return &happenings{counts: map[string]int{}} }

func (h *happenings) saw(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[what]++
}

// of counts what only the whole history shows.
func (h *happenings) of(list history.History) {
	stored, answered := map[int]bool{}, map[int]bool{}
	letters := map[history.Place]int{}
	for i := range list {
		switch e := &list[i]; {
		case e.Applied != nil:
			stored[e.Applied.Request] = len(e.Applied.Stored) > 0
		case e.Answer != nil:
			answered[e.Answer.Request] = true
		case e.Letter != nil:
			letters[e.Letter.Place]++
		case e.Commit != nil && e.Commit.Applied && len(e.Commit.Beyond) > 0:
			h.saw("commit with a finished set")
		}
	}
	for request, some := range stored {
		if some && !answered[request] {
			h.saw("stored and never answered")
		}
	}
	for _, n := range letters {
		if n > 1 {
			h.saw("letter written twice")
		}
	}
}
