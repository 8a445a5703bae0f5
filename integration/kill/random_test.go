package kill

import (
	"flag"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

// campaign is how many kills one world sees: its history stays small enough to be judged in no time.
const campaign = 100

// TestKill kills the program at random moments, as often as -runs says.
func TestKill(t *testing.T) {
	runs := flagInt(t, "runs")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var sum verdict
	begun := time.Now()
	for left := runs; left > 0; left -= campaign {
		t.Run("campaign", func(t *testing.T) { killOften(newWorld(t, 0), random, min(campaign, left), &sum) })
	}
	w := &world{T: t}
	const what = "kill -9 of the real process, at random: "
	w.figure(what+"violations (lost, or last state not the newest)", runs, float64(len(sum.violations)), "violations", 0)
	w.repeats(what, runs, sum.repeats)
	t.Logf("%d kills in %s, %d events, %d of them sent again", runs, time.Since(begun).Round(time.Second), sum.events, sum.again)
}

func killOften(w *world, random *rand.Rand, kills int, sum *verdict) {
	w.front.Slow(jitter(random))
	stop := w.load.start(400)
	for n := range kills {
		w.launch().liveAWhile(random, n%everyLong == 0)
	}
	stop()
	w.launch()
	w.settled(60 * time.Second)
	v := w.judge()
	w.justOnce(v)
	w.committedTwice(v.repeats)
	w.happened(asked, taken, answered, partial, splitting, joining, committing, committed, lettered, safe)
	if v.again == 0 {
		w.Error("nothing was sent again: the kills hit nothing in the air")
	}
	sum.violations = append(sum.violations, v.violations...)
	sum.events += v.events
	sum.add(v.repeats)
}

// everyLong is how many lives there are to one that lives until its second commit.
const everyLong = 10

// liveAWhile lets a life come to a moment that is drawn, lets it go on for a time that is drawn, and
// kills it. One in four comes to a commit, which is the most that a life of a second can; a long one comes to
// its second.
func (l *life) liveAWhile(random *rand.Rand, long bool) {
	since := []moment{joining, synced, asked, committing}[random.IntN(4)]
	rest := time.Duration(random.Int64N(int64(300 * time.Millisecond)))
	nth := 1
	if long {
		since, nth = committing, 2
	}
	t := l.world.moments.arm(since, l, nth, func() {})
	select {
	case <-t.sprung:
	case <-time.After(patience):
		l.world.Logf("%s never came so far that %s", l.Name, since)
	}
	<-time.After(rest)
	l.kill()
}

// jitter delays answers, a few of them by much, so that events finish in another order than they began.
func jitter(random *rand.Rand) func([]byte) time.Duration {
	seed := random.Uint64()
	return func(body []byte) time.Duration {
		r := rand.New(rand.NewPCG(seed, uint64(len(body))))
		if r.IntN(10) == 0 {
			return 300 * time.Millisecond
		}
		return time.Duration(r.IntN(30)) * time.Millisecond
	}
}

// flagInt reads a flag; [TestMain] defines them.
func flagInt(t *testing.T, name string) int {
	t.Helper()
	n, err := strconv.Atoi(flag.Lookup(name).Value.String())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func flagDuration(t *testing.T, name string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(flag.Lookup(name).Value.String())
	if err != nil {
		t.Fatal(err)
	}
	return d
}
