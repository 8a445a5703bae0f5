package history

// identities is I9.
type identities struct {
	forms map[int]Item
	ids   map[string]int
}

func newIdentities() *identities { return &identities{forms: map[int]Item{}, ids: map[string]int{}} }

func (r *identities) see(w *world, e *Entry) {
	if e.Arrival == nil {
		return
	}
	for _, it := range e.Arrival.Items {
		ev := w.events[it.Seq]
		if ev == nil {
			w.fail("I9", "%s sent event %d, which nobody produced", e.Arrival.By, it.Seq)
			continue
		}
		first, was := r.forms[it.Seq]
		switch {
		case !was:
			r.forms[it.Seq] = it
		case first.ID != it.ID:
			w.fail("I9", "%s was sent as %q and as %q", ev, first.ID, it.ID)
		case first.Digest != it.Digest:
			w.fail("I9", "%s was sent in two forms", ev)
		}
		if it.ID == "" {
			continue
		}
		if other, was := r.ids[it.ID]; was && other != it.Seq {
			w.fail("I9", "%s has the id of event %d, %q", ev, other, it.ID)
		}
		r.ids[it.ID] = it.Seq
	}
}

func (*identities) end(*world) {}
