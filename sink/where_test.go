package sink

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestWhere follows an op from the lane to the letter, and one that stands behind it.
func TestWhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := make(chan Answer)
		d := NewDispatcher(sending(func(context.Context) Answer { return <-answers }), nil, Options{MaxOps: 1}, func([]Result) {}, nil)
		is := func(name string) func(*Op) bool { return func(o *Op) bool { return string(o.Body) == `"`+name+`"` } }
		expect := func(name string, want Place) {
			t.Helper()
			synctest.Wait()
			if got := d.Where(is(name)); got != want {
				t.Errorf("%s is at %+v, want %+v", name, got, want)
			}
		}
		first := op(1, "a")
		lane := laneOf(first)
		d.Submit([]*Op{first, op(1, "b")})
		expect("a", Place{State: PlaceQueued, Lane: lane}) // nobody sends yet
		expect("c", Place{State: PlaceNone})

		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); d.Run(ctx) }()
		synctest.Wait()
		launched := time.Now()
		if d.Where(is("a")).State == PlaceQueued { // it lingers
			time.Sleep(25 * time.Millisecond)
			launched = time.Now()
		}
		expect("a", Place{State: PlaceAir, Lane: lane, Since: launched})
		expect("b", Place{State: PlaceAir, Lane: lane, Since: launched})

		answers <- failed()
		synctest.Wait()
		d.mu.Lock()
		due := d.engine.waiting.first().retry.due
		d.mu.Unlock()
		expect("a", Place{State: PlaceRetry, Lane: lane, Since: due})
		expect("b", Place{State: PlaceRetry, Lane: lane, Since: due})

		answers <- rejected()
		expect("a", Place{State: PlaceNone}) // it is its owner's now
		expect("b", Place{State: PlaceLetter, Lane: lane})

		d.mu.Lock()
		clear(d.engine.letters) // a fault of ours: nobody will let the lane go
		d.mu.Unlock()
		expect("b", Place{State: PlaceHeld, Lane: lane})
		cancel()
		<-done
	})
}
