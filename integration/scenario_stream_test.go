package integration

import (
	"fmt"
	"time"
)

// plainDelivery: a backlog and a few tombstones, one member.
func plainDelivery(s *stage) {
	s.produce(3000)
	for range 5 {
		s.enqueue(s.odd(nil, filtered, "tombstone"))
	}
	s.flush()
	s.start()
	s.produce(1000)
	s.settled()
}

// joinAndLeave: while events come in, a second and a third member join, and the first two leave. The
// order of the 200 users must survive each move of a partition, and a clean move repeats nothing.
func joinAndLeave(s *stage) {
	s.dest.slow(20 * time.Millisecond)
	wait := s.trickle(6000, 600)
	first := s.start()
	s.owns(first, partitions)
	second := s.start()
	s.owns(second, partitions/2)
	third := s.start()
	s.owns(third, partitions/3)
	first.stop()
	s.owns(third, partitions/2)
	second.stop()
	s.owns(third, partitions)
	wait()
	s.settled()
	for _, m := range []*member{first, second} {
		if m.books.Delivered == 0 {
			s.Errorf("%s delivered nothing: no partition that moved had work in it", m.Name)
		}
	}
}

// terminated: SIGTERM while requests are in the air. The member ends, what it had taken is finished, and
// its successor repeats nothing. How long a stop takes is tested in virtual time and in make proof.
func terminated(s *stage) {
	s.dest.slow(300 * time.Millisecond)
	s.produce(4000)
	first := s.start()
	s.until("requests in flight", func() (bool, string) {
		return s.dest.inAir() > 0, s.dest.summary()
	})
	first.stop()
	s.dest.slow(0)
	s.start()
	s.settled()
}

// killed: kill -9 while requests are in the air, then a restart. Nothing is lost; what was in the air
// is sent again, in order and with the same ids.
func killed(s *stage) {
	s.produce(1000)
	first := s.start()
	s.until("some deliveries", func() (bool, string) { return s.dest.count() > 500, s.dest.summary() })
	s.dest.slow(time.Hour) // what comes from now on stays in the air
	s.produce(3000)
	s.until("requests in flight", func() (bool, string) { return s.dest.inAir() > 0, s.dest.summary() })
	first.kill()
	s.dest.slow(0)
	s.start()
	s.settled()
	if s.dest.resent() == 0 {
		s.Error("nothing was sent again: the kill hit nothing in the air, and the scenario showed nothing")
	}
}

// owns waits until a member owns so many partitions.
func (s *stage) owns(m *member, n int) {
	s.Helper()
	s.until(fmt.Sprintf("%s to own %d partitions", m.Name, n), func() (bool, string) {
		b, err := m.look()
		if err != nil {
			return false, err.Error()
		}
		return len(b.Partitions) == n, fmt.Sprintf("it owns %d", len(b.Partitions))
	})
}
