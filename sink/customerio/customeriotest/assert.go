package customeriotest

import (
	"fmt"
	"slices"
)

// Delivery is an item that a test expects: the identifier as it is sent, and the number.
type Delivery struct {
	Person string `json:"person"`
	Seq    int64  `json:"seq"`
}

// Expectation is what a run must have come to.
type Expectation struct {
	// Deliveries must each have been accepted, and with Exactly nothing else that has a number.
	Deliveries []Delivery `json:"deliveries"`
	Exactly    bool       `json:"exactly"`
	// Repeats may have happened; drops for repeated events are then no complaint.
	Repeats bool `json:"repeats"`
}

// Assert compares what arrived with what was expected, and judges duplicates, order, drops and
// warnings. It returns complaints, none if all is well.
func (s *Server) Assert(x Expectation) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.store
	got := map[Delivery]int{}
	for _, e := range st.ledger.all(0) {
		if e.flags&hasSeq != 0 && e.outcome != rejected {
			got[Delivery{st.names.text(e.who), e.seq}]++
		}
	}
	list := []string{}
	expected := map[Delivery]bool{}
	for _, d := range x.Deliveries {
		expected[d] = true
		if got[d] == 0 {
			list = append(list, fmt.Sprintf("lost: %d of %s", d.Seq, d.Person))
		}
	}
	if x.Exactly {
		for d := range got {
			if !expected[d] {
				list = append(list, fmt.Sprintf("not expected: %d of %s", d.Seq, d.Person))
			}
		}
	}
	if st.stats.Duplicates > 0 {
		list = append(list, fmt.Sprintf("%d events are stored twice", st.stats.Duplicates))
	}
	for _, d := range st.disorder {
		list = append(list, fmt.Sprintf("out of order: %d of %s after %d", d.Seq, d.Person, d.After))
	}
	for reason, n := range st.stats.Drops {
		if reason != "duplicate_event" || !x.Repeats {
			list = append(list, fmt.Sprintf("dropped: %d as %s", n, reason))
		}
	}
	for reason, n := range st.stats.Warnings {
		list = append(list, fmt.Sprintf("warned: %d of %s", n, reason))
	}
	slices.Sort(list)
	return list
}
