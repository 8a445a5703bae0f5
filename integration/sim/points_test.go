//go:build synctests

package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// point is a moment between a process and the world at which something is half done.
type point string

// The points. Who is told of one may kill the process before it is passed.
const (
	fetched    point = "records are fetched"
	composed   point = "a request is composed and nothing of it sent"
	halfSent   point = "half of a request has arrived"
	arrived    point = "a request has arrived"
	taken      point = "a request is taken and not answered"
	answered   point = "a request is answered"
	partly     point = "an answer refuses a part, and no letter is written"
	refusedAll point = "a request is refused as a whole"
	probing    point = "a probe goes out"
	lettering  point = "a letter is sent"
	lettered   point = "a letter is acknowledged"
	committing point = "a commit is sent"
	committed  point = "a commit is applied and not answered"
	confirmed  point = "a commit is answered"
	joining    point = "a join is asked for"
	assigned   point = "partitions are assigned"
	revoking   point = "partitions are asked back"
	handedOver point = "partitions are handed over"
	losing     point = "partitions are lost"
)

// points are all of them; those that come seldom stand in it more often.
func points() []point {
	return []point{
		fetched, composed, halfSent, arrived, taken, answered, partly, refusedAll, refusedAll, probing, probing, probing,
		lettering, lettered, committing, committed, confirmed, joining, assigned, revoking, revoking, handedOver, losing, losing, losing,
	}
}

// trap is the order to kill a life at a point.
type trap struct {
	life *process
	slot int
	at   point
	pass int // how many to let pass
	back time.Duration
}

// planKillAt arms a trap for the process that lives then.
func planKillAt(p *plan, r *rand.Rand, at time.Duration) {
	list := points()
	i, where, pass, back := r.IntN(p.processes), list[r.IntN(len(list))], r.IntN(3), some(r, 100*time.Millisecond, 8*time.Second)
	if where == joining || where == losing {
		pass = 0
	}
	p.add(at, fmt.Sprintf("kill %c when %s and %d were let pass, back in %s", 'a'+i, where, pass, back), func(w *world) {
		if l := w.alive(i); l != nil {
			w.arm(&trap{life: l, slot: i, at: where, pass: pass, back: back})
		}
	})
}

// planKillInStop stops a process in order, and kills it on the way.
func planKillInStop(p *plan, r *rand.Rand, at time.Duration) {
	list := []point{arrived, taken, answered, lettering, lettered, committing, committed, confirmed, handedOver}
	i, where, back := r.IntN(p.processes), list[r.IntN(len(list))], some(r, 100*time.Millisecond, 8*time.Second)
	p.add(at, fmt.Sprintf("stop %c, kill it when %s, back in %s", 'a'+i, where, back), func(w *world) {
		l := w.take(i)
		if l == nil {
			return
		}
		w.arm(&trap{life: l, slot: i, at: where})
		w.tasks.Go(func() {
			l.stop()
			if l.killed.Load() {
				w.happen.saw("killed in a stop")
			}
			time.Sleep(back)
			w.begin(i)
		})
	})
}

func (w *world) arm(t *trap) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traps[t.life.name] = t
}

func (w *world) disarm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.traps)
}

// reached is told that a life has come to a point.
func (w *world) reached(life string, at point) {
	w.mu.Lock()
	t := w.traps[life]
	if t == nil || t.at != at || t.life.killed.Load() {
		w.mu.Unlock()
		return
	}
	if t.pass--; t.pass >= 0 {
		w.mu.Unlock()
		return
	}
	delete(w.traps, life)
	s := w.slots[t.slot]
	lived := s.now == t.life // nobody is stopping it, who would start the next
	if lived {
		s.now = nil
		w.tasks.Add(1)
	}
	w.dying.Add(1)
	w.mu.Unlock()
	w.note("plan", "kill "+life+" as "+string(at))
	w.happen.saw("killed when " + string(at))
	t.life.kill()
	go func() {
		defer w.dying.Done()
		<-t.life.ended
	}()
	if lived {
		go func() {
			defer w.tasks.Done()
			time.Sleep(t.back)
			w.begin(t.slot)
		}()
	}
}

// watch tells the world what the Kafka clients of a life send and hear.
type watch struct {
	w    *world
	life string
}

// OnBrokerWrite is told of each request once it is written.
func (h *watch) OnBrokerWrite(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	if err != nil {
		return
	}
	switch kmsg.Key(key) {
	case kmsg.Produce:
		h.w.reached(h.life, lettering)
	case kmsg.OffsetCommit:
		h.w.reached(h.life, committing)
	default:
	}
}

// emptyFetch is more than the answer to a fetch that brings no records.
const emptyFetch = 300

// OnBrokerRead is told of each answer before anybody has looked at it.
func (h *watch) OnBrokerRead(_ kgo.BrokerMetadata, key int16, bytes int, _, _ time.Duration, err error) {
	if err != nil {
		return
	}
	switch k := kmsg.Key(key); {
	case k == kmsg.Fetch && bytes > emptyFetch:
		h.w.reached(h.life, fetched)
	case k == kmsg.Produce:
		h.w.reached(h.life, lettered)
	case k == kmsg.OffsetCommit:
		h.w.reached(h.life, confirmed)
	}
}
