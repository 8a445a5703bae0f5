package history

import "slices"

// firsts is I2a.
type firsts struct {
	newest map[string]int // the highest number of each user that was stored
}

func (f *firsts) see(w *world, e *Entry) {
	a := e.Applied
	if a == nil {
		return
	}
	if f.newest == nil {
		f.newest = map[string]int{}
	}
	here := map[int]bool{} // stored before by this very request
	for _, seq := range a.Stored {
		ev := w.events[seq]
		if ev == nil || ev.applied > 0 {
			continue
		}
		if newest, was := f.newest[ev.User]; was && seq < newest {
			w.fail("I2a", "%s was first stored after event %d of the same user", ev, newest)
		}
		for _, before := range w.users[ev.User] {
			if before.Seq >= seq {
				break
			}
			if before.record.gone {
				continue
			}
			if before.End == Delivered && before.applied == 0 && !here[before.Seq] ||
				before.Refused && !before.arrived {
				w.fail("I2a", "%s was stored, and %s before it was not sent", ev, before)
				break
			}
		}
		f.newest[ev.User] = max(f.newest[ev.User], seq)
		here[seq] = true
	}
}

func (*firsts) end(*world) {}

// repeats is I2a'.
type repeats struct {
	covered map[int32]*Commit // the last commit of each partition that was applied
	told    map[int]told      // whom the delivery of an event was answered to last
}

// told is a life, in one tenure of a partition.
type told struct {
	by     string
	tenure int
}

func (r *repeats) see(w *world, e *Entry) {
	if r.told == nil {
		r.covered, r.told = map[int32]*Commit{}, map[int]told{}
	}
	switch {
	case e.Commit != nil && e.Commit.Applied:
		r.covered[e.Commit.Partition] = e.Commit
	case e.Arrival != nil:
		for _, it := range e.Arrival.Items {
			if ev := w.events[it.Seq]; ev != nil && ev.arrived {
				r.judge(w, e.Arrival, ev)
			}
		}
	case e.Answer != nil && e.Answer.Success && !e.Answer.Unclear:
		// What is sent in one tenure and answered in another is ignored by the sender.
		req := w.request[e.Answer.Request]
		for _, ev := range w.storedBy(e.Answer.Request) {
			r.told[ev.Seq] = told{req.By, req.tenure[ev.record.Partition]}
		}
	}
}

// judge looks for a cause to send an event once more.
func (r *repeats) judge(w *world, a *Arrival, ev *event) {
	at := ev.record.Place
	if c := r.covered[at.Partition]; c != nil && c.covers(at.Offset) {
		w.fail("I2a'", "%s sent %s again, which the commit of %s covers", a.By, ev, c.Place)
		return
	}
	if r.told[ev.Seq] == (told{a.By, w.tenure[at.Partition]}) {
		w.fail("I2a'", "%s sent %s again, though its delivery was answered and its partition has not moved", a.By, ev)
	}
}

// covers tells whether the next owner knows from the commit that the record is finished.
func (c *Commit) covers(offset int64) bool {
	return offset < c.Offset || slices.Contains(c.Beyond, offset)
}

func (*repeats) end(*world) {}

// states is I2b: attributes are set by whoever writes last, and the last must be the newest.
type states struct {
	last map[attribute]int // by which event each attribute was set last
}

type attribute struct{ user, name string }

func (s *states) see(w *world, e *Entry) {
	if e.Applied == nil {
		return
	}
	if s.last == nil {
		s.last = map[attribute]int{}
	}
	for _, seq := range e.Applied.Stored {
		if ev := w.events[seq]; ev != nil {
			for _, name := range ev.Sets {
				s.last[attribute{ev.User, name}] = seq
			}
		}
	}
}

func (s *states) end(w *world) {
	newest := map[attribute]int{}
	for user, events := range w.users {
		for _, ev := range events {
			if ev.End != Delivered || ev.record.gone && ev.applied == 0 {
				continue
			}
			for _, name := range ev.Sets {
				newest[attribute{user, name}] = ev.Seq
			}
		}
	}
	for a, want := range newest {
		if got, was := s.last[a]; was && got != want {
			w.fail("I2b", "attribute %s of %s was last set by event %d; the newest is %d", a.name, a.user, got, want)
		}
	}
}
