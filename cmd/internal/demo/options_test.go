package demo

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestSpan(t *testing.T) {
	for _, tc := range []struct {
		text string
		want Span
		err  string
	}{
		{"5s@3s", Span{5 * time.Second, 3 * time.Second}, ""},
		{"500ms@0s", Span{500 * time.Millisecond, 0}, ""},
		{"5s", Span{}, "LENGTH@START"},
		{"5@3s", Span{}, "length"},
		{"0s@3s", Span{}, "length"},
		{"-1s@3s", Span{}, "length"},
		{"5s@", Span{}, "start"},
		{"5s@-1s", Span{}, "start"},
	} {
		var got Span
		err := got.Set(tc.text)
		if got != tc.want || (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%q is %v, error %v; want %v, an error with %q", tc.text, got, err, tc.want, tc.err)
		}
		if err == nil {
			var again Span
			if err := again.Set(got.String()); err != nil || again != got {
				t.Errorf("%q is written as %q, which is %v, error %v", tc.text, got.String(), again, err)
			}
		}
	}
}

func TestCheckOptions(t *testing.T) {
	nan := 0.0
	nan /= nan
	for flag, o := range map[string]Options{
		"--events": {Events: -1}, "--rate": {Rate: -1}, "--reject": {Reject: 1.5}, "--reject -": {Reject: -0.1}, "--reject NaN": {Reject: nan},
	} {
		name, _, _ := strings.Cut(flag, " ")
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: error %v, want one that names %s", o, err, name)
		}
	}
	if err := (&Options{Events: 1, Follow: true}).Check(); err == nil || !strings.Contains(err.Error(), "--follow") {
		t.Errorf("an end and none: error %v", err)
	}
	if err := (&Options{Events: 1, Rate: 1, Reject: 1}).Check(); err != nil {
		t.Error(err)
	}
}

// TestPace: a fault meets events: the last one is produced a second after it has begun, or later.
func TestPace(t *testing.T) {
	three := Span{time.Second, 3 * time.Second}
	for _, tc := range []struct {
		name string
		o    Options
		want float64
	}{
		{"the tour", Options{}, tourRate},
		{"without an end", Options{Follow: true}, endlessRate},
		{"without an end, at a rate", Options{Rate: 7}, 7},
		{"as fast as it goes", Options{Events: 10}, 0},
		{"at a rate", Options{Events: 10, Rate: 7}, 7},
		{"spread over the fault", Options{Events: 4501, Outage: three}, 1000},
		{"the later fault counts", Options{Events: 4501, RevokeKey: three, Outage: Span{time.Second, 0}}, 1000},
		{"slower is fine", Options{Events: 4501, Outage: three, Rate: 100}, 100},
		{"faster is not", Options{Events: 4501, Outage: three, Rate: 5000}, 1000},
	} {
		if got := tc.o.pace(); got != tc.want {
			t.Errorf("%s: %v events a second, want %v", tc.name, got, tc.want)
		}
	}
	for _, events := range []int{2, 3, 20, 20000} {
		o := Options{Events: events, Outage: three}
		if last := time.Duration(float64(events-1) / o.pace() * float64(time.Second)); last < three.Start+time.Second {
			t.Errorf("the last of %d events is produced after %s", events, last)
		}
	}
}

// TestLength: whatever the options, the demo ends by itself unless it is to go on, and after its faults.
func TestLength(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    Options
		tour bool
		want time.Duration
	}{
		{"the tour", Options{}, true, 0},
		{"the tour at a rate", Options{Rate: 7, Seed: 2}, true, 0},
		{"so many events", Options{Events: 1, Outage: Span{time.Second, 0}}, false, 0},
		{"on and on", Options{Follow: true, Outage: Span{time.Second, 0}}, false, 0},
		{"refused", Options{Reject: 0.1}, false, shortest},
		{"a short outage", Options{Outage: Span{time.Second, time.Second}}, false, shortest},
		{"two faults", Options{Outage: Span{time.Minute, time.Minute}, RevokeKey: Span{time.Hour, time.Second}}, false, time.Hour + time.Second + rest},
	} {
		if tour, length := tc.o.Tour(), tc.o.length(); tour != tc.tour || length != tc.want {
			t.Errorf("%s: tour %v, length %s; want %v, %s", tc.name, tour, length, tc.tour, tc.want)
		}
	}
}

// TestEnough: when the time of a demo with faults is over, no more events are wanted.
func TestEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, enough := stage{options: Options{Reject: 0.1}}, make(chan struct{})
		begun := time.Now()
		if err := s.lead(t.Context(), enough); err != nil {
			t.Fatal(err)
		}
		select {
		case <-enough:
		default:
			t.Error("events go on")
		}
		if took := time.Since(begun); took != shortest {
			t.Errorf("it took %s", took)
		}
	})
}
