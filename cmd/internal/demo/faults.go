package demo

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

// refuse lets the stand-in refuse a share of the items of every request.
func (w *world) refuse(share float64, seed uint64) {
	if share == 0 {
		return
	}
	w.customerio.AddFault(customeriotest.Fault{
		Action: customeriotest.ItemError, ItemProbability: share, Seed: seed,
		Reason: "invalid", Field: "attributes", Message: "refused by the demo (--reject)",
	})
}

// fault is trouble that begins and ends by the clock.
type fault struct {
	Span
	name       string
	begin, end func()
}

func (w *world) faults(o *Options) []fault {
	var list []fault
	if o.Outage.Length > 0 {
		list = append(list, w.outage(o.Outage))
	}
	if o.RevokeKey.Length > 0 {
		list = append(list, fault{
			Span: o.RevokeKey, name: "key revoked",
			begin: func() { w.customerio.SetCredentials(siteID, anotherKey) },
			end:   func() { w.customerio.SetCredentials(siteID, apiKey) },
		})
	}
	return list
}

func (w *world) outage(when Span) fault {
	return fault{
		Span: when, name: "outage",
		begin: func() { w.customerio.Outage(http.StatusServiceUnavailable) },
		end:   func() { w.customerio.Outage(0) },
	}
}

// play does what it is made for when its time has come, and ends it; at once when ctx ends.
func (f fault) play(ctx context.Context) {
	if !sleep(ctx, f.Start) {
		return
	}
	f.begin()
	sleep(ctx, f.Length)
	f.end()
}

// state says where the fault stands after so long a time.
func (f fault) state(elapsed time.Duration) string {
	switch {
	case elapsed < f.Start:
		return fmt.Sprintf("%s in %.1f s", f.name, (f.Start - elapsed).Seconds())
	case elapsed < f.Start+f.Length:
		return fmt.Sprintf("%s for another %.1f s", f.name, (f.Start + f.Length - elapsed).Seconds())
	default:
		return f.name + " over"
	}
}

func sleep(ctx context.Context, d time.Duration) (slept bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
