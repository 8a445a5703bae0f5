package history

// books is I13 and I4.
type books struct {
	heard, written map[string]int64 // by life: deliveries and letters that it was told of
}

func newBooks() *books { return &books{heard: map[string]int64{}, written: map[string]int64{}} }

func (b *books) see(w *world, e *Entry) {
	switch {
	case e.Answer != nil:
		if r := w.request[e.Answer.Request]; r != nil && r.applied != nil && e.Answer.Status/100 == 2 {
			b.heard[r.By] += int64(len(r.applied.Stored))
		}
	case e.Written != nil:
		b.written[e.Written.By]++
	case e.Books != nil:
		b.judge(w, e.Books)
	}
}

func (b *books) judge(w *world, k *Books) {
	if off := k.Consumed - k.Delivered - k.Filtered - k.DeadLettered - k.HandedBack - k.InFlight; off != 0 {
		w.fail("I13", "the books of %s are off by %d: %+v", k.By, off, *k)
	}
	if k.Bound > 0 && k.Held > k.Bound {
		w.fail("I4", "%s holds %d bytes, and may hold %d", k.By, k.Held, k.Bound)
	}
	if !k.Final {
		return
	}
	heard, written := b.heard[k.By], b.written[k.By]
	switch {
	case k.InFlight != 0:
		w.fail("I13", "%s has ended with %d events in flight", k.By, k.InFlight)
	case k.Delivered > heard || k.Delivered+k.Late < heard:
		w.fail("I13", "%s counts %d deliveries and %d late results; the destination answered it %d", k.By, k.Delivered, k.Late, heard)
	case k.DeadLettered > written || k.DeadLettered+k.Late < written:
		w.fail("I13", "%s counts %d letters and %d late results; the broker acknowledged %d", k.By, k.DeadLettered, k.Late, written)
	}
}

func (*books) end(*world) {}
