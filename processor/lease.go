package processor

import (
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// lease tells whether this process may send for the partitions that it owns: the coordinator of its group
// has answered so lately that no other member can own them. It is a hook of the client, which says nothing
// itself for the first ten seconds of a coordinator that does not answer, and asked before each piece of a
// request is written, not kept by a timer: a process that was frozen wakes up right there.
//
// It counts from the moment an answered request was written, since the coordinator restarts the session
// later than that. The hook does not see what the answer was. A broker that refuses since it is not the
// coordinator has the client ask who is, so that question takes the newest answer back. No other refusal
// comes to a member within its session. After a lapse one may, so it takes two answers within one span, the
// second of them to a heartbeat: after a refusal the client sends none until it has told that the partitions
// are lost, and after a rejoin none until it has told which are revoked. An answer that lay in the socket
// while the process was frozen is too old to be one of the two.
type lease struct {
	mu     sync.Mutex // covers what follows
	span   time.Duration
	proved time.Time // when the newest request that proves membership was written; zero before the first
	doubt  time.Time // what proved is if the answer to that was a refusal
	first  time.Time // when the first request that was answered after a lapse was written
}

// newLease returns a lease that is not held before the first answer.
func newLease(session time.Duration) *lease {
	l := &lease{}
	l.lasts(session)
	return l
}

// lasts says how long sessions are. The lease ends before they do: the rest is for a request begun at the
// last moment to arrive. In the cooperative protocol no heartbeat goes out while a neighbour drains during a
// rebalance, so it outlasts revokeDrain.
func (l *lease) lasts(session time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.span = session * 17 / 20
}

// Held reports whether requests may be written now.
func (l *lease) Held() bool { return l.held(time.Now()) }

func (l *lease) held(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fresh(now, l.proved)
}

// lapsed returns since when the lease is not held, the zero time while it is or before it ever was.
func (l *lease) lapsed(now time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.proved.IsZero() || l.fresh(now, l.proved) {
		return time.Time{}
	}
	return l.proved.Add(l.span)
}

// answered takes an answer into account that came now to a request written then.
func (l *lease) answered(now, written time.Time, heartbeat bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.proved.IsZero(), l.fresh(now, l.proved):
		if written.After(l.proved) {
			l.doubt, l.proved = l.proved, written
		}
		if l.doubt.IsZero() {
			l.doubt = written.Add(-l.span)
		}
		l.first = time.Time{}
	case heartbeat && l.fresh(now, l.first):
		l.doubt, l.proved, l.first = l.proved, written, time.Time{}
	default:
		l.first = written
	}
}

// doubted takes the newest answer back.
func (l *lease) doubted() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first.IsZero() {
		l.proved = l.doubt
	}
	l.first = time.Time{}
}

func (l *lease) fresh(now, at time.Time) bool { return !at.IsZero() && elapsed(now, at) < l.span }

// elapsed is the time between by the clock that has gone further: the monotonic one stands still while the
// machine sleeps, the other one may be set.
func elapsed(now, at time.Time) time.Duration {
	return max(now.Sub(at), now.Round(0).Sub(at.Round(0)))
}

// OnBrokerE2E takes note of the requests that the coordinator restarts a session for, and of the question who
// it is. Joining is not among them: its answer comes when all members have joined, long after the request
// was written.
func (l *lease) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e kgo.BrokerE2E) {
	k := kmsg.Key(key)
	if k == kmsg.FindCoordinator {
		l.doubted()
		return
	}
	heartbeat := k == kmsg.Heartbeat || k == kmsg.ConsumerGroupHeartbeat
	if !heartbeat && k != kmsg.SyncGroup || e.Err() != nil {
		return
	}
	now := time.Now()
	l.answered(now, now.Add(-e.DurationE2E()), heartbeat)
}

// tellLease returns what writes into the log that the lease was lost, and that it is back.
func (p *Processor) tellLease() func() {
	lost := false
	return func() {
		since := p.lease.lapsed(time.Now())
		switch {
		case lost == !since.IsZero():
			return
		case lost:
			p.log.Info("the group's coordinator answers: sending again")
		default:
			p.log.Warn("the group's coordinator has not answered for so long that other members may own the partitions: nothing is sent, nothing is lost",
				slog.Time("since", since), slog.String("next", "see that the brokers can be reached; sending goes on by itself when the coordinator answers"))
		}
		lost = !lost
	}
}
