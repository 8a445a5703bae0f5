package history

// tenures is I2c.
type tenures struct {
	since map[holding]int   // the latest tenure of each partition that a life had
	began map[int32]holding // who sent of a partition in its latest tenure
}

// holding is a life and a partition.
type holding struct {
	by        string
	partition int32
}

func (t *tenures) see(w *world, e *Entry) {
	if t.since == nil {
		t.since, t.began = map[holding]int{}, map[int32]holding{}
	}
	switch {
	case e.Ownership != nil && e.Ownership.Gained:
		t.since[holding{e.Ownership.By, e.Ownership.Partition}] = w.tenure[e.Ownership.Partition] + 1
	case e.Arrival != nil:
		seen := map[int32]bool{}
		for _, it := range e.Arrival.Items {
			ev := w.events[it.Seq]
			if ev == nil || seen[ev.record.Partition] {
				continue
			}
			seen[ev.record.Partition] = true
			t.judge(w, e.Arrival, ev)
		}
	}
}

func (t *tenures) judge(w *world, a *Arrival, ev *event) {
	p := ev.record.Partition
	mine := t.since[holding{a.By, p}]
	newest, sent := t.began[p]
	switch {
	case mine == 0:
		w.fail("I2c", "%s sent %s, and never owned its partition", a.By, ev)
	case sent && mine < t.since[newest]:
		w.fail("I2c", "%s sent %s after %s, who owns the partition by now, had begun", a.By, ev, newest.by)
	default:
		t.began[p] = holding{a.By, p}
	}
}

func (*tenures) end(*world) {}
