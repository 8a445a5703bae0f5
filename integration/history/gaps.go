package history

// gaps is I12.
type gaps struct{}

func (gaps) see(w *world, e *Entry) {
	g := e.Gap
	if g == nil {
		return
	}
	for _, r := range w.stretch(g.Partition, g.From, g.To) {
		if !r.gone {
			w.fail("I12", "%s reported %s as gone (%s), and it is there", g.By, r.Place, g.Reason)
			return
		}
	}
}

func (gaps) end(w *world) {
	for _, records := range w.inputs {
		for _, r := range records {
			if !r.gone || r.told {
				continue
			}
			for _, ev := range r.events {
				if !ev.finished() {
					w.fail("I12", "%s is gone before it was delivered, and nobody has said so", ev)
				}
			}
		}
	}
}

// stretch are the records of a partition from one offset to before another.
func (w *world) stretch(partition int32, from, to int64) (list []*record) {
	for _, r := range w.inputs[partition] {
		if r.Offset >= from && r.Offset < to {
			list = append(list, r)
		}
	}
	return list
}
