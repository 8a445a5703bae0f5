package history

// books is I13 and I4.
type books struct {
	// By life: the deliveries that it may and that it must believe in, and the letters.
	heard, sure, written map[string]int64
}

func newBooks() *books {
	return &books{heard: map[string]int64{}, sure: map[string]int64{}, written: map[string]int64{}}
}

func (b *books) see(w *world, e *Entry) {
	switch {
	case e.Answer != nil:
		if r := w.request[e.Answer.Request]; r != nil && r.applied != nil && e.Answer.Success {
			n := int64(len(r.applied.Stored))
			b.heard[r.By] += n
			if !e.Answer.Unclear {
				b.sure[r.By] += n
			}
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
	heard, sure, written := b.heard[k.By], b.sure[k.By], b.written[k.By]
	switch {
	case k.InFlight != 0:
		w.fail("I13", "%s has ended with %d events in flight", k.By, k.InFlight)
	case k.Delivered > heard || k.Delivered+k.Late < sure:
		w.fail("I13", "%s counts %d deliveries and %d late results; the destination answered it %d", k.By, k.Delivered, k.Late, heard)
	case k.DeadLettered > written || k.DeadLettered+k.Late < written:
		w.fail("I13", "%s counts %d letters and %d late results; the broker acknowledged %d", k.By, k.DeadLettered, k.Late, written)
	}
}

func (*books) end(*world) {}
