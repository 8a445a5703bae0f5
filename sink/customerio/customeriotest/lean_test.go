package customeriotest

import (
	"fmt"
	"testing"
)

func TestLean(t *testing.T) {
	s, _ := start(Settings{Lean: true})
	must(t, s, identifyOf("1", noon, `"_seq":1,"a":2`), eventOf("1", 2), eventOf("1", 2), eventOf("1", 5), eventOf("1", 4))
	st := s.Stats()
	if st.Stored != 5 || st.Resent != 1 || st.OrderViolations != 1 || st.Drops["duplicate_event"] != 1 {
		t.Errorf("stats %+v", st)
	}
	if p := profile(t, s, "id", "1"); p.LastSeq != 4 || len(p.Attributes) != 0 || len(s.Ledger(0)) != 0 {
		t.Errorf("%+v is kept", p)
	}
	s.Pause(true)
	must(t, s, eventOf("1", 6), eventOf("1", 7), eventOf("1", 7))
	s.Pause(false)
	must(t, s, `{"type":"person","action":"add_device","identifiers":{"id":"1"},"device":{"token":"t","platform":"ios","attributes":{"_seq":"8"}}}`)
	if p := profile(t, s, "id", "1"); p.LastSeq != 8 || s.Stats().Drops["duplicate_event"] != 2 {
		t.Errorf("%+v, %+v", p, s.Stats().Drops)
	}
}

// TestLeanIsBounded: people who are merged away and made again, as those of a demo that goes on for days
// are, leave nothing behind.
func TestLeanIsBounded(t *testing.T) {
	s, _ := start(Settings{Lean: true, Remember: 100})
	held := func() int {
		st := s.store
		n := len(st.people) + len(st.byCioID) + len(st.drops) + len(st.warnings) + len(st.tracks) + len(st.queue)
		for _, p := range st.byCioID {
			n += len(p.merged)
		}
		return n
	}
	visit := func(n int) {
		must(t, s,
			identifyOf("visitor", noon, fmt.Sprintf(`"_seq":%d`, 2*n)),
			eventOf("member", 2*n+1),
			`{"type":"person","action":"merge","primary":{"id":"member"},"secondary":{"id":"visitor"}}`,
			`{"type":"person","action":"merge","primary":{"id":"member"},"secondary":{"id":"visitor"}}`, // a drop
			`{"type":"person","action":"delete","identifiers":{"id":"nobody"},"extra":1}`,               // a warning
		)
	}
	visit(0)
	first := held()
	for n := range 100 {
		visit(n + 1)
	}
	if st := s.Stats(); st.People != 1 || st.Drops["merge_no_secondary"] != 101 {
		t.Fatalf("the visits do not do what they are made for: %+v", st)
	}
	if last := held(); last > first {
		t.Errorf("%d things are held after one visit, %d after a hundred", first, last)
	}
}

// TestRemember: what is younger than the bound is recognized, what is older than twice the bound is not,
// and no more than that is kept.
func TestRemember(t *testing.T) {
	const least = 10
	s, _ := start(Settings{Lean: true, Remember: least})
	for i := range 100 {
		must(t, s, eventOf("1", i))
		if i >= least-1 { // the oldest that must be known
			must(t, s, eventOf("1", i-least+1))
		}
		if n := len(s.store.events.recent) + len(s.store.events.older); n > 2*least {
			t.Fatalf("after %d events %d ids are remembered", i+1, n)
		}
	}
	if st := s.Stats(); st.Resent != 100-least+1 || st.Duplicates != 0 {
		t.Errorf("resent %d, want %d; duplicates %d, want none", st.Resent, 100-least+1, st.Duplicates)
	}
	before := s.Stats().Resent
	must(t, s, eventOf("1", 0))
	if got := s.Stats().Resent; got != before {
		t.Error("an event from before the bound is still known")
	}
}
