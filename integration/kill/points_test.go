package kill

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/witness"
)

// point is a place at which to kill.
type point struct {
	name string
	// at is the moment, most how many of them to let pass at most.
	at   moment
	most int
	// ready, if any, brings the life to where the moment counts. The function that it returns undoes it
	// once the life is over.
	ready func(*life) (undo func())
}

// points are those at which something can be half done.
func points() []point {
	return []point{
		{name: "a request has arrived, nothing of it is taken", at: asked, most: 4},
		{name: "a request is taken and not answered", at: taken, most: 4},
		{name: "answered and not committed", at: answered, most: 4},
		{name: "an answer of 207 is sent, its letters are not written", at: partial, most: 2},
		{name: "a split is going on", at: splitting, most: 3},
		{name: "a letter has arrived and is lost", at: lettering, most: 3},
		{name: "a letter is kept and not acknowledged", at: lettered, most: 3},
		{name: "a letter is acknowledged and its record not committed", at: safe, most: 3},
		{name: "a commit has arrived and is lost", at: committing, most: 1},
		{name: "a commit is applied and not answered", at: committed, most: 1},
		{name: "a commit is answered", at: acknowledged, most: 1},
		{name: "a join is going on", at: joining, most: 1},
		{name: "the partitions have just been assigned", at: synced, most: 1},
		{name: "a stop drains", at: taken, most: 1, ready: stopUnderWay},
		{name: "a stop commits", at: committing, most: 1, ready: stopUnderWay},
		{name: "a stop leaves the group", at: committed, most: 1, ready: stopUnderWay},
		{name: "a probe is in the air", at: asked, most: 1, ready: gateShut},
		{name: "a probe is taken and not answered", at: taken, most: 1, ready: gateShut},
		{name: "a probe is answered", at: answered, most: 1, ready: gateShut},
	}
}

// patience is how long a life may take to come to a moment, on a machine that has other things to do.
const patience = 2 * time.Minute

// TestKillPoints kills the program at each point, -each times.
func TestKillPoints(t *testing.T) {
	w := newWorld(t, 0)
	each := flagInt(t, "each")
	random := rand.New(rand.NewPCG(1, 2))
	w.front.Slow(jitter(random))
	stop := w.load.start(300)
	list := points()
	missed := 0
	for range each {
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for _, p := range list {
			l := w.launch()
			undo := func() {}
			if p.ready != nil {
				undo = p.ready(l)
			}
			if !l.killAt(p.at, 1+random.IntN(p.most)) {
				missed++
				t.Errorf("%s: %s never came so far that %s\n%s", p.name, l.Name, p.at, l.Tail(5))
			}
			undo()
		}
	}
	stop()
	w.launch()
	w.settled(patience)
	v := w.judge()
	if flag.Lookup("gate").Value.String() == "true" {
		v.late = 0 // it goes by the clock, see [slack]
	}
	w.justOnce(v)
	const what = "kill -9 of the real process, at each of the kill points: "
	w.figure(what+"points missed", each*len(list), float64(missed), "points", 0)
	w.figure(what+"violations (lost, or last state not the newest)", each*len(list), float64(len(v.violations)), "violations", 0)
	w.repeats(what, each*len(list), v.repeats)
	t.Logf("%d points, %d events, %d of them sent again", len(list), v.events, v.again)
}

// stopUnderWay asks a life that has requests in the air to stop.
func stopUnderWay(l *life) (undo func()) {
	l.world.Helper()
	before := l.world.front.Slow(func([]byte) time.Duration { return 300 * time.Millisecond })
	l.world.reach(l, answered)
	l.world.until("requests in the air", patience, func() (bool, string) { return l.world.front.Flying() > 0, "none" })
	l.term(drain)
	return func() { l.world.front.Slow(before) }
}

// gateShut lets the destination be down until the life sends nothing but probes, and up again.
func gateShut(l *life) (undo func()) {
	l.world.Helper()
	outage(l)
	l.world.until("nothing in the air", patience, func() (bool, string) { return l.world.front.Flying() == 0, "some" })
	heal(l.world)
	return func() {}
}

// outage lets the destination be down until the life sends nothing but probes.
func outage(l *life) {
	l.world.Helper()
	l.world.front.Behave(witness.Unavailable)
	l.world.until("the gate to be shut", patience, func() (bool, string) {
		_, text, err := l.Get(l.world.ctx, "/readyz")
		return err == nil && strings.Contains(text, "holding"), text
	})
}

func heal(w *world) {
	w.front.Behave(witness.Normal)
	w.front.Release()
}
