package customeriotest

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
)

func TestManyAtOnce(t *testing.T) {
	const people, rounds, items = 8, 20, 10
	s, _ := start(Settings{KeepEvents: true})
	s.AddFault(Fault{Action: ItemError, BodyContains: `"_seq":7}`, ItemContains: `"_seq":7}`})
	var wg sync.WaitGroup
	for p := range people {
		wg.Go(func() {
			for r := range rounds {
				list := make([]string, items)
				for i := range list {
					n := r*items + i
					list[i] = eventOf(strconv.Itoa(p), n)
					// The number is the person's own, the id is of all.
					list[i] = replaceID(list[i], n, p*1000+n)
				}
				want := http.StatusOK
				if r == 0 {
					want = http.StatusMultiStatus
				}
				if status, answer := do(t, s, http.MethodPost, batchPath, batch(list...)); status != want {
					t.Errorf("answer %d %s", status, answer)
				}
				s.Stats()
				s.Ledger(r)
			}
		})
	}
	wg.Wait()
	st := s.Stats()
	if st.Items != people*rounds*items || st.Rejected != people || st.Stored != st.Items-people || st.OrderViolations != 0 || st.Resent != 0 {
		t.Errorf("stats %+v", st)
	}
	if got := len(s.Events(EventFilter{Person: "3"})); got != rounds*items-1 {
		t.Errorf("the person has %d events", got)
	}
}
