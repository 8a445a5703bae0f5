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

// swallower is a destination that answers nothing to what it is sent while it is deaf, not even later.
type swallower struct {
	mu      sync.Mutex
	latency time.Duration
	heavy   time.Duration // of requests with an op of lane 0, instead of latency, unless it is 0
	deaf    bool
	air     int
	took    []string
	at      []time.Time
}

func (s *swallower) become(deaf bool, latency time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf, s.latency = deaf, latency
}

func (s *swallower) flying() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.air
}

func (s *swallower) Send(ctx context.Context, r *Request) Answer {
	s.mu.Lock()
	latency := s.latency
	if s.heavy > 0 && slices.ContainsFunc(r.Ops, func(op *Op) bool { return laneOf(op) == 0 }) {
		latency = s.heavy
	}
	if s.deaf {
		latency = 1000 * time.Hour
	}
	s.air++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.air--
		s.mu.Unlock()
	}()
	select {
	case <-ctx.Done():
		if ctx.Err() == context.DeadlineExceeded {
			return Answer{Verdict: Retry, Cause: CauseTransport}
		}
		return Answer{Verdict: Retry, Cause: CauseCanceled}
	case <-time.After(latency):
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, op := range r.Ops {
		s.took, s.at = append(s.took, string(op.Body)), append(s.at, time.Now())
	}
	return ok()
}

func (*swallower) Release(*Request) {}

// first is when something was taken first after a time.
func (s *swallower) first(after time.Time) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.at, func(t time.Time) bool { return t.After(after) })
	if i < 0 {
		return time.Time{}, false
	}
	return s.at[i], true
}

// load submits twenty ops a second of so many users until told to end, and returns how many there were.
func load(d *Dispatcher, users int) (end func() int) {
	stop, total := make(chan struct{}), make(chan int)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				total <- n
				return
			case <-time.After(50 * time.Millisecond):
				d.Submit([]*Op{op(uint64(n%users), fmt.Sprintf("%d-%05d", n%users%10, n))})
			}
		}
	}()
	return func() int { close(stop); return <-total }
}

// TestTheFirstDeliveryComesSoonAfterRequestsWereSwallowed: whatever was in the air as the outage ended is
// lost, and the sender cannot know. What hangs must hold nothing up for long.
func TestTheFirstDeliveryComesSoonAfterRequestsWereSwallowed(t *testing.T) {
	for users, outages := range map[int][]time.Duration{
		10:   {31 * time.Second, 6 * time.Minute}, // with so few in the air, the gate shuts after 18 s at worst
		1000: {6 * time.Second, 31 * time.Second, 6 * time.Minute},
	} {
		for _, outage := range outages {
			t.Run(fmt.Sprintf("%d users, %v", users, outage), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &swallower{latency: 500 * time.Millisecond}
					d, settled, stop := running(s, Options{})
					defer stop()
					end := load(d, users)
					time.Sleep(30 * time.Second)
					for i := range 10 {
						s.become(true, 0)
						time.Sleep(outage + time.Duration(i)*130*time.Millisecond)
						if n := s.flying(); n > 2 {
							t.Errorf("outage %d: %d requests in the air at its end, want two probes at most", i, n)
						}
						s.become(false, 500*time.Millisecond)
						healed := time.Now()
						time.Sleep(20 * time.Second)
						at, found := s.first(healed)
						if took := at.Sub(healed); !found || took > 2*time.Second {
							t.Errorf("outage %d: the first delivery came %v after it, want 2 s at most", i, took)
						}
					}
					n := end()
					time.Sleep(5 * time.Minute)
					if settled() != n {
						t.Errorf("settled %d of %d", settled(), n)
					}
					if users <= 10 {
						inOrder(t, s.took)
					}
				})
			})
		}
	}
}

// TestADestinationThatBecomesSlowIsDelivered, though its answers take longer than any did, and longer than
// a brief probe may.
func TestADestinationThatBecomesSlowIsDelivered(t *testing.T) {
	for _, slow := range []time.Duration{1500 * time.Millisecond, 5 * time.Second, 14 * time.Second} {
		t.Run(slow.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &swallower{latency: 50 * time.Millisecond}
				d, settled, stop := running(s, Options{})
				defer stop()
				end := load(d, 10)
				time.Sleep(30 * time.Second)
				s.become(false, slow)
				became := time.Now()
				time.Sleep(10 * time.Minute)
				if at, found := s.first(became.Add(time.Minute)); !found || at.Sub(became) > 90*time.Second {
					t.Errorf("after a minute the next delivery came after %v", at.Sub(became))
				}
				if shut := d.Stats().Gate.Shut; shut {
					t.Error("the gate is shut, though everything is answered")
				}
				n := end()
				time.Sleep(10 * time.Minute)
				if settled() != n {
					t.Errorf("settled %d of %d", settled(), n)
				}
				inOrder(t, s.took)
			})
		})
	}
}

// TestAnOpThatAloneIsSlowIsDelivered: it is taken when it is given its time, and others do not wait for it.
func TestAnOpThatAloneIsSlowIsDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &swallower{latency: 50 * time.Millisecond}
		d, settled, stop := running(s, Options{})
		defer stop()
		end := load(d, 10)
		time.Sleep(30 * time.Second)
		s.mu.Lock()
		s.heavy = 10 * time.Second
		s.mu.Unlock()
		time.Sleep(10 * time.Minute)
		if n, want := settled(), 20*600*8/10; n < want {
			t.Errorf("settled %d, want %d at least: the others' share", n, want)
		}
		n := end()
		time.Sleep(10 * time.Minute)
		if st := d.Stats(); settled() != n || st.Rejected > 0 || st.Gate.Shut {
			t.Errorf("settled %d of %d, then %+v", settled(), n, st)
		}
		inOrder(t, s.took)
	})
}
