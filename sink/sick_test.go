package sink

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// sick runs an engine against a destination that takes a request when takes says so, over days, with
// always enough to send, and returns what became of the ops.
func sick(b *bench, days int, takes func(*Request) bool) (delivered, exhausted int) {
	b.t.Helper()
	end := b.now.Add(time.Duration(days) * 24 * time.Hour)
	open, n := 0, uint64(0)
	for b.now.Before(end) {
		for ; open < 200; open++ {
			n++
			b.add(op(n%Lanes, "op"))
		}
		r := b.mustNext()
		b.after(50 * time.Millisecond)
		answer := failed()
		if takes(r) {
			answer = ok()
		}
		for _, res := range b.e.Done(b.now, r, answer, nil) {
			open--
			if res.Delivered() {
				delivered++
				continue
			}
			exhausted++
			b.e.Resolve(res.Op)
		}
		b.e.Retired()
	}
	return delivered, exhausted
}

// TestASickDestinationIsNotEmptiedIntoLetters: a destination that takes nothing, next to nothing, or a
// quarter, gives no reason to give any op up, whatever it took before.
func TestASickDestinationIsNotEmptiedIntoLetters(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		oneOf   int // requests of which one is taken; 0: none
		healthy bool
	}{{0, true}, {1000, true}, {20, true}, {4, true}, {4, false}} {
		t.Run(fmt.Sprintf("one of %d, healthy before %v", tc.oneOf, tc.healthy), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, Options{MaxOps: 20})
			if tc.healthy {
				b.e.tokens = tokensMost
			}
			dice := rand.New(rand.NewPCG(1, 2))
			delivered, exhausted := sick(b, 3, func(*Request) bool { return tc.oneOf > 0 && dice.IntN(tc.oneOf) == 0 })
			if exhausted > 0 {
				t.Errorf("%d letters beside %d deliveries, want none: nothing is wrong with the ops", exhausted, delivered)
			}
			if tc.oneOf > 0 && delivered == 0 {
				t.Error("nothing was delivered")
			}
		})
	}
}
