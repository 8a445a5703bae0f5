package kill

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"
)

// TestFinishedSetLosesNothing is the test that Parallel Consumer fails, whose idea the set of finished
// offsets in the metadata of a commit is: in 6 of 10 runs like these it lost 15 to 182 records, all of
// them inside its own set, with a lag of 0 at the end. Answers come in another order than requests, so that
// much is finished beyond what is committed; the process is killed when such a commit is in, twice;
// what its successors leave out must have been delivered.
func TestFinishedSetLosesNothing(t *testing.T) {
	const runs = 20
	violations, beyond, again := make([]int, runs), make([]int, runs), make([]repeats, runs)
	t.Run("runs", func(t *testing.T) {
		for i := range runs {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				violations[i], beyond[i], again[i] = finishedSet(newWorld(t, i), uint64(i))
			})
		}
	})
	w := &world{T: t}
	lost, sum := 0, repeats{}
	for i := range runs {
		lost += violations[i]
		sum.add(again[i])
		if beyond[i] == 0 {
			t.Errorf("run %d: nothing was finished beyond a commit: it shows nothing", i)
		}
	}
	const what = "finished set under kill -9, the test of Parallel Consumer's loss: "
	w.figure(what+"violations", runs, float64(lost), "violations", 0)
	w.repeats(what, 2*runs, sum)
	w.committedTwice(sum)
}

// finishedSet is one run. It returns how many offsets were called finished beyond commits, and what was sent
// again.
func finishedSet(w *world, seed uint64) (violations, beyond int, again repeats) {
	random := rand.New(rand.NewPCG(seed, 7))
	w.front.Slow(func(body []byte) time.Duration {
		if len(body)%3 == 0 {
			return 900 * time.Millisecond
		}
		return time.Duration(len(body)%50) * time.Millisecond
	})
	w.load.some(2000)
	stop := w.load.start(500)
	for range 2 {
		l := w.launch()
		t := w.moments.arm(acknowledged, l, 1+random.IntN(2), func() {})
		l.await(t)
		<-time.After(time.Duration(random.IntN(400)) * time.Millisecond)
		l.kill()
	}
	stop()
	w.front.Slow(nil)
	w.launch()
	w.settled(30 * time.Second)
	v := w.judge()
	w.justOnce(v)
	for i := range v.history {
		if c := v.history[i].Commit; c != nil && c.Applied {
			beyond += len(c.Beyond)
		}
	}
	return len(v.violations), beyond, v.repeats
}
