package sink

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// switched is a lease that a test turns off and on.
type switched struct{ off atomic.Bool }

func (l *switched) Held() bool { return !l.off.Load() }

// While the lease is gone nothing is sent, whatever waits: new ops, ops that failed, probes. When it is
// back all go in their order, and nothing was counted against the ops or the destination.
func TestNothingIsSentWithoutTheLease(t *testing.T) {
	for _, down := range []time.Duration{0, 20 * time.Second} {
		t.Run(fmt.Sprintf("destination down for %v", down), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				lease := &switched{}
				h := &host{latency: 50 * time.Millisecond, down: func(now time.Time) bool { return now.Before(start.Add(down)) }}
				d, settled, stop := running(h, Options{}, lease)
				defer stop()
				before := 0
				for i := range 500 {
					if i == 400 {
						if n := h.sent() - before; n > 0 {
							t.Errorf("%d requests were sent without the lease", n)
						}
					}
					lease.off.Store(i >= 100 && i < 400)
					d.Submit([]*Op{op(uint64(i%10), fmt.Sprintf("%d-%04d", i%10, i))})
					time.Sleep(100 * time.Millisecond)
					if i == 100 {
						before = h.sent()
					}
				}
				time.Sleep(time.Minute)
				if settled() != 500 {
					t.Errorf("settled %d of 500", settled())
				}
				inOrder(t, h.took)
				if s := d.Stats(); s.Rejected > 0 || s.Gate.Shut || down == 0 && (s.Retries > 0 || s.Resent > 0) {
					t.Errorf("after the lapse: %+v", s)
				}
			})
		})
	}
}

func TestAnEpochThatEndsWithoutTheLeaseIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lease := &switched{}
		lease.off.Store(true)
		h := &host{}
		d, settled, stop := running(h, Options{}, lease)
		defer stop()
		d.Submit([]*Op{op(1, "old")})
		time.Sleep(time.Minute)
		if cut := d.Drain(t.Context(), 1); cut != 0 {
			t.Errorf("cut %d requests", cut)
		}
		lease.off.Store(false)
		time.Sleep(time.Minute)
		if h.sends != 0 || settled() != 0 {
			t.Errorf("%d sends, %d results of an ended epoch", h.sends, settled())
		}
	})
}
