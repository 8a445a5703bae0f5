package integration

import (
	"fmt"
	"syscall"
)

// thawed: a member with a backlog is frozen for longer than its session, another takes its partitions over
// and finishes them, and the first thaws. Not one of its requests may go out then: what is in them has been
// delivered, and newer with it.
func thawed(s *stage) {
	s.rate = 5
	s.produce(20_000)
	first := s.start()
	s.owns(first, partitions)
	s.until("the first deliveries", func() (bool, string) { return s.dest.count() > 1000, s.dest.summary() })
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
