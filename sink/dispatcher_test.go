package sink

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// host is a destination with a latency and an outage, in fake time.
type host struct {
	latency time.Duration
	down    func(time.Time) bool
	mu      sync.Mutex
	took    []string
	most    int // requests at once
	air     int
	sends   int
	kept    int // requests not released
}

func (h *host) Send(ctx context.Context, r *Request) Answer {
	h.mu.Lock()
	h.air++
	h.sends++
	if r.Body == nil {
		r.Body = []byte("x")
		h.kept++
	}
	h.most = max(h.most, h.air)
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		h.air--
		h.mu.Unlock()
	}()
	select {
	case <-ctx.Done():
		if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			return Answer{Verdict: Retry, Cause: CauseTransport}
		}
		return Answer{Verdict: Retry, Cause: CauseCanceled}
	case <-time.After(h.latency):
	}
	if h.down != nil && h.down(time.Now()) {
		return failed()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, op := range r.Ops {
		h.took = append(h.took, string(op.Body))
	}
	return ok()
}

func (h *host) sent() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sends
}

func (h *host) Release(r *Request) {
	if r.Body != nil {
		h.mu.Lock()
		h.kept--
		h.mu.Unlock()
	}
}

// running starts a dispatcher and returns it with what it settled and how to stop it.
func running(s Sender, o Options, lease ...Lease) (d *Dispatcher, settled func() int, stop func()) {
	var mu sync.Mutex
	n := 0
	d = NewDispatcher(s, append(lease, nil)[0], o, func(r []Result) {
		mu.Lock()
		defer mu.Unlock()
		n += len(r)
	}, nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx) }()
	settled = func() int { mu.Lock(); defer mu.Unlock(); return n }
	return d, settled, func() { cancel(); <-done }
}

func TestDispatcherDeliversThroughAnOutageInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		h := &host{latency: 50 * time.Millisecond, down: func(now time.Time) bool {
			return now.After(start.Add(time.Second)) && now.Before(start.Add(time.Minute))
		}}
		d, settled, stop := running(h, Options{})
		defer stop()
		for i := range 1000 {
			d.Submit([]*Op{op(uint64(i%10), fmt.Sprintf("%d-%04d", i%10, i))})
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(2 * time.Minute)
		if settled() != 1000 {
			t.Fatalf("settled %d of 1000", settled())
		}
		inOrder(t, h.took)
		if h.kept != 0 {
			t.Errorf("%d bodies were not given back", h.kept)
		}
	})
}

// inOrder checks the order of bodies such as "7-0042", each first digit by itself.
func inOrder(t *testing.T, names []string) {
	t.Helper()
	last := map[byte]string{}
	for _, name := range names {
		if name < last[name[1]] {
			t.Errorf("%s came behind %s", name, last[name[1]])
		}
		last[name[1]] = name
	}
}

func TestSteadyStreamGoesInFewRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{latency: 20 * time.Millisecond}
		d, settled, stop := running(h, Options{})
		defer stop()
		for i := range 9000 { // 3,000 a second for three seconds
			d.Submit([]*Op{op(uint64(i*7919), "x")})
			if i%3 == 2 {
				time.Sleep(time.Millisecond)
			}
		}
		time.Sleep(time.Second)
		if settled() != 9000 || h.sends > 75 {
			t.Errorf("%d settled in %d requests, want 9000 in at most 75", settled(), h.sends)
		}
	})
}

func TestDrainWaitsForWhatIsInTheAirAndDropsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{latency: time.Second}
		d, settled, stop := running(h, Options{MaxOps: 1, MaxInFlight: 1})
		defer stop()
		d.Submit([]*Op{op(1, "a"), op(2, "b"), op(3, "c")})
		time.Sleep(100 * time.Millisecond)
		if cut := d.Drain(t.Context(), 1); cut != 0 {
			t.Errorf("cut %d requests", cut)
		}
		if settled() != 1 || len(h.took) != 1 {
			t.Errorf("after the drain %d settled, %d taken, want 1 and 1", settled(), len(h.took))
		}
		time.Sleep(time.Minute)
		if h.sends != 1 {
			t.Errorf("%d sends of an ended epoch", h.sends-1)
		}
	})
}

func TestDrainCutsAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{latency: time.Hour}
		d, settled, stop := running(h, Options{})
		defer stop()
		d.Submit([]*Op{op(1, "a")})
		time.Sleep(100 * time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		if cut := d.Drain(ctx, 1); cut != 1 || time.Since(start) != 3*time.Second || settled() != 0 {
			t.Errorf("cut %d in %v, settled %d", cut, time.Since(start), settled())
		}
	})
}

// TestDrainWaitsForARequestThatIsInTheAirAgain: its former sending may still be on its way to be settled.
func TestDrainWaitsForARequestThatIsInTheAirAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sends, shut := 0, make(chan struct{})
		s := sending(func(context.Context) Answer {
			if sends++; sends == 1 {
				return wrongKey()
			}
			time.Sleep(time.Minute)
			return ok()
		})
		settled := 0
		d := NewDispatcher(s, nil, Options{}, func(r []Result) { settled += len(r) }, func(g GateState) {
			if g.Shut {
				<-shut
			}
		})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); d.Run(ctx) }()
		d.Submit([]*Op{op(1, "a")})
		time.Sleep(100 * time.Millisecond)
		d.Submit([]*Op{op(2, "b")})        // has the next request looked for
		time.Sleep(700 * time.Millisecond) // the probe is in the air, and no second one
		close(shut)                        // and only now the first sending lands
		synctest.Wait()
		if cut := d.Drain(t.Context(), 1); cut != 0 || settled != 1 {
			t.Errorf("the drain ended with %d settled, %d cut; want 1 and 0", settled, cut)
		}
		cancel()
		<-done
	})
}

// sending is a destination that is a function.
type sending func(context.Context) Answer

func (s sending) Send(ctx context.Context, _ *Request) Answer { return s(ctx) }
func (sending) Release(*Request)                              {}
