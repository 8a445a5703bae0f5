package integration

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/pintle-io/pintle/integration/figure"
)

// restarted plays a kill -9 and a restart two seconds later, as a supervisor would, by a member with an
// instance id or, for the empty one, without. Deliveries must go on soon after the kill.
func restarted(instance string, most time.Duration) func(*stage) {
	return func(s *stage) {
		s.instance = instance
		wait := s.trickle(1000, 200)
		first := s.start()
		s.until("deliveries", 30*time.Second, func() (bool, string) { return s.dest.count() > 300, s.dest.summary() })
		begun := time.Now()
		first.kill()
		time.Sleep(2 * time.Second)
		before := s.dest.count()
		s.start()
		s.until("deliveries to go on", time.Minute, func() (bool, string) { return s.dest.count() > before, s.dest.summary() })
		took := time.Since(begun)
		wait()
		s.settled()
		f := figure.Figure{
			Tier: "brokers", What: "deliveries go on after a kill -9 and a restart 2 s later, without an instance id", Runs: 1,
			Value: took.Seconds(), Unit: "s", Limit: most.Seconds(),
		}
		if instance != "" {
			f.What = "deliveries go on after a kill -9 and a restart 2 s later, with an instance id"
		}
		if !f.Met() {
			s.Errorf("deliveries went on %s after the kill, want %s at most", took, most)
		}
		if err := f.Print(os.Stdout); err != nil {
			s.Error(err)
		}
	}
}

// thawed: a member with a backlog is frozen for longer than its session, another takes its partitions over
// and finishes them, and the first thaws. Not one of its requests may go out then: what is in them has been
// delivered, and newer with it.
func thawed(s *stage) {
	s.rate = 5
	s.produce(20_000)
	first := s.start()
	s.owns(first, partitions)
	s.until("the first deliveries", 30*time.Second, func() (bool, string) { return s.dest.count() > 1000, s.dest.summary() })
	s.signal(first, syscall.SIGSTOP)
	if s.dest.count() == 20_000 {
		s.Error("the first had nothing left to send: the scenario showed nothing")
	}
	s.rate = -1
	second := s.start()
	s.owns(second, partitions)
	s.settled()
	before := s.dest.resent()
	s.signal(first, syscall.SIGCONT)
	s.owns(first, partitions/2)
	if n := s.dest.resent() - before; n > 0 {
		s.Errorf("the member that thawed sent %d items, which had all been delivered", n)
		for _, m := range s.members {
			s.Logf("the end of the log of %s:\n%s", m.Name, m.Tail(40))
		}
	}
}

// signal sends a signal to a member.
func (s *stage) signal(m *member, what syscall.Signal) {
	s.Helper()
	if err := m.Signal(what); err != nil {
		s.Fatal(fmt.Errorf("%s: %w", m.Name, err))
	}
}
