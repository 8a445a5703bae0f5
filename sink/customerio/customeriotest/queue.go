package customeriotest

import (
	"bytes"
	"slices"
	"time"
)

// queued is an accepted item that waits for its processing. It owns its bytes.
type queued struct {
	arrival arrival
}

// hold copies an item so that it outlives its request.
func hold(a *arrival) *queued {
	it := *a.item
	for _, b := range []*[]byte{
		&it.raw, &it.who.value, &it.other.value, &it.object.kind, &it.object.id, &it.object.cioID, &it.name,
		&it.attributes, &it.device.token, &it.device.platform, &it.device.attributes, &it.relations,
	} {
		*b = bytes.Clone(*b)
	}
	it.members = slices.Clone(it.members)
	for i := range it.members {
		m := &it.members[i]
		m.name, m.value = bytes.Clone(m.name), bytes.Clone(m.value)
	}
	it.problems, it.warnings = nil, slices.Clone(it.warnings)
	held := *a
	held.item = &it
	return &queued{held}
}

// Pause stops the processing of what is accepted from now on, or lets it go on and processes in the
// order of arrival what has waited.
func (s *Server) Pause(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store.paused = on
	if !on {
		s.store.work(s.store.pick(nil), s.now())
	}
}

// Process processes items that wait: those at the positions given, in that order, or all in their own
// order if none is given. It returns how many it processed.
func (s *Server) Process(order ...int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	work := s.store.pick(order)
	s.store.work(work, s.now())
	return len(work)
}

// pick takes items out of the queue.
func (s *store) pick(order []int) []*queued {
	if len(order) == 0 {
		all := s.queue
		s.queue = nil
		return all
	}
	var picked []*queued
	for _, i := range order {
		if i >= 0 && i < len(s.queue) && s.queue[i] != nil {
			picked = append(picked, s.queue[i])
			s.queue[i] = nil
		}
	}
	s.queue = slices.DeleteFunc(s.queue, func(q *queued) bool { return q == nil })
	return picked
}

// work processes items as if they had come now.
func (s *store) work(items []*queued, now time.Time) {
	for _, q := range items {
		q.arrival.now = now
		q.arrival.entry.outcome = stored
		s.process(&q.arrival)
	}
}
