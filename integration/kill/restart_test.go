package kill

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/program"
)

// TestRestarts stops and starts the program in order under load, -restarts times: nothing is sent again.
func TestRestarts(t *testing.T) {
	w := newWorld(t, 0)
	restarts := flagInt(t, "restarts")
	random := rand.New(rand.NewPCG(3, 4))
	w.front.Slow(func(body []byte) time.Duration { return time.Duration(len(body)%40) * time.Millisecond })
	stop := w.load.start(400)
	longest := time.Duration(0)
	for range restarts {
		l := w.launch()
		w.reach(l, answered)
		<-time.After(time.Duration(random.IntN(300)) * time.Millisecond)
		e := l.stop(deadline)
		longest = max(longest, e.took)
		if e.code != 0 {
			t.Errorf("%s ended with code %d\n%s", l.Name, e.code, l.Tail(5))
		}
	}
	stop()
	w.launch()
	w.settled(30 * time.Second)
	v := w.judge()
	w.figure("clean restarts under load: sent again", restarts, float64(v.again), "events", 0)
	w.figure("clean restarts under load: longest stop", restarts, longest.Seconds(), "s", deadline.Seconds())
}

// TestRollingRestart restarts each of three members in turn, with and without names of their own, under
// load: nothing is sent again, and nobody is jumped over.
func TestRollingRestart(t *testing.T) {
	for i, c := range []struct {
		name   string
		member func(n int) func(*program.Settings)
	}{
		{"with an instance id", func(n int) func(*program.Settings) {
			return func(s *program.Settings) { s.Instance, s.Admin = fmt.Sprintf("pintle-%d", n), "" }
		}},
		{"without", func(int) func(*program.Settings) {
			return func(s *program.Settings) { s.Instance, s.Admin = "", "" }
		}},
		{"by KIP-848", func(int) func(*program.Settings) {
			return func(s *program.Settings) { s.Instance, s.Admin, s.NextGen = "", "", true }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 30+i)
			w.front.Slow(func([]byte) time.Duration { return 20 * time.Millisecond })
			stop := w.load.start(400)
			var members [3]*life
			for n := range members {
				members[n] = w.launch(c.member(n))
				w.reach(members[n], answered)
			}
			for n, l := range members {
				if e := l.stop(deadline); e.code != 0 {
					t.Errorf("%s ended with code %d\n%s", l.Name, e.code, l.Tail(5))
				}
				members[n] = w.launch(c.member(n))
				w.reach(members[n], answered)
			}
			stop()
			w.settled(60 * time.Second)
			v := w.judge()
			w.figure("rolling restart of three members "+c.name+": sent again", 1, float64(v.again), "events", 0)
		})
	}
}
