package history

import (
	"bytes"
	"fmt"
)

// letters is I5 and, for letters that no fault of the event explains, I7.
type letters struct {
	kept map[int]bool // events whose letter is in the topic
}

func (l *letters) see(w *world, e *Entry) {
	switch {
	case e.Written != nil:
		l.judge(w, e.Written.Place, e.Written.Op)
	case e.Letter != nil:
		l.keep(w, e.Letter)
	case e.Applied != nil:
		for _, seq := range e.Applied.Stored {
			if ev := w.events[seq]; ev != nil && ev.End != Delivered {
				w.fail("I5", "%s was stored by the destination, and was to be %s", ev, ev.End)
			}
		}
	}
}

// judge looks whether there should be such a letter at all.
func (l *letters) judge(w *world, at Place, op int) {
	ev := w.letterOf(at, op)
	switch {
	case ev == nil:
		w.fail("I5", "a letter speaks of operation %d of record %s, which is none", op, at)
	case ev.End != Lettered:
		w.fail("I7", "%s was dead-lettered, and was to be %s", ev, ev.End)
	}
}

func (l *letters) keep(w *world, got *Letter) {
	ev := w.letterOf(got.Place, got.Op)
	if ev == nil || ev.End != Lettered {
		l.judge(w, got.Place, got.Op)
		return
	}
	if ev.Reason != got.Reason {
		w.fail("I5", "the letter of %s says %q, want %q", ev, got.Reason, ev.Reason)
	}
	if why := got.Record.differs(&ev.record.Record); why != "" {
		w.fail("I5", "the letter of %s is not the record: %s", ev, why)
	}
	l.kept[ev.Seq] = true
}

func (l *letters) end(w *world) {
	for _, ev := range w.events {
		if ev.End == Lettered && ev.written && !l.kept[ev.Seq] {
			w.fail("I5", "the letter of %s was acknowledged, and is not in its topic", ev)
		}
	}
}

// differs says in what way a record is not another, empty when it is.
func (r *Record) differs(want *Record) string {
	switch {
	case !same(r.Key, want.Key):
		return "another key"
	case !same(r.Value, want.Value):
		return fmt.Sprintf("another value, of %d bytes and not %d", len(r.Value), len(want.Value))
	case r.Millis != want.Millis:
		return fmt.Sprintf("time %d, want %d", r.Millis, want.Millis)
	case len(r.Headers) != len(want.Headers):
		return fmt.Sprintf("%d headers, want %d", len(r.Headers), len(want.Headers))
	}
	for i, h := range r.Headers {
		if h.Key != want.Headers[i].Key || !same(h.Value, want.Headers[i].Value) {
			return fmt.Sprintf("header %d differs", i)
		}
	}
	return ""
}

// same compares bytes, telling empty from none.
func same(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }
