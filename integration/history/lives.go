package history

import "time"

// lives is I8 and I6: how processes end, and what they let out.
type lives struct {
	stopping map[string]stopping
}

type stopping struct {
	at, limit time.Duration
}

func newLives() *lives { return &lives{stopping: map[string]stopping{}} }

func (l *lives) see(w *world, e *Entry) {
	switch {
	case e.Leak != nil:
		w.fail("I6", "%s let out %q by %s", e.Leak.By, e.Leak.Text, e.Leak.Where)
	case e.Process != nil:
		l.judge(w, e.Process, e.At)
	}
}

func (l *lives) judge(w *world, p *Process, at time.Duration) {
	switch p.What {
	case Stopping:
		l.stopping[p.By] = stopping{at, p.Limit}
	case Killed:
		delete(l.stopping, p.By)
	case Ended:
		asked, was := l.stopping[p.By]
		delete(l.stopping, p.By)
		took := at - asked.at
		switch {
		case p.Error != "":
			w.fail("I8", "%s ended with an error: %s", p.By, p.Error)
		case !was:
			w.fail("I8", "%s ended, and nobody had asked for it", p.By)
		case asked.limit > 0 && took > asked.limit+asked.limit/20:
			w.fail("I8", "%s took %s to stop, and may take %s", p.By, took, asked.limit)
		}
	case Started:
	}
}

func (l *lives) end(w *world) {
	for by := range l.stopping {
		w.fail("I8", "%s was asked to stop and never ended", by)
	}
}
