package sink

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestARequestFailsAloneWhenOthersFaredWell: since its failure before, somebody was taken, and at most as many
// others failed as were.
func TestARequestFailsAloneWhenOthersFaredWell(t *testing.T) {
	var s schedule
	for _, step := range []struct {
		name  string
		all   fortune // its own failures are among them
		alone int
		toxic bool
	}{
		{"its first failure proves nothing", fortune{successes: 7, failures: 1}, 0, false},
		{"nobody was taken since", fortune{successes: 7, failures: 2}, 0, false},
		{"one was", fortune{successes: 8, failures: 3}, 1, true},
		{"nobody was since then", fortune{successes: 8, failures: 4}, 1, true},
		{"one was, and one failed", fortune{successes: 9, failures: 6}, 2, true},
		{"one was, and two failed", fortune{successes: 10, failures: 9}, 2, true},
		{"three were, and two failed", fortune{successes: 13, failures: 12}, 3, true},
	} {
		s.failed(start(), step.all)
		if toxic := s.toxic(step.all.successes); s.alone != step.alone || toxic != step.toxic {
			t.Errorf("%s: failed alone %d times, toxic %v; want %d, %v", step.name, s.alone, toxic, step.alone, step.toxic)
		}
	}
	var once schedule
	if once.failed(start(), fortune{failures: 1}); once.toxic(100) {
		t.Error("one failure makes a request toxic")
	}
}

// TestABackOffDoublesToAMinute, and is drawn from all that lies below: full jitter.
func TestABackOffDoublesToAMinute(t *testing.T) {
	var longest [20]time.Duration
	for range 300 {
		var s schedule
		for i := range longest {
			s.wait(start())
			wait := s.due.Sub(start())
			if wait < time.Millisecond {
				t.Fatalf("waits %v", wait)
			}
			longest[i] = max(longest[i], wait)
		}
	}
	for i, most := range map[int]time.Duration{0: 2 * retryFirst, 1: 4 * retryFirst, 2: 8 * retryFirst, 19: 2 * retryMost} {
		if longest[i] > most || longest[i] < most*8/10 {
			t.Errorf("wait %d was at most %v of 300 draws, want nearly %v", i, longest[i], most)
		}
	}
}

func TestTheSoonestGoesAgainFirst(t *testing.T) {
	var w waiting
	for i, seconds := range []int{3, 1, 2, 1, 5, 4, 1} {
		w.push(&Request{Attempt: i, retry: schedule{due: start().Add(time.Duration(seconds) * time.Second)}})
	}
	var got []int
	for w.first() != nil {
		got = append(got, w.take(0).Attempt)
	}
	if d := cmp.Diff(got, []int{1, 3, 6, 2, 0, 5, 4}); d != "" {
		t.Errorf("order, equals as they came (-got +want):\n%s", d)
	}
}

func TestTheOneThatWasAProbeLeastOftenIsNext(t *testing.T) {
	for _, tc := range []struct {
		probes []int
		want   int
	}{{nil, -1}, {[]int{3}, 0}, {[]int{2, 1, 1, 3}, 1}, {[]int{0, 0}, 0}, {[]int{1, 0, 2}, 1}, {[]int{2, 1, 0}, 2}} {
		var w waiting
		for _, n := range tc.probes {
			w = append(w, &Request{probes: n})
		}
		if got := w.leastProbed(); got != tc.want {
			t.Errorf("probed %v: %d is next, want %d", tc.probes, got, tc.want)
		}
	}
}

// TestARequestIsCutBetweenLanes: as near to where it should be as that goes, before rather than behind.
func TestARequestIsCutBetweenLanes(t *testing.T) {
	for _, tc := range []struct {
		lanes string
		want  int
		at    int
	}{
		{"aaaa", 2, 0}, {"abcd", 2, 2}, {"abcd", 1, 1}, {"aaab", 2, 3}, {"abbb", 2, 1}, {"aabbbbcc", 4, 2}, {"abbbcc", 3, 4}, {"aaabbbbc", 5, 3}, {"aaaabc", 1, 4},
	} {
		var ops []*Op
		for _, lane := range tc.lanes {
			ops = append(ops, op(uint64(lane), "x"))
		}
		if at := laneCut(ops, tc.want); at != tc.at {
			t.Errorf("%s, at %d: cut at %d, want %d", tc.lanes, tc.want, at, tc.at)
		}
		var runLengths, want []int
		runs(ops, func(run []*Op) { runLengths = append(runLengths, len(run)) })
		for i, lane := range tc.lanes {
			if i == 0 || byte(lane) != tc.lanes[i-1] {
				want = append(want, 0)
			}
			want[len(want)-1]++
		}
		if d := cmp.Diff(runLengths, want); d != "" {
			t.Errorf("runs of %s (-got +want):\n%s", tc.lanes, d)
		}
	}
}
