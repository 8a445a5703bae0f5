package processor

import (
	"testing"
	"time"

	"github.com/pintle-io/pintle/sink"
)

// looks runs a watchdog over looks at one partition, one every watchInterval, and tells at which of them
// it was blocked first, -1 when at none. progress and place are asked at each look.
func looks(n int, at func(i int) (sight, int64, sink.Place, time.Duration)) int {
	w := watchdog{}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		s, progress, place, slack := at(i)
		for _, p := range w.look(now, progress, []sight{s}) {
			if w.judge(now, p, place, slack) {
				return i
			}
		}
		now = now.Add(watchInterval)
	}
	return -1
}

func TestWatchdog(t *testing.T) {
	const minute = int(watchPatience / watchInterval) // in looks
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(i int) time.Time { return start.Add(time.Duration(i) * watchInterval) }
	still := sight{stage: stageSink, offset: 7, mapping: -1}
	for _, tc := range []struct {
		name string
		want int
		at   func(i int) (s sight, progress int64, place sink.Place, slack time.Duration)
	}{
		{"a request in the air since the start", minute, func(int) (sight, int64, sink.Place, time.Duration) {
			return still, 0, sink.Place{State: sink.PlaceAir, Since: start}, 0
		}},
		{"others move, this request does not", minute, func(i int) (sight, int64, sink.Place, time.Duration) {
			return still, int64(i), sink.Place{State: sink.PlaceAir, Since: start}, 0
		}},
		{"sent again and again", -1, func(i int) (sight, int64, sink.Place, time.Duration) {
			return still, 0, sink.Place{State: sink.PlaceAir, Since: at(i - 3)}, 0
		}},
		{"sent late", 8 + minute, func(int) (sight, int64, sink.Place, time.Duration) {
			return still, 0, sink.Place{State: sink.PlaceAir, Since: at(8)}, 0
		}},
		{"goes again in a minute, and is not sent then", 2 * minute, func(int) (sight, int64, sink.Place, time.Duration) {
			return still, 0, sink.Place{State: sink.PlaceRetry, Since: at(minute)}, 0
		}},
		{"waits for its turn while others move", -1, func(i int) (sight, int64, sink.Place, time.Duration) {
			return still, int64(i / 6), sink.Place{State: sink.PlaceQueued}, 0
		}},
		{"waits for its turn and nothing moves", minute, func(int) (sight, int64, sink.Place, time.Duration) {
			return still, 0, sink.Place{State: sink.PlaceQueued}, 0
		}},
		{"waits for its turn at a rate of one request in 30 s", 2 * minute, func(int) (sight, int64, sink.Place, time.Duration) {
			return still, 0, sink.Place{State: sink.PlaceQueued}, watchPatience
		}},
		{"a letter", -1, func(int) (sight, int64, sink.Place, time.Duration) {
			return still, 0, sink.Place{State: sink.PlaceLetter}, 0
		}},
		{"in no place, twice", minute + 1, func(int) (sight, int64, sink.Place, time.Duration) {
			return still, 0, sink.Place{State: sink.PlaceNone}, 0
		}},
		{"in no place for a moment", -1, func(i int) (sight, int64, sink.Place, time.Duration) {
			if i%2 == 0 {
				return still, int64(i), sink.Place{State: sink.PlaceNone}, 0
			}
			return still, int64(i), sink.Place{State: sink.PlaceQueued}, 0
		}},
		{"a lane that nothing holds", minute + 1, func(int) (sight, int64, sink.Place, time.Duration) {
			return still, 0, sink.Place{State: sink.PlaceHeld, Lane: 4}, 0
		}},
		{"one record a minute", -1, func(i int) (sight, int64, sink.Place, time.Duration) {
			s := still
			s.offset = int64(i / minute)
			return s, 0, sink.Place{State: sink.PlaceAir, Since: start}, 0
		}},
		{"held up from outside for a moment", 10 + minute, func(i int) (sight, int64, sink.Place, time.Duration) {
			s := still
			if i == 9 {
				s.stage = stageIdle
			}
			return s, 0, sink.Place{State: sink.PlaceAir, Since: start}, 0
		}},
		{"taken away and assigned again", 9 + minute, func(i int) (sight, int64, sink.Place, time.Duration) {
			s := still
			if i >= 9 {
				s.epoch = 1
			}
			return s, 0, sink.Place{State: sink.PlaceAir, Since: start}, 0
		}},
		{"one mapping that does not return, while records before it move", minute, func(i int) (sight, int64, sink.Place, time.Duration) {
			return sight{stage: stageSink, offset: int64(i), mapping: 99}, int64(i), sink.Place{State: sink.PlaceQueued}, 0
		}},
		{"the first record of all is mapped and does not return, while others move", minute, func(i int) (sight, int64, sink.Place, time.Duration) {
			return sight{stage: stageSink, offset: 0, mapping: 0}, int64(i), sink.Place{State: sink.PlaceQueued}, 0
		}},
		{"one record after the other is mapped", -1, func(i int) (sight, int64, sink.Place, time.Duration) {
			return sight{stage: stageSink, offset: int64(i), mapping: int64(99 + i)}, int64(i), sink.Place{State: sink.PlaceQueued}, 0
		}},
		{"nothing is read", minute, func(i int) (sight, int64, sink.Place, time.Duration) {
			return sight{stage: stageReading, offset: 3, mapping: -1}, int64(i), sink.Place{}, 0
		}},
		{"nothing is read for want of room, while others move", -1, func(i int) (sight, int64, sink.Place, time.Duration) {
			return sight{stage: stageReading, offset: 3, mapping: -1, crowded: true}, int64(i), sink.Place{}, 0
		}},
		{"nothing is read for want of room, and nothing moves", minute, func(int) (sight, int64, sink.Place, time.Duration) {
			return sight{stage: stageReading, offset: 3, mapping: -1, crowded: true}, 0, sink.Place{}, 0
		}},
		{"nothing is taken up", minute, func(int) (sight, int64, sink.Place, time.Duration) {
			return sight{stage: stageTaking, offset: 3, mapping: -1}, 0, sink.Place{}, 0
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := looks(10*minute, tc.at); got != tc.want {
				t.Errorf("blocked at look %d, want %d", got, tc.want)
			}
		})
	}
}

