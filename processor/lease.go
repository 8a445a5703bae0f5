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
// later than that. The hook does not see what the answer was: a broker that is not the coordinator refuses.
// So an answer proves something once the client goes on to the next request of its membership without having
// asked who the coordinator is. No other refusal comes to a member within its session. After a lapse one
// may, so it takes a heartbeat, answered within a span of what it confirms: after a refusal the client sends
// none until it has told that the partitions are lost, and after a rejoin none until it has told which are
// revoked. What was answered while the process was frozen is too old to be confirmed.
type lease struct {
	mu       sync.Mutex // covers what follows
	span     time.Duration
	proved   time.Time // when the newest request that proves membership was written; zero before the first
	answered time.Time // the same of a request that was answered, and may have been refused; zero for none
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

// last returns when the coordinator was last known to answer, or now if it never was.
func (l *lease) last() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.proved.IsZero() {
		return time.Now()
	}
	return l.proved
}

// answer takes an answer into account that came now to a request written then.
func (l *lease) answer(now, written time.Time, heartbeat bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.proved.IsZero() {
		l.proved = written // nothing is owned before
	}
	l.confirm(now, heartbeat)
	l.answered = written
}

// joins says that the client goes on to join. Nothing that was answered before restores a lease.
func (l *lease) joins(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.confirm(now, false)
}

// confirm takes the last answer for proof: while the lease is held, or to restore it.
func (l *lease) confirm(now time.Time, restores bool) {
	if l.answered.After(l.proved) && (l.fresh(now, l.proved) || restores && l.fresh(now, l.answered)) {
		l.proved = l.answered
	}
	l.answered = time.Time{}
}

// doubt says that the client asks who the coordinator is: the last answer may have been a refusal.
func (l *lease) doubt() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answered = time.Time{}
}

func (l *lease) fresh(now, at time.Time) bool { return !at.IsZero() && elapsed(now, at) < l.span }

// elapsed is the time between by the clock that has gone further: the monotonic one stands still while the
// machine sleeps, the other one may be set.
func elapsed(now, at time.Time) time.Duration {
	return max(now.Sub(at), now.Round(0).Sub(at.Round(0)))
}

// OnBrokerE2E takes note of the requests that the coordinator restarts a session for, and of the question who
// it is.
func (l *lease) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e kgo.BrokerE2E) {
	k := kmsg.Key(key)
	if k == kmsg.FindCoordinator {
		l.doubt()
		return
	}
	heartbeat := k == kmsg.Heartbeat || k == kmsg.ConsumerGroupHeartbeat
	if !heartbeat && k != kmsg.SyncGroup || e.Err() != nil {
		return
	}
	now := time.Now()
	l.answer(now, now.Add(-e.DurationE2E()), heartbeat)
}

// OnBrokerWrite takes note of a join when it is written: it is answered when all members have joined, long
// after, and is no proof itself.
func (l *lease) OnBrokerWrite(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	if kmsg.Key(key) == kmsg.JoinGroup && err == nil {
		l.joins(time.Now())
	}
}

// tellLease returns what writes into the log that the lease was lost, and that it is back. It is called each
// flowInterval. A process that was frozen waits for a session before it blames the coordinator, which has had
// nothing to answer; see [absence].
func (p *Processor) tellLease() func() {
	lost := false
	var looked, woke time.Time
	return func() {
		now := time.Now()
		if !looked.IsZero() && elapsed(now, looked) > 3*flowInterval {
			woke = now
		}
		looked = now
		since := p.lease.lapsed(now)
		switch {
		case lost == !since.IsZero():
			return
		case lost:
			p.log.Info("the group's coordinator answers: sending again")
		case elapsed(now, woke) < p.cfg.Session:
			return
		default:
			p.log.Warn("the group's coordinator has not answered for so long that other members may own the partitions: nothing is sent, nothing is lost",
				slog.Time("since", since), slog.String("next", "see that the brokers can be reached; sending goes on by itself when the coordinator answers"))
		}
		lost = !lost
	}
}
