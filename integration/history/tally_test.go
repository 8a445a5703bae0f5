package history

import "testing"

func TestTally(t *testing.T) {
	h := History{
		{Input: &Input{Place: Place{0, 0}, Events: []Event{{Seq: 1, End: Delivered}, {Seq: 2, End: Lettered}}}},
		{Input: &Input{Place: Place{0, 1}, Events: []Event{{Seq: 3, End: Delivered}}}},
		{Input: &Input{Place: Place{1, 0}, Events: []Event{{Seq: 4, End: Filtered}}}},
		{Applied: &Applied{Request: 1, Stored: []int{1}, Refused: []int{2}}},
		{Letter: &Letter{Place: Place{0, 0}, Op: 1}}, // as it should be
		{Letter: &Letter{Place: Place{0, 0}, Op: 0}}, // of what was delivered
		{Letter: &Letter{Place: Place{7, 7}}},        // of nothing
	}
	records, lost, letters := Tally(h)
	if records != 3 || lost != 1 || letters != 2 {
		t.Errorf("%d records, %d events lost, %d letters without a reason; want 3, 1, 2", records, lost, letters)
	}
}
