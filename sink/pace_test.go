package sink

import (
	"math"
	"testing"
	"time"
)

// TestPermits: they grow by one for each success until they have been too many once, from then on by one for
// as many successes as there are; they shrink by three tenths, and begin anew at one after an outage.
func TestPermits(t *testing.T) {
	p := newPermits(8)
	for _, step := range []struct {
		name string
		do   func()
		want float64
	}{
		{"at first", func() {}, permitsFirst},
		{"a success", p.grow, 5},
		{"three more", func() { p.grow(); p.grow(); p.grow() }, 8},
		{"a success at the most", p.grow, 8},
		{"a failure", p.shrink, 5.6},
		{"another", p.shrink, 3.92},
		{"a success at what was too many", p.grow, 3.92 + 1/3.92},
		{"an outage", p.restart, 1},
		{"successes after it", func() { p.grow(); p.grow(); p.grow() }, 4},
		{"and beyond what there was", func() { p.grow() }, 5},
		{"then slowly", func() { p.grow() }, 5.2},
		{"many failures", func() {
			for range 20 {
				p.shrink()
			}
		}, 1},
		{"an outage of few permits", p.restart, 1},
		{"successes up to the first", func() { p.grow(); p.grow(); p.grow() }, 4},
		{"then slowly again", p.grow, 4.25},
	} {
		if step.do(); math.Abs(p.limit-step.want) > 1e-9 {
			t.Errorf("%s: %v permits, want %v", step.name, p.limit, step.want)
		}
	}
	if few := newPermits(2); few.limit != 2 {
		t.Errorf("begins with %v of 2 permits", few.limit)
	}
}

// sent counts the requests that a pace lets go at once.
func sent(p *pace, now time.Time) (n int) {
	for ; n < 1000 && !p.wait(now).After(now); n++ {
		p.spend(now)
	}
	return n
}

func TestThePaceKeepsItsRate(t *testing.T) {
	for _, tc := range []struct {
		rate          float64
		burst, second int // at once, and in the second after, asked every millisecond
	}{
		{1, 1, 1}, {100, 5, 100}, {2000, 50, 2000}, {math.Inf(1), 1000, 1_000_000},
	} {
		p, now := newPace(tc.rate), start()
		if n := sent(&p, now); n != tc.burst {
			t.Errorf("rate %v: %d at once, want %d", tc.rate, n, tc.burst)
		}
		n := 0
		for range 1000 {
			now = now.Add(time.Millisecond)
			n += sent(&p, now)
		}
		if n < tc.second-1 || n > tc.second {
			t.Errorf("rate %v: %d in a second, want %d", tc.rate, n, tc.second)
		}
	}
	p, now := newPace(10), start()
	p.spend(now)
	if at := p.wait(now); !at.Equal(now.Add(100 * time.Millisecond)) {
		t.Errorf("the second request goes after %v, want a tenth of a second", at.Sub(now))
	}
}

// TestThePaceShrinksAndRecovers: by half for each 429, to a tenth after an outage, back by half of what it is
// each second.
func TestThePaceShrinksAndRecovers(t *testing.T) {
	p, now := newPace(100), start()
	for _, step := range []struct {
		name string
		do   func()
		want float64
	}{
		{"a 429", func() { p.shrink(now) }, 50},
		{"another", func() { p.shrink(now) }, 25},
		{"not yet a second", func() { now = now.Add(time.Second - 1); p.wait(now) }, 25},
		{"a second", func() { now = now.Add(1); p.wait(now) }, 37.5},
		{"three seconds, looked at late", func() { now = now.Add(3 * time.Second); p.wait(now) }, 100},
		{"an outage", func() { p.restart(now) }, 10},
		{"another 429", func() { p.shrink(now) }, 5},
		{"an outage at less than a tenth", func() { p.restart(now) }, 5},
		{"429 and 429 again", func() {
			for range 20 {
				p.shrink(now)
			}
		}, 2},
		{"a minute", func() { now = now.Add(time.Minute); p.wait(now) }, 100},
	} {
		if step.do(); math.Abs(p.perSecond()-step.want) > 1e-9 {
			t.Errorf("%s: %v a second, want %v", step.name, p.perSecond(), step.want)
		}
		if got := float64(p.tokens.Limit()); math.Abs(got-step.want) > 1e-9 {
			t.Errorf("%s: the limiter gives %v a second, want %v", step.name, got, step.want)
		}
	}
}

