package processor

import (
	"log/slog"

	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/sink"
)

// The brake looks at refusals as well: when most of the last ops are refused one by one, a setting of the
// workspace or a mapping is wrong and not the events. They have left the mapping by then, and so it is
// their letters that are kept back, and their users that wait; whoever is not refused goes on.

// withheld is a letter that is kept back.
type withheld struct {
	event  *event
	letter *deadletter.Letter
	why    sink.Reason
	op     *sink.Op
}

// refused writes the letter of an op that the destination refused, or keeps it back. The lock is held.
func (o *owner) refused(ev *event, res *sink.Result) {
	w := withheld{event: ev, letter: o.p.rejected(ev, res), why: res.Reason, op: res.Op}
	if res.Reason == sink.ReasonRejected && (len(o.withheld) > 0 || o.stopsAt(true)) {
		o.withheld = append(o.withheld, w)
		if len(o.withheld) == 1 {
			o.withhold()
		}
		return
	}
	o.writeLetter(w.event, w.letter, w.why, w.op)
}

// stopsAt tells the brake how an op fared that the destination has decided about, and whether it stops the
// partition. The lock is held.
func (o *owner) stopsAt(refused bool) bool {
	_, stops := o.p.refusals.stops(&o.answers, refused)
	return stops
}

// withhold notes that letters of the partition are kept back from now on. The lock is held.
func (o *owner) withhold() {
	failed, of := o.p.refusals.wait(1)
	o.p.flow.nudge()
	o.p.log.Error("stopped before more events become letters: Customer.io refuses most of them; nothing is lost",
		slog.Int("partition", int(o.partition)), slog.Int64("offset", o.withheld[0].event.record.offset), slog.Int("failed", failed), slog.Int("of", of),
		slog.Int("status", o.withheld[0].letter.HTTPStatus), slog.String("next", BrakeHint))
}

// letGo writes the letters that were kept back, until the brake stops the partition again.
func (o *owner) letGo() {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := o.withheld
	if len(list) == 0 {
		return
	}
	o.withheld = nil
	for i, w := range list {
		if o.stopsAt(true) {
			o.withheld = list[i:]
			return
		}
		o.writeLetter(w.event, w.letter, w.why, w.op)
	}
	o.p.refusals.wait(-1)
	o.p.flow.nudge()
}

// forget drops what is kept back: whoever owns the partition next sends it again. The lock is held.
func (o *owner) forget() {
	if len(o.withheld) > 0 {
		o.withheld = nil
		o.p.refusals.wait(-1)
	}
}

// stopped tells whether the brake has stopped the partition, and what it waits for. The lock is held.
func (o *owner) stopped() (waiting string, stopped bool) {
	switch {
	case o.braked:
		return "brake", true
	case len(o.withheld) > 0:
		return "refusals", true
	default:
		return "", false
	}
}
