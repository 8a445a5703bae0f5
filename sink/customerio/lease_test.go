package customerio

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pintle-io/pintle/sink"
)

// brief is a lease that is held for so many asks, and then again from when it is given back.
type brief struct {
	mu   sync.Mutex
	asks int
	gone chan struct{} // closed when it was first refused
	once sync.Once
}

func (l *brief) Held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asks--
	if l.asks < 0 {
		l.once.Do(func() { close(l.gone) })
	}
	return l.asks >= 0
}

func (l *brief) giveBack() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asks = 1 << 30
}

// A lease that lapses anywhere between the composing of a request and its last piece keeps the destination
// from taking it, and costs the operation nothing.
func TestARequestIsBrokenOffWhereTheLeaseLapses(t *testing.T) {
	small := `{"type":"person","action":"identify","identifiers":{"id":"a"},"attributes":{"x":"` + strings.Repeat("x", 30_000) + `"}}`
	kinds := []struct {
		name, item string
		ops, asks  int // asks: of launching and sending, and one for each 32 KiB of the body
	}{
		{"batch", small, 8, 10},
		{"v1", bigEvent("b"), 1, 4},
	}
	for _, kind := range kinds {
		for asks := range kind.asks + 1 {
			t.Run(fmt.Sprintf("%s, after %d asks", kind.name, asks), func(t *testing.T) {
				lease := &brief{asks: asks, gone: make(chan struct{})}
				var mu sync.Mutex
				whole := 0
				c, rec := start(t, nil)
				rec.next = func(w http.ResponseWriter, req *http.Request) {
					all := rec.all()
					mu.Lock()
					defer mu.Unlock()
					if last := all[len(all)-1]; last.Length == int64(len(last.Body)) {
						whole++
					}
					answer(200, "{}")(w, req)
				}
				settled := make(chan sink.Result, 9)
				d := sink.NewDispatcher(c, lease, sink.Options{Rate: -1, Linger: time.Millisecond}, func(list []sink.Result) {
					for _, r := range list {
						settled <- r
					}
				}, nil)
				ctx, cancel := context.WithCancel(t.Context())
				var running sync.WaitGroup
				running.Go(func() { d.Run(ctx) })
				defer running.Wait()
				defer cancel()
				var ops []*sink.Op
				for i := range kind.ops {
					ops = append(ops, &sink.Op{Body: []byte(kind.item), Key: uint64(i)})
				}
				d.Submit(ops)
				<-lease.gone
				for d.Stats().InFlight > 0 {
					time.Sleep(time.Millisecond) // a socket keeps real time
				}
				mu.Lock()
				if whole > 0 {
					t.Errorf("%d whole requests arrived without a lease", whole)
				}
				mu.Unlock()
				lease.giveBack()
				for range ops {
					r := <-settled
					if !r.Delivered() || r.Attempts != 1 || !r.FirstFailed.IsZero() {
						t.Errorf("settled %+v", r)
					}
				}
				if s := d.Stats(); s.Gate.Shut || s.Splits > 0 || s.Permits < 4 {
					t.Errorf("it was held against the destination: %+v", s)
				}
			})
		}
	}
}