// TestAFrozenProcessIsNotBlocked: what stood still while the process did says nothing.
func TestAFrozenProcessIsNotBlocked(t *testing.T) {
	w := watchdog{}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	still := []sight{{stage: stageSink, offset: 7, mapping: 8}}
	w.look(now, 0, still)
	if got := w.look(now.Add(time.Hour), 0, still); len(got) > 0 {
		t.Errorf("after an hour in which nobody looked: %+v", got[0])
	}
	if w.progressed != now.Add(time.Hour) {
		t.Error("the hour counts as one in which nothing moved")
	}
}

// TestLooksMayBeLate by two of three intervals.
func TestLooksMayBeLate(t *testing.T) {
	w := watchdog{}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var found int
	for range 6 {
		found = len(w.look(now, 0, []sight{{stage: stageSink, offset: 7, mapping: -1}}))
		now = now.Add(3 * watchInterval)
	}
	if found != 1 {
		t.Errorf("%d partitions stand still, want 1", found)
	}
}

// TestWhatIsToldOnceIsNotToldAgain while records before it move.
func TestWhatIsToldOnceIsNotToldAgain(t *testing.T) {
	w := watchdog{}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	told := 0
	for i := range int64(30) {
		for _, p := range w.look(now, i, []sight{{stage: stageSink, offset: i, mapping: 99}}) {
			if p.told != p.record {
				told++
				p.told = p.record
			}
		}
		now = now.Add(watchInterval)
	}
	if told != 1 {
		t.Errorf("told %d times, want once", told)
	}
}
