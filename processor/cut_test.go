package processor_test

import (
	"context"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/sink"
)

// link is a member's way to Kafka. While it is cut its connections stay open and carry nothing.
type link struct {
	reach   dialer
	mu      sync.Mutex
	through chan struct{} // closed while it carries
}

type dialer = func(ctx context.Context, network, host string) (net.Conn, error)

// link is a way to the brokers of the stage.
func (s *stage) link() *link {
	l := &link{reach: s.reach, through: make(chan struct{})}
	close(l.through)
	return l
}

func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.through = make(chan struct{})
}

func (l *link) heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.through:
	default:
		close(l.through)
	}
}

func (l *link) carries() chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.through
}

// dial is what a client of Kafka is given.
func (l *link) dial(ctx context.Context, network, host string) (net.Conn, error) {
	select {
	case <-l.carries():
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	broker, err := l.reach(ctx, network, host)
	if err != nil {
		return nil, err
	}
	client, here := net.Pipe()
	go l.carry(broker, here)
	go l.carry(here, broker)
	return client, nil
}

// carry copies until either end is closed.
func (l *link) carry(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		<-l.carries()
		if err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// world is a destination that keeps the state of each user: what came last stands.
type world struct {
	mu    sync.Mutex
	state map[string]int
	taken map[string]int // by member
	olds  map[string]int // of those, old data put over newer
}

func newWorld() *world {
	return &world{state: map[string]int{}, taken: map[string]int{}, olds: map[string]int{}}
}

// sender delivers to the world in the name of a member, each request in so long.
func (w *world) sender(tb testing.TB, member string, latency time.Duration) *script {
	tb.Helper()
	return &script{answer: func(_ context.Context, _ int, r *sink.Request) sink.Answer {
		time.Sleep(latency) // the broker is reached over a socket
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, op := range r.Ops {
			m := inBody.FindSubmatch(op.Body)
			n, err := strconv.Atoi(string(m[2]))
			if err != nil {
				tb.Error(err)
			}
			if n < w.state[string(m[1])] {
				w.olds[member]++
			}
			w.state[string(m[1])] = n
			w.taken[member]++
		}
		return sink.Answer{Verdict: sink.Done, Status: 200}
	}}
}

func (w *world) took(member string) (taken, old int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.taken[member], w.olds[member]
}

// A member that is cut from Kafka and not from Customer.io stops before its successor begins. Without a
// lease it would go on with what it has read, and put old data over the successor's newer: shown by a lease
// that lasts for an hour.
func TestAMemberCutFromKafkaPutsNoOldDataOverNew(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"classic", "consumer"} {
		for _, leased := range []bool{true, false} {
			t.Run(protocol+" with a lease "+strconv.FormatBool(leased), func(t *testing.T) {
				t.Parallel()
				if old := zombies(t, protocol == "consumer", leased); leased == (old > 0) {
					t.Errorf("the member that was cut off put %d old states over newer ones", old)
				}
			})
		}
	}
}

// zombies cuts a slow member off, lets a quick one take over, and returns how often the first put old data
// over the second's.
func zombies(t *testing.T, nextGen, leased bool) int {
	t.Helper()
	const users, each = 8, 60
	s := newStage(t, 2, kfake.GroupMinSessionTimeout(time.Second), kfake.BrokerConfigs(map[string]string{
		"group.consumer.session.timeout.ms": "4000", "group.consumer.heartbeat.interval.ms": "400",
	}))
	for n := range each {
		for u := range users {
			s.produce(track(int32(u%2), "user-"+strconv.Itoa(u), n))
		}
	}
	dest, way := newWorld(), s.link()
	member := func(name string, latency time.Duration, opts ...kgo.Opt) *run {
		return s.start(dest.sender(t, name, latency), func(c *processor.Config) {
			c.Session, c.ServerSideBalancer, c.Opts = 4*time.Second, nextGen, append(c.Opts, opts...)
			c.Sink.MaxOps, c.Sink.MaxInFlight = 1, 1
		})
	}
	first := member("first", 20*time.Millisecond, kgo.Dialer(way.dial))
	first.until(t, "a few deliveries", func(st processor.Stats) bool { return st.Ledger.Delivered > 10 })
	if !leased {
		processor.LeaseFor(first.Processor, time.Hour)
	}
	way.cut()
	second := member("second", 0)
	second.until(t, "all for the second", func(st processor.Stats) bool { return len(st.Partitions) == 2 })
	before, _ := dest.took("first")
	second.until(t, "delivery of all", func(st processor.Stats) bool {
		return st.Partitions[0].Watermark == users/2*each && st.Partitions[1].Watermark == users/2*each
	})
	if !leased {
		first.until(t, "old data of the first", func(processor.Stats) bool { _, old := dest.took("first"); return old > 0 })
	}
	after, old := dest.took("first")
	if leased && (after != before || after == users*each) {
		t.Errorf("the first took %d before its successor began, and %d at the end", before, after)
	}
	way.heal()
	first.until(t, "an end of the lapse", func(st processor.Stats) bool { return st.Lapsed.IsZero() })
	return old
}

// A cut that is shorter than the session costs nothing but time: sending stops, and goes on when the
// coordinator has answered twice.
func TestSendingGoesOnAfterAShortCut(t *testing.T) {
	virtually(t, 1, 1, func(s *stage) { s.cutShortly() })
}

func (s *stage) cutShortly() {
	t := s.t
	t.Helper()
	dest, way := newWorld(), s.link()
	r := s.start(dest.sender(t, "it", 0), func(c *processor.Config) { c.Opts = append(c.Opts, kgo.Dialer(way.dial)) })
	for n := range 1000 {
		s.produce(track(0, "u", n))
		if n == 0 {
			r.until(t, "the first delivery", func(st processor.Stats) bool { return st.Ledger.Delivered == 1 })
			processor.LeaseFor(r.Processor, 2*time.Second)
			way.cut()
		}
	}
	r.until(t, "a lapse", func(st processor.Stats) bool { return !st.Lapsed.IsZero() })
	before, _ := dest.took("it")
	way.heal()
	st := r.until(t, "delivery of all", func(st processor.Stats) bool { return st.Ledger.Delivered == 1000 })
	balanced(t, st)
	if all, _ := dest.took("it"); before != 1 || all != 1000 {
		t.Errorf("%d events arrived before the lapse ended, %d in all", before, all)
	}
}

// In the cooperative protocol a member sends no heartbeats while it waits to join and a neighbour still
// drains. That is no reason to stop sending.
func TestTheLeaseLastsWhileANeighbourDrains(t *testing.T) {
	virtually(t, 1, 6, func(s *stage) {
		s.produce(track(0, "u0", 0), track(1, "u1", 0), track(2, "u2", 0), track(3, "u3", 0), track(4, "u4", 0), track(5, "u5", 0))
		change := func(c *processor.Config) { c.Session, c.DrainTimeout = 6*time.Second, time.Second }
		quick := s.start(&script{}, change)
		quick.until(s.t, "all for the first", func(st processor.Stats) bool { return st.Ledger.Delivered == 6 })
		slow := s.start(&script{answer: hangs}, change)
		share := slow.until(s.t, "a share for the second", func(st processor.Stats) bool { return len(st.Partitions) == 3 })
		for _, p := range share.Partitions {
			s.produce(track(p.Partition, "v"+strconv.Itoa(int(p.Partition)), 0))
		}
		slow.until(s.t, "requests in the air", func(st processor.Stats) bool { return st.Ledger.Consumed >= 3 && st.Sink.InFlight > 0 })
		third := s.start(&script{}, change)
		slow.until(s.t, "a hand-over", func(st processor.Stats) bool { return len(st.Partitions) == 2 })
		begun := time.Now()
		third.until(s.t, "a share for the third", func(st processor.Stats) bool {
			if since := quick.Stats().Lapsed; !since.IsZero() {
				s.t.Fatalf("the first has no lease since %v, %v after the second began to drain", since, time.Since(begun))
			}
			return len(st.Partitions) == 2
		})
		if took := time.Since(begun); took < 4*time.Second {
			s.t.Errorf("the second drained for %v: nobody had to wait", took)
		}
	})
}
