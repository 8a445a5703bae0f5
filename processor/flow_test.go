package processor

import "testing"

func TestWantPause(t *testing.T) {
	const limit = 96 << 20
	for _, tc := range []struct {
		name       string
		paused     bool
		held       int64
		partitions int64
		want       bool
	}{
		{"alone, half of all", false, limit / 2, 1, false},
		{"alone, more than half", false, limit/2 + 1, 1, true},
		{"of 12, twice its share", false, limit / 6, 12, false},
		{"of 12, more than twice its share", false, limit/6 + 1, 12, true},
		{"paused, more than its share", true, limit/12 + 1, 12, true},
		{"paused, its share", true, limit / 12, 12, false},
		{"of 500, one large record", false, limit/250 + 1, 500, true},
		{"of 500, nothing", true, 0, 500, false},
	} {
		if got := wantPause(tc.paused, tc.held, limit, tc.partitions); got != tc.want {
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
