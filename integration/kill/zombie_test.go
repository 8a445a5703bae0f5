package kill

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/figure"
	"github.com/pintle-io/pintle/integration/program"
)

// zombie is a way in which a frozen process is replaced.
type zombie struct {
	name string
	// first and second are the settings of the process that is frozen and of the one that takes over.
	first, second func(*program.Settings)
	// frozen is how long the first one is.
	frozen time.Duration
	// open says that nothing is promised: the figure is for information.
	open bool
}

// frozenSession is their session: long enough that a busy machine ends none by itself.
const frozenSession = 2 * session

func zombies() []zombie {
	short := func(instance string) func(*program.Settings) {
		return func(s *program.Settings) { s.Instance, s.Session, s.Admin = instance, frozenSession, "" }
	}
	long := func(s *program.Settings) { s.Instance, s.Admin = "pintle-0", "" }
	nextGen := func(s *program.Settings) { s.Instance, s.Session, s.Admin, s.NextGen = "", frozenSession, "", true }
	return []zombie{
		{name: "its session ended", first: short(""), second: short(""), frozen: 3 * frozenSession / 2},
		{name: "its session ended, with names", first: short("pintle-a"), second: short("pintle-b"), frozen: 3 * frozenSession / 2},
		{name: "its session ended, by KIP-848", first: nextGen, second: nextGen, frozen: 3 * frozenSession / 2},
		// Kafka gives a name to whoever comes last and asks nobody: a name that two processes have at one
		// time is a fault of whoever starts them.
		{name: "another took its name within its session", first: long, second: long, frozen: time.Second, open: true},
	}
}

// TestZombies freezes a process with requests in the air, lets another take over, and thaws it. What it
// does then must leave nobody with an older state than the newest.
func TestZombies(t *testing.T) {
	const runs = 2
	list := zombies()
	stale := make([][runs]int, len(list))
	t.Run("runs", func(t *testing.T) {
		for i, z := range list {
			for n := range runs {
				t.Run(fmt.Sprintf("%s, %d", z.name, n), func(t *testing.T) {
					t.Parallel()
					stale[i][n] = freeze(newWorld(t, i*runs+n), z, uint64(n))
				})
			}
		}
	})
	w := &world{T: t}
	for i, z := range list {
		sum := 0
		for _, n := range stale[i] {
			sum += n
		}
		w.show(figure.Figure{
			Tier: "process", What: "frozen and thawed, " + z.name + ": users whose last state is not the newest",
			Runs: runs, Value: float64(sum), Unit: "users", Free: z.open,
		})
	}
}

// freeze returns how many users have an older state than the newest at the end.
func freeze(w *world, z zombie, seed uint64) (stale int) {
	random := rand.New(rand.NewPCG(seed, 5))
	w.front.Slow(func(body []byte) time.Duration { return time.Duration(20+len(body)%60) * time.Millisecond })
	stop := w.load.start(600)
	first := w.launch(z.first)
	w.reach(first, acknowledged)
	at := []moment{asked, taken, answered, committing}[random.IntN(4)]
	<-w.moments.arm(at, first, 1+random.IntN(3), func() { w.signal(first, syscall.SIGSTOP) }).sprung
	frozen := time.Now()
	second := w.launch(z.second)
	w.reach(second, answered)
	<-time.After(time.Until(frozen.Add(z.frozen)))
	w.signal(first, syscall.SIGCONT)
	<-time.After(2 * time.Second) // in which it may do harm
	stop()
	w.settled(60 * time.Second)
	judge := w.judge
	if z.open {
		judge = w.look
	}
	for _, broken := range judge().violations {
		if broken.Invariant == "I2b" {
			stale++
		}
	}
	return stale
}

func (w *world) signal(l *life, s syscall.Signal) {
	w.Helper()
	if err := l.Signal(s); err != nil {
		w.Error(err)
	}
}
