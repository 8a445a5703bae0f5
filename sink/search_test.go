package sink

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
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

// users makes ops of that many users, by chance but always the same.
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
// which of 1,000 it is. Sending both halves took 4,407 requests for short queues and 8,015 for long ones.
func TestAPoisonedBacklogCostsFewRequests(t *testing.T) {
	for _, queued := range []int{20_000, 200_000} {
		ops := users(200_000, 50_000)
		bad := oneOf(ops, 1000)
		requests := backlog(t, queued, ops, bad)
		t.Logf("%d requests for %d bad ops in %d, %d in the queue", requests, len(bad), len(ops), queued)
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

// eight returns a bench with a request of eight ops, of two for each lane, that was refused, and the first piece.
func eight(t *testing.T) (*bench, *Request) {
	t.Helper()
	b := newBench(t, Options{Rate: -1})
	for i := range 8 {
		b.add(op(uint64(i/2), strconv.Itoa(i)))
	}
	b.done(b.mustNext(), refused())
	piece := b.mustNext()
	check(t, "the first piece", names(piece), []string{`"0"`, `"1"`, `"2"`, `"3"`})
	if r := b.next(time.Minute); r != nil {
		t.Fatalf("beside it goes %v", names(r))
	}
	return b, piece
}

// TestWhatASearchConcludes: the pieces after each answer.
func TestWhatASearchConcludes(t *testing.T) {
	named := func(status int, items ...Item) Answer {
		return Answer{Verdict: Done, Cause: CauseContent, Status: status, Items: items}
	}
	for _, tc := range []struct {
		name    string
		answers []Answer // to the first piece and those after it
		want    string   // the next piece
	}{
		{"the first half is taken, so the second is bad", []Answer{ok()}, `["4" "5"]`},
		{"and so on", []Answer{ok(), ok()}, `["6"]`},
		{"down to one, that goes alone", []Answer{ok(), ok(), ok()}, `["7"]`},
		{"the first half is refused", []Answer{refused()}, `["0" "1"]`},
		{"one found beside two that were taken, so four go at once", []Answer{refused(), ok(), rejected()}, `["4" "5" "6" "7"]`},
		{"one found beside none, so one goes", []Answer{refused(), refused(), rejected()}, `["2"]`},
		{"it is taken, so two go", []Answer{refused(), refused(), rejected(), ok()}, `["3" "4"]`},
		{"they are taken, so four may", []Answer{refused(), refused(), rejected(), ok(), ok()}, `["5" "6" "7"]`},
		{"they are refused", []Answer{refused(), refused(), rejected(), ok(), refused()}, `["3"]`},
		{"both are taken, so one of the rest goes", []Answer{refused(), refused(), rejected(), ok(), refused(), ok(), ok()}, `["5"]`},
		{"throttled says nothing", []Answer{throttled()}, `["0" "1" "2" "3"]`},
		{"given up says nothing", []Answer{{Verdict: Retry, Cause: CauseCanceled}}, `["0" "1" "2" "3"]`},
		{"throttled and taken", []Answer{throttled(), ok()}, `["4" "5"]`},
		{"one is refused by name, so nothing is known of the rest", []Answer{named(207, Item{Index: 1, Verdict: Reject})}, `["4" "5" "6" "7"]`},
	} {
		b, r := eight(t)
		for _, a := range tc.answers {
			b.done(r, a)
			r = b.mustNext()
		}
		if got := fmt.Sprint(names(r)); got != tc.want {
			t.Errorf("%s: next goes %s, want %s", tc.name, got, tc.want)
		}
	}
}

// TestNobodyWaitsForTheBackOffOfAPiece: when it fails as the destination does when it is sick, the others go.
func TestNobodyWaitsForTheBackOffOfAPiece(t *testing.T) {
	b, piece := eight(t)
	b.done(piece, failed())
	r, _ := b.e.Next(b.now)
	if r == nil {
		t.Fatal("the others wait")
	}
	check(t, "the others", names(r), []string{`"4"`, `"5"`, `"6"`, `"7"`})
	check(t, "the piece", names(b.mustNext()), []string{`"0"`, `"1"`, `"2"`, `"3"`})
}

// TestWhatIsTooLargeTogetherMayBeSmallEnoughInHalves: then no half tells about the other, and both go at once.
func TestWhatIsTooLargeTogetherMayBeSmallEnoughInHalves(t *testing.T) {
	b := newBench(t, Options{})
	b.add(op(1, "a"), op(2, "b"), op(3, "c"), op(4, "d"))
	large := refused()
	large.Status = 413
	b.done(b.mustNext(), large)
	check(t, "the first half", names(b.mustNext()), []string{`"a"`, `"b"`})
	check(t, "the second", names(b.mustNext()), []string{`"c"`, `"d"`})
}

// TestMuchOfWhichNothingIsKnownDoesNotWait: an eighth of a full request goes beside the piece, unless it is of
// the lane in which the piece was cut.
func TestMuchOfWhichNothingIsKnownDoesNotWait(t *testing.T) {
	for _, tc := range []struct {
		lanes  string
		beside string
	}{
		{"abcdefghijklmnop", "ijklmnop"}, {"abcdefghhhhhhhno", "no"}, {"abcdefghhhhhhhhn", ""}, {"aaaaaaaaaaaaaaaa", ""},
	} {
		b := newBench(t, Options{Rate: -1, MaxOps: 16})
		for _, lane := range tc.lanes {
			b.add(op(uint64(lane), string(lane)))
		}
		b.done(b.mustNext(), refused())
		b.done(b.mustNext(), refused())
		piece, _ := b.e.Next(b.now)
		if len(piece.Ops) != 4 {
			t.Fatalf("%s: the piece is %v", tc.lanes, names(piece))
		}
		beside := ""
		if r, _ := b.e.Next(b.now); r != nil {
			beside = strings.ReplaceAll(strings.Join(names(r), ""), `"`, "")
		}
		if beside != tc.beside {
			t.Errorf("%s: beside the piece goes %q, want %q", tc.lanes, beside, tc.beside)
		}
	}
}

// TestTheEndOfAnEpochReachesWhatWaitsBehindAPiece, which is in the air or waits. The epoch is forgotten before
// the piece is answered, for that holds nothing of it.
func TestTheEndOfAnEpochReachesWhatWaitsBehindAPiece(t *testing.T) {
	for _, air := range []bool{true, false} {
		b := newBench(t, Options{Rate: -1})
		for i := range 8 {
			o := op(uint64(i/2), strconv.Itoa(i))
			o.Epoch = uint64(1 + i/5) // 5, 6 and 7 are of epoch 2
			b.add(o)
		}
		b.done(b.mustNext(), refused())
		var piece *Request
		if air {
			piece = b.mustNext()
		}
		if n := b.e.End(2); n != 3 {
			t.Errorf("in the air %v: dropped %d, want 3", air, n)
		}
		b.e.Forget(2)
		var sent []string
		if air {
			sent = b.done(piece, ok())
		}
		for r := b.next(time.Minute); r != nil; r = b.next(time.Minute) {
			sent = append(sent, b.done(r, ok())...)
		}
		slices.Sort(sent)
		check(t, "delivered", sent, []string{`"0"`, `"1"`, `"2"`, `"3"`, `"4"`})
	}
}
