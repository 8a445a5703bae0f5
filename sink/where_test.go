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

// TestWhereIsWhatWaitsBehindAPiece: it waits for the answer to the piece, in the air and when that goes again.
func TestWhereIsWhatWaitsBehindAPiece(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := make(chan Answer)
		d := NewDispatcher(sending(func(context.Context) Answer { return <-answers }), nil, Options{}, func([]Result) {}, nil)
		d.Submit([]*Op{op(1, "a"), op(1, "b"), op(1, "c"), op(2, "d")})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); d.Run(ctx) }()
		expect := func(want PlaceState) {
			t.Helper()
			synctest.Wait()
			for _, name := range []string{"a", "b", "c"} {
				if got := d.Where(func(o *Op) bool { return string(o.Body) == `"`+name+`"` }); got.State != want || got.Lane != 1 {
					t.Errorf("%s is at %+v, want %s", name, got, want)
				}
			}
		}
		answers <- refused()
		expect(PlaceAir)
		answers <- throttled()
		expect(PlaceRetry)
		cancel()
		<-done
	})
}
