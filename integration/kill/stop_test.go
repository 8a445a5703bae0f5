package kill

import (
	"cmp"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/program"
	"github.com/pintle-io/pintle/integration/witness"
)

// state is one in which the program is asked to stop.
type state struct {
	name string
	// bring puts the life, which has just been launched, into the state.
	bring func(w *world, l *life)
	// undo, if any, heals the world afterwards.
	undo func(w *world)
	// within is how long the stop may take.
	within time.Duration
	// clean says that nothing may be sent again by the next life.
	clean bool
	// gone says that the broker does not come back: nothing can be judged but the end.
	gone bool
	// silent says that the life knows a broker that takes connections and answers nothing.
	silent bool
	// drain is the life's drain time-out, 0 for the usual one.
	drain time.Duration
}

// deadline is the drain time-out and the twentieth part of it that the promise allows.
const deadline = drain + drain/20

// longDrain is the drain time-out of a stop that takes all of it.
const longDrain = 10 * time.Second

// idleStop is how long an idle process may take.
const idleStop = time.Second

func states() []state {
	return []state{
		{name: "idle", bring: idle, within: idleStop, clean: true},
		{name: "requests in the air", bring: inTheAir, within: deadline, clean: true},
		{name: "gate shut by an outage", bring: func(_ *world, l *life) { outage(l) }, undo: heal, within: deadline},
		{name: "the destination hangs before the head of its answer", bring: hanging(witness.Mute), undo: heal, within: deadline},
		{name: "the destination hangs within its answer", bring: hanging(witness.Halting), undo: heal, within: deadline},
		{name: "letters hang at the broker", bring: held(lettering), undo: letGo, within: deadline},
		{name: "a commit hangs at the broker", bring: held(committing), undo: letGo, within: deadline},
		{name: "the answer to a commit hangs", bring: held(committed), undo: letGo, within: deadline},
		{name: "a join hangs at the broker", bring: held(joining), undo: letGo, within: deadline},
		{name: "the broker is gone", bring: brokerGone, within: longDrain + longDrain/20, gone: true, drain: longDrain},
		{name: "the broker is gone, and letters wait for it", bring: brokerGoneWithLetters, within: longDrain + longDrain/20, gone: true, drain: longDrain},
		{name: "a broker that has never answered", bring: alive, within: deadline, gone: true, silent: true},
	}
}

// TestStop asks the program to stop in every state.
func TestStop(t *testing.T) {
	list := states()
	took, times := make([]time.Duration, len(list)), make([]int, len(list))
	t.Run("states", func(t *testing.T) {
		for i, s := range list {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				took[i], times[i] = within(s.within, func() time.Duration { return stopIn(newWorld(t, i), s) })
			})
		}
	})
	w := &world{T: t}
	for i, s := range list {
		w.figure("SIGTERM: "+s.name, times[i], took[i].Seconds(), "s", s.within.Seconds())
	}
}

// stopIn stops a life in a state, lets the next one finish, has all of it judged, and returns how long the stop
// took.
func stopIn(w *world, s state) time.Duration {
	w.Helper()
	w.load.some(1500)
	l := w.launch(func(settings *program.Settings) {
		settings.Drain = cmp.Or(s.drain, settings.Drain)
		if s.silent {
			settings.Brokers = []string{silence(w)}
		}
	})
	s.bring(w, l)
	e := l.ended(l.term(0), s.within+20*time.Second)
	w.Logf("%s: ended after %s with code %d\n%s", s.name, e.took.Round(time.Millisecond), e.code, l.Tail(4))
	if e.code != 0 {
		w.Errorf("exit code %d, want 0", e.code)
	}
	if s.gone {
		return e.took
	}
	if s.undo != nil {
		s.undo(w)
	}
	w.front.Slow(nil)
	w.launch()
	w.settled(40 * time.Second)
	v := w.judge()
	w.justOnce(v)
	if s.clean && v.again > 0 {
		w.Errorf("%d events were sent again after a clean stop", v.again)
	}
	return e.took
}

func idle(w *world, l *life) {
	w.reach(l, answered)
	w.settled(30 * time.Second)
}

func inTheAir(w *world, l *life) {
	w.front.Slow(func([]byte) time.Duration { return 300 * time.Millisecond })
	w.reach(l, answered)
	w.until("requests in the air", 10*time.Second, func() (bool, string) { return w.front.Flying() > 0, "none" })
}

// hanging is a destination that takes requests in a manner and gives no answer.
func hanging(m witness.Manner) func(*world, *life) {
	return func(w *world, l *life) {
		w.front.Behave(m)
		w.reach(l, asked)
		w.until("requests in the air", 10*time.Second, func() (bool, string) { return w.front.Flying() > 0, "none" })
	}
}

// held keeps one thing that passes between the life and the broker until the world is let go.
func held(at moment) func(*world, *life) {
	return func(w *world, l *life) {
		if at != joining {
			w.reach(l, answered)
		}
		arrived := make(chan struct{})
		w.moments.arm(at, l, 1, func() {
			close(arrived)
			select {
			case <-w.release:
			case <-w.ctx.Done():
			}
		})
		select {
		case <-arrived:
		case <-time.After(20 * time.Second):
			w.Fatalf("%s never came so far that %s\n%s", l.Name, at, l.Tail(10))
		}
	}
}

func letGo(w *world) { close(w.release) }

func brokerGone(w *world, l *life) {
	w.reach(l, committed)
	w.front.Slow(func([]byte) time.Duration { return 300 * time.Millisecond })
	w.load.some(500)
	w.reach(l, asked)
	w.cluster.Close()
}

func brokerGoneWithLetters(w *world, l *life) {
	held(lettering)(w, l)
	w.cluster.Close()
	letGo(w)
}

func alive(w *world, l *life) {
	if err := l.Alive(w.ctx); err != nil {
		w.Fatal(err)
	}
}

// silence is the address of somebody who takes connections and says nothing.
func silence(w *world) string {
	w.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// TestSecondSignal: a second SIGTERM cuts the wait to a second, a third one ends the process at once,
// and says by its code that it was no orderly end.
func TestSecondSignal(t *testing.T) {
	for i, c := range []struct {
		signals, code int
		within        time.Duration
	}{
		{2, 0, 1500 * time.Millisecond},
		{3, 1, 500 * time.Millisecond},
	} {
		t.Run(fmt.Sprintf("%d signals", c.signals), func(t *testing.T) {
			took, times := within(c.within, func() time.Duration {
				e := newWorld(t, 20+i).hurried(c.signals)
				if e.code != c.code {
					t.Errorf("exit code %d, want %d", e.code, c.code)
				}
				return e.took
			})
			w := &world{T: t}
			w.figure(fmt.Sprintf("%d times SIGTERM while the destination hangs", c.signals), times, took.Seconds(), "s", c.within.Seconds())
		})
	}
}

// hurried stops a life by so many signals while the destination hangs, lets the next one finish, and has all
// of it judged. It returns the end, counted from the last signal.
func (w *world) hurried(signals int) end {
	w.Helper()
	w.load.some(500)
	l := w.launch(func(s *program.Settings) { s.Drain = 20 * time.Second })
	hanging(witness.Mute)(w, l)
	l.term(0)
	for range signals - 1 {
		<-time.After(100 * time.Millisecond) // signals that are pending merge
		w.signal(l, syscall.SIGTERM)
	}
	e := l.ended(time.Now(), 10*time.Second)
	w.Logf("ended after %s with code %d\n%s", e.took.Round(time.Millisecond), e.code, l.Tail(5))
	heal(w)
	w.launch()
	w.settled(40 * time.Second)
	w.judge()
	return e
}
