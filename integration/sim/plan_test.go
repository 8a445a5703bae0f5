//go:build synctests

package sim

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// plan is everything about a run that its seed decides.
type plan struct {
	seed      uint64
	processes int
	lag       time.Duration // of every byte, each way
	session   time.Duration // of the group
	budget    int64
	window    int
	maxOps    int
	inFlight  int
	users     int
	classic   bool // the group's protocol, else KIP-848
	fat       bool // records are large, and the budget is small
	allBad    int  // the status of an answer to a request of which nothing can be taken, 0 for 207
	steps     []step
}

// step is one thing that is done at a time.
type step struct {
	at   time.Duration
	what string
	do   func(*world)
}

// random returns the n-th stream of numbers of the plan.
func (p *plan) random(n uint64) *rand.Rand { return rand.New(rand.NewPCG(p.seed, n)) }

// span is how long faults last.
const span = 40 * time.Second

// largeRecords names what is no fault, but may be wanted like one.
const largeRecords = "large records"

// newPlan makes the plan of a seed, with some kinds of faults in any case.
func newPlan(seed uint64, always []string) *plan {
	p := &plan{seed: seed, session: session}
	r := p.random(0)
	p.processes = 2 + r.IntN(2)
	p.lag = []time.Duration{0, 0, time.Millisecond, 20 * time.Millisecond}[r.IntN(4)]
	p.budget = []int64{0, 0, 100_000}[r.IntN(3)]
	p.window = []int{0, 0, 40}[r.IntN(3)]
	p.maxOps = []int{0, 10, 3}[r.IntN(3)]
	p.inFlight = []int{0, 2}[r.IntN(2)]
	p.users = 3 + r.IntN(25)
	p.allBad = []int{0, 400}[r.IntN(2)]
	p.classic = r.IntN(2) == 0
	if p.fat = r.IntN(4) == 0 || slices.Contains(always, largeRecords); p.fat {
		p.budget = 200_000
	}
	p.produce(r)
	p.faults(r, always)
	if p.fat { // or nothing would pile up
		planOutage(p, r, 0)
	}
	slices.SortStableFunc(p.steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	return p
}

// produce plans the bursts of records.
func (p *plan) produce(r *rand.Rand) {
	left := 100 + r.IntN(150)
	if p.fat {
		left += 200
	}
	for at := time.Duration(0); left > 0; at += time.Duration(r.Int64N(int64(span) / 8)) {
		n := min(left, 1+r.IntN(60))
		left -= n
		p.add(min(at, span), fmt.Sprintf("produce %d records", n), func(w *world) { w.produce(n) })
	}
}

func (p *plan) add(at time.Duration, what string, do func(*world)) {
	p.steps = append(p.steps, step{at, what, do})
}

// String is the plan as a reader wants it.
func (p *plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d processes, %d users, lag %s, budget %d, window %d, at most %d ops and %d requests, large records %t, nothing taken %d, classic %t",
		p.seed, p.processes, p.users, p.lag, p.budget, p.window, p.maxOps, p.inFlight, p.fat, p.allBad, p.classic)
	for _, s := range p.steps {
		fmt.Fprintf(&b, "\n%10s %s", s.at.Round(time.Millisecond), s.what)
	}
	return b.String()
}
