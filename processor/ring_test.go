package processor

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTheRingGrowsAndForgetsNothing begins far more than the ring is made for, with gaps, finishes in any
// order, and begins anew.
func TestTheRingGrowsAndForgetsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr, next := NewTracker(DefaultWindow), int64(0)
		for range 3 {
			var begun []int64
			for range rapid.IntRange(1, 1000).Draw(t, "records") {
				next += rapid.Int64Range(0, 4).Draw(t, "gap")
				tr.Begin(next, time.Unix(next, 0))
				begun = append(begun, next)
				next++
			}
			for i, offset := range rapid.Permutation(begun[1:]).Draw(t, "order") {
				if tr.Finish(offset) || tr.Pending() != len(begun)-1-i {
					t.Fatalf("finishing %d, the watermark at %d, moved it or left %d pending of %d", offset, begun[0], tr.Pending(), len(begun)-i)
				}
			}
			if at, ok := tr.Oldest(); !ok || at != time.Unix(begun[0], 0) {
				t.Fatalf("the oldest is of %v (%v), want %d", at, ok, begun[0])
			}
			if !tr.Finish(begun[0]) || tr.Pending() != 0 {
				t.Fatalf("%d pending after the last", tr.Pending())
			}
		}
		tr.Begin(next, time.Time{})
		if len(tr.ring) > 2*smallRing {
			t.Fatalf("a ring of %d for one record", len(tr.ring))
		}
	})
}

// TestTheRingGrowsWhenItIsFullAndAnOffsetIsLeftOut: what is left out is not taken for the one in whose place it
// stands.
func TestTheRingGrowsWhenItIsFullAndAnOffsetIsLeftOut(t *testing.T) {
	tr := NewTracker(DefaultWindow)
	for offset := range int64(smallRing) {
		tr.Begin(offset, time.Time{})
	}
	tr.Begin(smallRing+1, time.Time{})
	for offset := range int64(smallRing) {
		tr.Finish(offset)
	}
	if low, _ := tr.Watermark(); low != smallRing+1 {
		t.Errorf("the watermark is %d, want %d", low, smallRing+1)
	}
}

// TestATruncatedLogIsTakenUpByARingThatWasLarge: nothing of before is looked for.
func TestATruncatedLogIsTakenUpByARingThatWasLarge(t *testing.T) {
	tr := NewTracker(DefaultWindow)
	for offset := range int64(2 * smallRing) {
		tr.Begin(offset, time.Time{})
	}
	for offset := range int64(2 * smallRing) {
		tr.Finish(offset)
	}
	tr.Begin(5, time.Time{})
	tr.Begin(7, time.Time{})
	if tr.Finish(7); tr.Pending() != 1 {
		t.Errorf("%d pending, want 1", tr.Pending())
	}
	if tr.Finish(5); tr.Pending() != 0 {
		t.Errorf("%d pending, want none", tr.Pending())
	}
	if low, _ := tr.Watermark(); low != 8 {
		t.Errorf("the watermark is %d, want 8", low)
	}
}
