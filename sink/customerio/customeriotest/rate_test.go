package customeriotest

import (
	"net/http"
	"testing"
	"time"
)

func TestOutage(t *testing.T) {
	s, _ := start(Settings{})
	for _, row := range []struct {
		set  func()
		want int
	}{
		{func() { s.SetOutage(true) }, http.StatusServiceUnavailable},
		{func() { s.Outage(http.StatusBadGateway) }, http.StatusBadGateway},
		{func() { s.SetOutage(false) }, http.StatusOK},
	} {
		row.set()
		if status, _ := do(t, s, http.MethodPost, batchPath, batch(eventOf("1", 1))); status != row.want {
			t.Errorf("answer %d, want %d", status, row.want)
		}
	}
	if st := s.Stats(); st.Items != 1 {
		t.Errorf("%d items: nothing is taken in an outage", st.Items)
	}
}

func TestRate(t *testing.T) {
	for _, row := range []struct {
		excess string
		want   [5]int // answers at 0, 0, 0, 1 and 61 seconds
		lost   int64
	}{
		{"", [5]int{200, 200, 429, 200, 200}, 0},
		{"drop", [5]int{200, 200, 200, 200, 200}, 1},
		{"block", [5]int{200, 200, 403, 403, 200}, 0},
	} {
		s, clock := start(Settings{RateLimit: 2, RateExcess: row.excess})
		var got [5]int
		for i, wait := range []time.Duration{0, 0, 0, time.Second, time.Minute} {
			clock.Time = clock.Add(wait)
			got[i], _ = do(t, s, http.MethodPost, batchPath, batch(eventOf("1", i)))
		}
		if got != row.want {
			t.Errorf("%q: answers %v, want %v", row.excess, got, row.want)
		}
		if n := s.Stats().Drops["rate_limit"]; n != row.lost {
			t.Errorf("%q: %d are lost", row.excess, n)
		}
		if n := len(s.Events(EventFilter{})); n != len(ok(got[:]))-int(row.lost) {
			t.Errorf("%q: %d events are stored", row.excess, n)
		}
	}
}

// ok returns the answers that are 200.
func ok(all []int) (list []int) {
	for _, status := range all {
		if status == http.StatusOK {
			list = append(list, status)
		}
	}
	return list
}

func TestBurstFollowsTheRate(t *testing.T) {
	s, _ := start(Settings{})
	if status := ask(t, s, "PUT", "settings", `{"rate_limit":3}`, nil); status != http.StatusOK {
		t.Fatal(status)
	}
	for i, want := range []int{200, 200, 200, 429} {
		if status, _ := do(t, s, http.MethodPost, batchPath, batch(eventOf("1", i))); status != want {
			t.Errorf("request %d is answered %d", i, status)
		}
	}
}
