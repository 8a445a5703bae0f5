package kill

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/program"
)

// life is one start of the program. Nothing is shared between two.
type life struct {
	*program.Member
	world *world
	dead  atomic.Bool // it was killed, or has ended
}

// launch starts the program and does not wait for it. Nobody looks for the life of a connection until
// the life is known: the program may connect before this returns.
func (w *world) launch(change ...func(*program.Settings)) *life {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	name := fmt.Sprintf("life-%d", len(w.lives)+1)
	s := w.settings
	s.Endpoint = w.front.URL + "/" + name
	for _, c := range change {
		c(&s)
	}
	w.rec.Add(history.Entry{Process: &history.Process{By: name, What: history.Started}})
	m, err := program.Launch(w.binary, w.dir, name, s)
	if err != nil {
		w.Fatal(err)
	}
	l := &life{Member: m, world: w}
	w.lives = append(w.lives, l)
	w.Cleanup(m.Kill)
	return l
}

// life finds one by its name, or by the number of its process.
func (w *world) life(fits func(*life) bool) *life {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range slices.Backward(w.lives) {
		if fits(l) {
			return l
		}
	}
	return nil
}

// kill ends the process with SIGKILL and returns when it is gone. It may be called more than once.
func (l *life) kill() {
	if l.dead.Swap(true) {
		<-l.Done() // somebody else is at it
		return
	}
	l.Kill()
	l.world.rec.Add(history.Entry{Process: &history.Process{By: l.Name, What: history.Killed}})
}

// killAt kills the process when it comes to a moment for the nth time, and reports whether it did
// before [patience] was over; then it kills it all the same.
func (l *life) killAt(at moment, nth int) bool {
	return l.await(l.world.moments.arm(at, l, nth, l.kill))
}

// await waits until a trap is sprung; otherwise it ends the process.
func (l *life) await(t *trap) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-t.sprung:
		return true
	case <-timer.C:
	case <-l.Done():
		select {
		case <-t.sprung: // it is what ended it
			return true
		case <-time.After(time.Second):
		}
	}
	l.kill()
	return false
}

// reach waits until a life comes to a moment once more.
func (w *world) reach(l *life, at moment) {
	w.Helper()
	t := w.moments.arm(at, l, 1, func() {})
	select {
	case <-t.sprung:
	case <-l.Done():
		w.Fatalf("%s ended before %s:\n%s", l.Name, at, l.Tail(15))
	case <-time.After(patience):
		w.tails()
		w.Fatalf("%s never came so far that %s", l.Name, at)
	}
}

// end is how a process ended that was asked to.
type end struct {
	code int
	took time.Duration
}

// stop sends SIGTERM, waits for the end and puts it into the history, with limit as what it may take.
func (l *life) stop(limit time.Duration) end {
	l.world.Helper()
	begun := l.term(limit)
	return l.ended(begun, limit+30*time.Second)
}

// term sends SIGTERM.
func (l *life) term(limit time.Duration) time.Time {
	l.world.Helper()
	l.world.rec.Add(history.Entry{Process: &history.Process{By: l.Name, What: history.Stopping, Limit: limit}})
	begun := time.Now()
	if err := l.Signal(syscall.SIGTERM); err != nil {
		l.world.Error(err)
	}
	return begun
}

// ended waits for the end of a process that was asked to stop, and keeps its last books.
func (l *life) ended(begun time.Time, patience time.Duration) end {
	l.world.Helper()
	ctx, cancel := context.WithTimeout(l.world.ctx, patience)
	defer cancel()
	err := l.Wait(ctx)
	took := time.Since(begun)
	if ctx.Err() != nil && l.Running() {
		l.world.Errorf("%s did not end within %s:\n%s", l.Name, patience, l.Tail(20))
		l.kill()
		return end{code: -1, took: took}
	}
	l.dead.Store(true)
	e := end{took: took}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		e.code = exit.ExitCode()
	}
	if last, err := l.Farewell(); err == nil {
		l.world.rec.Add(history.Entry{Books: &history.Books{
			By: l.Name, Consumed: last.Consumed, Delivered: last.Delivered, Filtered: last.Filtered,
			DeadLettered: last.DeadLettered, HandedBack: last.HandedBack, Final: last.HandedBack == 0,
		}})
	}
	l.world.rec.Add(history.Entry{Process: &history.Process{By: l.Name, What: history.Ended}})
	return e
}
