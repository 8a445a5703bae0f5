package history

// Tally counts the records that were produced, the events among theirs that the destination never took
// though they were to be delivered, and the letters of records that have nothing to be lettered for.
func Tally(h History) (records, lost, letters int) {
	w := newWorld(h)
	for i := range h {
		if h[i].Applied != nil {
			w.apply(h[i].Applied)
		}
		if l := h[i].Letter; l != nil {
			if ev := w.letterOf(l.Place, l.Op); ev == nil || ev.End != Lettered {
				letters++
			}
		}
	}
	for _, ev := range w.events {
		if ev.End == Delivered && ev.applied == 0 {
			lost++
		}
	}
	return len(w.places), lost, letters
}
