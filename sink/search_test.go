package sink

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// backlog sends ops through an engine to a destination that refuses, naming none, each request that holds
// one for which bad is true. It returns how many requests that took, and checks what became of each op.
func backlog(t *testing.T, queued int, ops []*Op, bad map[*Op]bool) (requests int) {
	t.Helper()
	b := newBench(t, Options{Rate: -1})
	open, alone, seen, last := map[*Op]bool{}, map[*Op]bool{}, map[*Op]bool{}, map[uint64]int{}
	place := map[*Op]int{}
	var air []*Request
	for i := 0; i < len(ops) || len(open) > 0; {
		for ; i < len(ops) && len(open) < queued; i++ {
			place[ops[i]], open[ops[i]] = i, true
			b.add(ops[i])
		}
		if r := b.next(time.Minute); r != nil {
			requests++
			for _, o := range r.Ops {
				if !seen[o] && place[o] < last[o.Key] {
					t.Fatalf("op %d of lane %d was first sent after op %d", place[o], o.Key, last[o.Key])
				}
				seen[o], last[o.Key] = true, max(last[o.Key], place[o])
			}
			air = append(air, r)
			if len(air) < 8 {
				continue
			}
		}
		if len(air) == 0 {
			t.Fatalf("%d ops are stuck", len(open))
		}
		r := air[0]
		air = air[1:]
		b.after(10 * time.Millisecond)
		answer := ok()
		if slices.ContainsFunc(r.Ops, func(o *Op) bool { return bad[o] }) {
			if answer = refused(); len(r.Ops) == 1 {
				answer, alone[r.Ops[0]] = rejected(), true
			}
		}
		for _, res := range b.e.Done(b.now, r, answer, nil) {
			if !open[res.Op] || res.Delivered() == bad[res.Op] || bad[res.Op] && !alone[res.Op] {
				t.Fatalf("op %d: open %v, bad %v, refused alone %v, delivered %v", place[res.Op], open[res.Op], bad[res.Op], alone[res.Op], res.Delivered())
			}
			delete(open, res.Op)
			if !res.Delivered() {
				b.e.Resolve(res.Op)
			}
		}
		b.e.Retired()
	}
	return requests
}

func users(ops, users int) []*Op {
	dice := rand.New(rand.NewPCG(1, 1))
	list := make([]*Op, ops)
	for i := range list {
		list[i] = op(KeyHashString(fmt.Sprint("user-", dice.IntN(users))), "x")
	}
	return list
}

// oneOf marks one op in each n.
func oneOf(ops []*Op, n int) map[*Op]bool {
	dice := rand.New(rand.NewPCG(2, 2))
	bad := map[*Op]bool{}
	for i := 0; i+n <= len(ops); i += n {
		bad[ops[i+dice.IntN(n)]] = true
	}
	return bad
}

// TestAPoisonedBacklogCostsFewRequests: 500 requests are needed anyway, and 11.4 bits for each bad op to say
// which of 1,000 it is. Halving both ways took 4,038 requests for short queues and 7,648 for long ones.
func TestAPoisonedBacklogCostsFewRequests(t *testing.T) {
	for _, queued := range []int{20_000, 200_000} {
		ops := users(200_000, 50_000)
		bad := oneOf(ops, 1000)
		requests := backlog(t, queued, ops, bad)
		t.Logf("%d requests for %d bad ops in %d, %d queued at a time", requests, len(bad), len(ops), queued)
		if most := 500 + 12*len(bad); requests > most {
			t.Errorf("%d requests, want at most %d", requests, most)
		}
	}
}

// TestASearchNeverCostsMoreThanHalving, wherever the bad ops are: most is what sending both halves took.
func TestASearchNeverCostsMoreThanHalving(t *testing.T) {
	const n = 8000
	for _, tc := range []struct {
		name  string
		users int
		bad   func(ops []*Op, i int) bool
		most  int
	}{
		{"one in 1,000", 2000, func(_ []*Op, i int) bool { return i%1000 == 500 }, 179},
		{"one in 100", 2000, func(_ []*Op, i int) bool { return i%100 == 77 }, 1236},
		{"one in 10", 2000, func(_ []*Op, i int) bool { return i%10 == 3 }, 6555},
		{"one in 2", 2000, func(_ []*Op, i int) bool { return i%2 == 1 }, 12486},
		{"all", 2000, func([]*Op, int) bool { return true }, 13348},
		{"all, each of another user", n, func([]*Op, int) bool { return true }, 14706},
		{"the first of 400", n, func(_ []*Op, i int) bool { return i%400 == 0 }, 355},
		{"the last of 400", n, func(_ []*Op, i int) bool { return i%400 == 399 }, 365},
		{"first and last of 400", n, func(_ []*Op, i int) bool { return i%400 == 0 || i%400 == 399 }, 614},
		{"20 of 400, side by side", n, func(_ []*Op, i int) bool { return i%400/20 == 7 }, 3437},
		{"one user in 100", 100, func(ops []*Op, i int) bool { return ops[i].Key == ops[0].Key }, 114},
		{"one user in 2,000", 2000, func(ops []*Op, i int) bool { return ops[i].Key == ops[0].Key }, 41},
		{"one in 100 of one user", 1, func(_ []*Op, i int) bool { return i%100 == 50 }, 7200},
		{"all of one user", 1, func([]*Op, int) bool { return true }, 8180},
		{"all after the first half", 2000, func(_ []*Op, i int) bool { return i >= n/2 }, 10716},
	} {
		ops := users(n, tc.users)
		bad := map[*Op]bool{}
		for i, o := range ops {
			if tc.bad(ops, i) {
				bad[o] = true
			}
		}
		requests := backlog(t, n, ops, bad)
		t.Logf("%s: %d requests for %d bad ops, %d by halving", tc.name, requests, len(bad), tc.most)
		if requests > tc.most {
			t.Errorf("%s: %d requests for %d bad ops, want at most %d", tc.name, requests, len(bad), tc.most)
		}
	}
}