// TestAnAttemptMayTakeThreeTimesWhatMostTake, within bounds, and looked at every 16 answers.
func TestAnAttemptMayTakeThreeTimesWhatMostTake(t *testing.T) {
	var l latencies
	add := func(n int, d time.Duration) {
		for range n {
			l.add(d)
		}
	}
	for _, step := range []struct {
		name         string
		do           func()
		p99, timeout time.Duration
	}{
		{"nothing is known", func() {}, 0, timeoutMost},
		{"too little is known", func() { add(15, time.Second) }, 0, timeoutMost},
		{"16 answers", func() { add(1, time.Second) }, time.Second, 3 * time.Second},
		{"two slow ones of 256", func() { add(237, time.Second); add(2, 4*time.Second); add(1, time.Millisecond) }, time.Second, 3 * time.Second},
		{"three of 256", func() { add(15, time.Second); add(1, 4*time.Second) }, 4 * time.Second, 12 * time.Second},
		{"quick ones alone", func() { add(256, time.Millisecond) }, time.Millisecond, timeoutLeast},
		{"slow ones alone", func() { add(256, 14*time.Second) }, 14 * time.Second, timeoutMost},
	} {
		if step.do(); l.p99() != step.p99 || l.timeout() != step.timeout {
			t.Errorf("%s: 99 of 100 take %v, a time-out of %v; want %v and %v", step.name, l.p99(), l.timeout(), step.p99, step.timeout)
		}
	}
}

// TestHowLongAnAttemptMayTake: a time-out is no answer, and says that a request takes long only if others that
// were sent later did not. A probe asks nothing of what was known before.
func TestHowLongAnAttemptMayTake(t *testing.T) {
	var l latencies
	now, r := start(), &Request{}
	probe, brief := &Request{passage: passage{probe: true}}, &Request{passage: passage{probe: true, brief: true}}
	learn := func(n int, r *Request, c Cause, took time.Duration, opened ...bool) func() {
		return func() {
			for range n {
				now = now.Add(time.Millisecond)
				l.learn(r, c, now, took, l.limit(r), len(opened) > 0)
			}
		}
	}
	hung := func(took time.Duration) func() {
		since := now
		return func() { l.learn(r, CauseTransport, since, took, l.limit(r), false) }
	}
	for _, step := range []struct {
		name string
		do   func()
		want time.Duration
	}{
		{"opened when nothing is known", learn(1, probe, CauseNone, time.Second, true), timeoutMost},
		{"answers", learn(15, r, CauseNone, time.Second), 3 * time.Second},
		{"refusals are answers", learn(256, r, CauseContent, 2*time.Second), 6 * time.Second},
		{"answers", learn(256, r, CauseNone, time.Second), 3 * time.Second},
		{"what is no answer", learn(256, r, CauseServer, 5*time.Second), 3 * time.Second},
		{"time-outs and nothing else", learn(256, r, CauseTransport, 3*time.Second), 3 * time.Second},
		{"time-outs of probes", learn(256, probe, CauseTransport, timeoutMost), 3 * time.Second},
		{"a late answer opens the gate", learn(1, probe, CauseNone, 4*time.Second, true), 12 * time.Second},
		{"an early one opens it", learn(1, brief, CauseNone, time.Second, true), 12 * time.Second},
		{"answers", learn(16, r, CauseNone, time.Second), 3 * time.Second},
		{"a broken connection, and later requests were answered", hung(3*time.Second - 1), 3 * time.Second},
		{"a time-out, and later requests were answered", hung(3 * time.Second), 9 * time.Second},
		{"another one", hung(9 * time.Second), timeoutMost},
		{"another one", hung(timeoutMost), timeoutMost},
	} {
		if step.do(); l.limit(r) != step.want || l.limit(probe) != timeoutMost || l.limit(brief) != briefTimeout {
			t.Errorf("%s: %v, a probe %v, a brief one %v; want %v, %v and %v", step.name,
				l.limit(r), l.limit(probe), l.limit(brief), step.want, timeoutMost, briefTimeout)
		}
	}
	if other := l.limit(&Request{}); other != 3*time.Second {
		t.Errorf("another request may take %v", other)
	}
	if l.learn(probe, CauseTransport, start(), timeoutMost, timeoutMost, false); probe.outrun > 0 {
		t.Error("a probe counts as slow")
	}
}
