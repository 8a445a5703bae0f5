package kill

import (
	"sync"

	"github.com/pintle-io/pintle/integration/witness"
)

// moment is a point in what passes between a process and the world.
type moment = witness.Moment

// The moments. Whoever is told of one may end the process before it is passed.
const (
	asked     = witness.Asked
	taken     = witness.Taken
	answered  = witness.Answered
	partial   = witness.Partial
	splitting = witness.Splitting

	joining      moment = "a request to join the group has arrived"
	synced       moment = "an assignment is written"
	committing   moment = "a commit has arrived"
	committed    moment = "the broker has a commit, its answer is not written"
	acknowledged moment = "the answer to a commit is written"
	lettering    moment = "a letter has arrived at the broker"
	lettered     moment = "the broker has a letter, its answer is not written"
	safe         moment = "the answer to a letter is written"
	leaving      moment = "a request to leave the group has arrived"
)

// moments counts them, and does what was armed.
type moments struct {
	mu    sync.Mutex
	seen  map[moment]int
	armed []*trap
}

// trap does something when a process comes to a moment for the nth time from now on.
type trap struct {
	at  moment
	by  *life
	nth int
	act func()
	// sprung is closed when act has returned.
	sprung chan struct{}
}

func newMoments() *moments { return &moments{seen: map[moment]int{}} }

// arm sets a trap.
func (m *moments) arm(at moment, by *life, nth int, act func()) *trap {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := &trap{at: at, by: by, nth: nth, act: act, sprung: make(chan struct{})}
	m.armed = append(m.armed, t)
	return t
}

// pass is called by whoever serves a process, and returns when it may go on.
func (m *moments) pass(at moment, by *life) {
	if by == nil {
		return
	}
	m.mu.Lock()
	m.seen[at]++
	var due []*trap
	kept := m.armed[:0]
	for _, t := range m.armed {
		if t.at == at && t.by == by {
			if t.nth--; t.nth <= 0 {
				due = append(due, t)
				continue
			}
		}
		kept = append(kept, t)
	}
	m.armed = kept
	m.mu.Unlock()
	for _, t := range due {
		t.act()
		close(t.sprung)
	}
}
