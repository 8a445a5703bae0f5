package processor

import "testing"

func TestWantPause(t *testing.T) {
	const limit, share = 96 << 20, 16 << 20 // of 12 partitions
	for _, tc := range []struct {
		name       string
		paused     bool
		held, free int64
		want       bool
	}{
		{"a busy one, and room", false, share + 1, limit / 2, false},
		{"its share, and no room", false, share, 0, false},
		{"more than its share, and no room", false, share + 1, share, true},
		{"half of all", false, limit / 2, limit / 2, false},
		{"more than half of all", false, limit/2 + 1, limit/2 - 1, true},
		{"one of two that do not move", false, limit/3 + 1, limit/3 - 2, true},
		{"paused, half its share", true, share / 2, 0, false},
		{"paused, more than half its share, and no room", true, share/2 + 1, 0, true},
		{"paused, and twice as much is free", true, limit / 3, limit * 2 / 3, false},
		{"paused, and less is free", true, limit/3 + 1, limit*2/3 - 1, true},
		{"paused, nothing", true, 0, 0, false},
	} {
		if got := wantPause(tc.paused, tc.held, tc.free, share); got != tc.want {
			t.Errorf("%s: pause is %v", tc.name, got)
		}
	}
}

func TestTheRoomOfFetchesIsAQuarterOfASmallBudget(t *testing.T) {
	for budget, want := range map[int64]int64{16 << 20: 4 << 20, 128 << 20: 32 << 20, 1 << 30: 32 << 20} {
		if got := fetchRoom(budget); got != want {
			t.Errorf("of %d it is %d, want %d", budget, got, want)
		}
	}
}
