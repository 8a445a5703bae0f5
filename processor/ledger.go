package processor

import (
	"maps"

	"github.com/pintle-io/pintle/sink"
)

// Ledger is the account of events. At any moment
//
//	Consumed = Delivered + Filtered + DeadLettered + HandedBack + InFlight
//
// per partition and in total. A record that cannot be decoded counts as one event.
type Ledger struct {
	Consumed, Delivered, Filtered, DeadLettered, InFlight int64
	// HandedBack counts events that were unfinished when their partition was taken away or the process
	// stopped: whoever owns the partition next consumes them again.
	HandedBack int64
	// FilteredBy and DeadLetteredBy say why.
	FilteredBy, DeadLetteredBy map[sink.Reason]int64
	// ChangedBy counts what the mapping altered or left out in events that it mapped, by why. One event
	// may have many changes; they take no part in the balance.
	ChangedBy map[sink.Why]int64
}

// Imbalance is what the books are off by; anything but zero is a fault of ours.
func (l *Ledger) Imbalance() int64 {
	return l.Consumed - l.Delivered - l.Filtered - l.DeadLettered - l.HandedBack - l.InFlight
}

func newLedger() Ledger {
	return Ledger{FilteredBy: map[sink.Reason]int64{}, DeadLetteredBy: map[sink.Reason]int64{}, ChangedBy: map[sink.Why]int64{}}
}

func (l *Ledger) consume(events int) {
	l.Consumed += int64(events)
	l.InFlight += int64(events)
}

func (l *Ledger) deliver() {
	l.InFlight--
	l.Delivered++
}

func (l *Ledger) filter(why sink.Reason) {
	l.InFlight--
	l.Filtered++
	l.FilteredBy[why]++
}

func (l *Ledger) deadLetter(why sink.Reason) {
	l.InFlight--
	l.DeadLettered++
	l.DeadLetteredBy[why]++
}

func (l *Ledger) change(changes []sink.Change) {
	for i := range changes {
		l.ChangedBy[changes[i].Why]++
	}
}

// handBack closes the account: nothing of it is in flight any more.
func (l *Ledger) handBack() {
	l.HandedBack += l.InFlight
	l.InFlight = 0
}

func (l *Ledger) add(o *Ledger) {
	l.Consumed += o.Consumed
	l.Delivered += o.Delivered
	l.Filtered += o.Filtered
	l.DeadLettered += o.DeadLettered
	l.InFlight += o.InFlight
	l.HandedBack += o.HandedBack
	for why, n := range o.FilteredBy {
		l.FilteredBy[why] += n
	}
	for why, n := range o.DeadLetteredBy {
		l.DeadLetteredBy[why] += n
	}
	for why, n := range o.ChangedBy {
		l.ChangedBy[why] += n
	}
}

func (l *Ledger) clone() Ledger {
	c := *l
	c.FilteredBy, c.DeadLetteredBy, c.ChangedBy = maps.Clone(l.FilteredBy), maps.Clone(l.DeadLetteredBy), maps.Clone(l.ChangedBy)
	return c
}
