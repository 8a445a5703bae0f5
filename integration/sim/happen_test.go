//go:build synctests

package sim

import "sync"

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
