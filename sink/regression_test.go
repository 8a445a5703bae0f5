package sink

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The tests in this file are named after what went wrong in other systems; docs/reliability.md lists them.

// TestRegressionHotUserAtOneEventPerRoundTrip: Parallel Consumer takes one record of each key into a batch,
// so that the busiest user sets the pace.
func TestRegressionHotUserAtOneEventPerRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{latency: 50 * time.Millisecond}
		d, settled, stop := running(h, Options{Rate: -1})
		defer stop()
		const events = 2000
		for i := range events { // 200 a second of one user: ten times what one in a round trip gives
			d.Submit([]*Op{op(7, fmt.Sprintf("7-%04d", i))})
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond)
		if settled() != events {
			t.Errorf("%d of %d events of a busy user are delivered when the last is 200 ms old", settled(), events)
		}
		inOrder(t, h.took)
	})
}

// TestRegressionHalfTheLanesIdleForKeysThatRepeatAPart: with FNV-1a, keys such as user-7/user-7 reach every
// other lane alone.
func TestRegressionHalfTheLanesIdleForKeysThatRepeatAPart(t *testing.T) {
	for _, form := range []string{"user-%[1]d", "%[1]d%[1]d", "user-%[1]d/user-%[1]d", "%08[1]x-%08[1]x", "%[1]d@%[1]d.example", "%04[1]d%04[1]d%04[1]d%04[1]d"} {
		used := map[uint64]int{}
		for n := range 8 * Lanes {
			used[KeyHashString(fmt.Sprintf(form, n))%Lanes]++
		}
		// Eight keys a lane leave one lane of 3,000 empty when chance decides, and none gets thirty.
		most := 0
		for _, n := range used {
			most = max(most, n)
		}
		if len(used) < Lanes*99/100 || most > 30 {
			t.Errorf("keys like %s use %d of %d lanes, up to %d of them one lane", fmt.Sprintf(form, 1), len(used), Lanes, most)
		}
	}
}

// TestRegressionRateLimitThatLetsLatencyDiverge: under a limit of 100 requests a second, 3,000 events a
// second waited 9 to 24 s at p99 and more each second, because requests did not fill while they waited.
func TestRegressionRateLimitThatLetsLatencyDiverge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{latency: 50 * time.Millisecond}
		var mu sync.Mutex
		submitted, took := map[*Op]time.Time{}, []time.Duration{}
		d := NewDispatcher(h, nil, Options{Rate: 100}, func(results []Result) {
			mu.Lock()
			defer mu.Unlock()
			for i := range results {
				took = append(took, time.Since(submitted[results[i].Op]))
			}
		}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); d.Run(ctx) }()
		defer func() { cancel(); <-done }()
		const perSecond, seconds = 3000, 20
		for i := range perSecond * seconds {
			o := op(uint64(i*7919), "x")
			mu.Lock()
			submitted[o] = time.Now()
			mu.Unlock()
			d.Submit([]*Op{o})
			if i%3 == 2 {
				time.Sleep(time.Millisecond)
			}
		}
		time.Sleep(time.Second)
		mu.Lock()
		defer mu.Unlock()
		if len(took) != perSecond*seconds {
			t.Fatalf("%d of %d are delivered a second after the last", len(took), perSecond*seconds)
		}
		slices.Sort(took)
		if p99 := took[len(took)*99/100]; p99 > 300*time.Millisecond || h.sends > 100*(seconds+2) {
			t.Errorf("p99 is %v in %d requests, want at most 300 ms in %d", p99, h.sends, 100*(seconds+2))
		}
	})
}
