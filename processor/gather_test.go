package processor

import (
	"testing"
	"time"
)

// TestWhenAFetchIsHeldBack: only when all partitions that it is for have been read to their ends, and some of
// them was asked for a moment ago.
func TestWhenAFetchIsHeldBack(t *testing.T) {
	type lag = map[int32]int64
	for _, tc := range []struct {
		name string
		then lag
		past time.Duration // from the first fetch, of partitions 0 and 1
		want time.Duration
	}{
		{"at once", lag{0: 0, 1: 0}, 0, fetchSpacing},
		{"a little later", lag{0: 0, 1: 0}, fetchSpacing / 4, fetchSpacing * 3 / 4},
		{"of one of them", lag{1: 0}, 0, fetchSpacing},
		{"with another one", lag{1: 0, 2: 0}, 0, fetchSpacing},
		{"of others", lag{2: 0}, 0, 0},
		{"with a lag", lag{0: 0, 1: 1}, 0, 0},
		{"long after", lag{0: 0, 1: 0}, fetchSpacing, 0},
		{"of nothing", lag{}, 0, 0},
	} {
		var g gather
		now := time.Now()
		if wait := g.wait(now, lag{0: 0, 1: 0}); wait != 0 {
			t.Errorf("the first fetch is held back for %v", wait)
		}
		if got := g.wait(now.Add(tc.past), tc.then); got != tc.want {
			t.Errorf("%s: held back for %v, want %v", tc.name, got, tc.want)
		}
	}
}

// TestFetchesOfAllBrokersHaveRoom: however many brokers answer at once.
func TestFetchesOfAllBrokersHaveRoom(t *testing.T) {
	for brokers, want := range map[int64]int32{0: fetchMost, 3: fetchMost, 12: fetchMost / 4, 10_000: fetchLeast} {
		u := newUnpacker(nil, nil, 3*fetchMost)
		u.packed = u.unpacked // nothing is compressed
		u.brokers.Store(brokers)
		if all, partition := u.fetch(); all != want || partition > all {
			t.Errorf("of %d brokers %d bytes are asked for, %d of a partition; want %d", brokers, all, partition, want)
		}
	}
}
