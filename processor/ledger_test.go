package processor

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/sink"
)

// TestTheBooksBalance, in one account, in the sum of two, and not when an event is left out.
func TestTheBooksBalance(t *testing.T) {
	a := newLedger()
	a.consume(5)
	a.deliver()
	a.deliver()
	a.filter(sink.ReasonLoop)
	a.deadLetter(sink.ReasonInvalid)
	a.change([]sink.Change{{Why: sink.WhyNameCut}, {Why: sink.WhyNameCut}})
	want := Ledger{
		Consumed: 5, Delivered: 2, Filtered: 1, DeadLettered: 1, InFlight: 1,
		FilteredBy: map[sink.Reason]int64{sink.ReasonLoop: 1}, DeadLetteredBy: map[sink.Reason]int64{sink.ReasonInvalid: 1},
		ChangedBy: map[sink.Why]int64{sink.WhyNameCut: 2},
	}
	if d := cmp.Diff(a, want); d != "" || a.Imbalance() != 0 {
		t.Errorf("off by %d (-got +want):\n%s", a.Imbalance(), d)
	}
	b := a.clone()
	b.handBack()
	if b.HandedBack != 1 || b.InFlight != 0 || b.Imbalance() != 0 {
		t.Errorf("handed back: %+v, off by %d", b, b.Imbalance())
	}
	b.add(&a)
	b.filter(sink.ReasonLoop)
	want = Ledger{
		Consumed: 10, Delivered: 4, Filtered: 3, DeadLettered: 2, InFlight: 0, HandedBack: 1,
		FilteredBy: map[sink.Reason]int64{sink.ReasonLoop: 3}, DeadLetteredBy: map[sink.Reason]int64{sink.ReasonInvalid: 2},
		ChangedBy: map[sink.Why]int64{sink.WhyNameCut: 4},
	}
	if d := cmp.Diff(b, want); d != "" || b.Imbalance() != 0 {
		t.Errorf("the sum is off by %d (-got +want):\n%s", b.Imbalance(), d)
	}
	if a.Filtered != 1 || a.FilteredBy[sink.ReasonLoop] != 1 {
		t.Error("a copy shares its counts")
	}
	for _, left := range []*int64{&a.Consumed, &a.Delivered, &a.Filtered, &a.DeadLettered, &a.InFlight} {
		if *left += 3; a.Imbalance() != 3 && a.Imbalance() != -3 {
			t.Errorf("three events too many are taken for %d", a.Imbalance())
		}
		*left -= 3
	}
}
