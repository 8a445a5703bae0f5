package history

// lost is I1.
type lost struct {
	low map[int32]int // the records of each partition below this index are finished
}

func (l *lost) see(w *world, e *Entry) {
	c := e.Commit
	if c == nil || !c.Applied {
		return
	}
	records := w.inputs[c.Partition]
	for l.low[c.Partition] < len(records) {
		r := records[l.low[c.Partition]]
		if r.Offset >= c.Offset {
			break
		}
		if open := r.open(); open != nil {
			w.fail("I1", "%s committed %s, and %s was not finished", c.By, c.Place, open)
			break
		}
		l.low[c.Partition]++
	}
	for _, offset := range c.Beyond {
		at := Place{c.Partition, offset}
		r := w.places[at]
		if r == nil {
			w.fail("I1", "%s called %s finished beyond its commit of %s: there is no such record", c.By, at, c.Place)
		} else if open := r.open(); open != nil {
			w.fail("I1", "%s called %s finished beyond its commit of %s, and %s was not", c.By, at, c.Place, open)
		}
	}
}

func (l *lost) end(w *world) {
	for _, records := range w.inputs {
		for _, r := range records {
			if open := r.open(); open != nil {
				w.fail("I1", "%s is not finished at the end: want %s; arrived %t, stored %d times, answered %t, letter safe %t",
					open, open.End, open.arrived, open.applied, open.heard, open.written)
			}
		}
	}
}

// commits is I3.
type commits struct{ last map[int32]int64 }

func (r *commits) see(w *world, e *Entry) {
	c := e.Commit
	if c == nil || !c.Applied {
		return
	}
	if last, was := r.last[c.Partition]; was && c.Offset < last {
		w.fail("I3", "%s committed %s after %d was: the group went back", c.By, c.Place, last)
	}
	r.last[c.Partition] = c.Offset
	if records := w.inputs[c.Partition]; c.Offset > 0 && (len(records) == 0 || c.Offset > records[len(records)-1].Offset+1) {
		w.fail("I3", "%s committed %s, past the end of the partition", c.By, c.Place)
	}
	if owner := w.owners[c.Partition]; !c.Outside && owner != c.By {
		w.fail("I3", "%s committed %s, and the partition belongs to %q", c.By, c.Place, owner)
	}
}

func (*commits) end(*world) {}
