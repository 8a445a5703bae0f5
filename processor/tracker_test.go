package processor

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWatermarkPassesGapsAndStopsAtUnfinished(t *testing.T) {
	tr := NewTracker(8)
	if _, known := tr.Watermark(); known {
		t.Error("a watermark is known before any record")
	}
	for _, offset := range []int64{100, 102, 105} {
		tr.Begin(offset, time.Unix(offset, 0))
	}
	steps := []struct{ finish, want int64 }{{102, 100}, {100, 105}, {105, 106}}
	for _, s := range steps {
		tr.Finish(s.finish)
		if low, _ := tr.Watermark(); low != s.want {
			t.Errorf("after %d the watermark is %d, want %d", s.finish, low, s.want)
		}
	}
	tr.Begin(5000, time.Unix(0, 0))
	if low, _ := tr.Watermark(); low != 5000 {
		t.Errorf("a gap with nothing unfinished left the watermark at %d, want 5000", low)
	}
}

func TestFinishingTwiceOrTheUnknownChangesNothing(t *testing.T) {
	tr := NewTracker(4)
	tr.Begin(0, time.Time{})
	tr.Begin(1, time.Time{})
	for _, offset := range []int64{1, 1, 7, 4, -4} {
		tr.Finish(offset)
	}
	if low, _ := tr.Watermark(); low != 0 || tr.Pending() != 1 {
		t.Errorf("watermark %d with %d pending, want 0 with 1", low, tr.Pending())
	}
}

// The naive model: a set of unfinished offsets, the watermark is its least, and a set of halves.
func TestTrackerIsTheNaiveModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const window = 16
		tr := NewTracker(window)
		pending, halves := map[int64]time.Time{}, map[int64]bool{}
		next, low := int64(0), int64(0)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			moved, step := false, rapid.SampledFrom([]string{"begin", "begin", "finish", "finish", "halve"}).Draw(t, "step")
			switch step {
			case "begin":
				offset := next + rapid.SampledFrom([]int64{0, 0, 0, 1, 3, 40}).Draw(t, "gap")
				fits := len(pending) == 0 || offset-low < window
				if tr.Fits(offset) != fits {
					t.Fatalf("Fits(%d) = %v at watermark %d", offset, !fits, low)
				}
				if !fits {
					continue
				}
				tr.Begin(offset, time.Unix(offset, 0))
				pending[offset] = time.Unix(offset, 0)
				next = offset + 1
			case "finish":
				offset := rapid.Int64Range(low-2, next+2).Draw(t, "finish")
				moved = tr.Finish(offset)
				delete(pending, offset)
				delete(halves, offset)
			case "halve":
				offset := rapid.Int64Range(low-2, next+2).Draw(t, "halve")
				tr.Halve(offset)
				if _, unfinished := pending[offset]; unfinished {
					halves[offset] = true
				}
			}
			before := low
			low = next
			for offset := range pending {
				low = min(low, offset)
			}
			got, known := tr.Watermark()
			if known && got != low || tr.Pending() != len(pending) || tr.Halves() != len(halves) {
				t.Fatalf("watermark %d with %d pending, %d of them half, want %d with %d, %d", got, tr.Pending(), tr.Halves(), low, len(pending), len(halves))
			}
			if step == "finish" && moved != (low > before) {
				t.Fatalf("the watermark went from %d to %d, moved: %v", before, low, moved)
			}
			if oldest, ok := tr.Oldest(); ok != (len(pending) > 0) || ok && !oldest.Equal(pending[low]) {
				t.Fatalf("the oldest is of %v, %v, want %v", oldest, ok, pending[low])
			}
			if !known {
				continue
			}
			_, finished := tr.Snapshot()
			if len(finished) != int(next-low+7)/8 {
				t.Fatalf("a snapshot of %d bytes from %d to %d", len(finished), low, next)
			}
			behindHalf := false
			for i := range int64(len(finished)) * 8 {
				_, unfinished := pending[low+i]
				behindHalf = behindHalf || halves[low+i]
				if want := low+i < next && !unfinished && !behindHalf; finished[i/8]&(1<<(i%8)) != 0 != want {
					t.Fatalf("offset %d, of %d to %d, is called finished: %v", low+i, low, next, !want)
				}
			}
		}
	})
}

func TestATruncatedLogIsTakenUpWhenNothingIsUnfinished(t *testing.T) {
	tr := NewTracker(8)
	tr.Begin(100, time.Time{})
	tr.Begin(101, time.Time{})
	tr.Finish(101)
	if tr.Fits(90) || !tr.Known(90) || tr.Known(102) {
		t.Error("a lower offset fits beside unfinished ones")
	}
	tr.Finish(100)
	if !tr.Fits(90) {
		t.Fatal("a lower offset does not fit though nothing is unfinished")
	}
	tr.Begin(90, time.Time{})
	tr.Begin(91, time.Time{})
	tr.Finish(91)
	if low, _ := tr.Watermark(); low != 90 {
		t.Errorf("the watermark is %d, want 90", low)
	}
	tr.Finish(90)
	if low, _ := tr.Watermark(); low != 92 {
		t.Errorf("the watermark is %d, want 92", low)
	}
}

// TestNothingIsFinishedBehindAHalf: what a later owner sends again of a record must not be the last word
// on somebody whose newer events it would skip.
func TestNothingIsFinishedBehindAHalf(t *testing.T) {
	tracker := NewTracker(16)
	for offset := range int64(5) {
		tracker.Begin(offset, time.Time{})
	}
	tracker.Finish(1)
	tracker.Halve(2)
	tracker.Finish(4)
	if low, finished := tracker.Snapshot(); low != 0 || finished[0] != 0b00010 {
		t.Errorf("low %d, finished %05b, want 0 and 00010", low, finished[0])
	}
	tracker.Finish(2)
	if _, finished := tracker.Snapshot(); finished[0] != 0b10110 {
		t.Errorf("finished %05b once the half is whole, want 10110", finished[0])
	}
	tracker.Halve(9) // of nothing
}
