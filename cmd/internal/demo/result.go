package demo

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Result is how a demo ended. Its JSON is API.
type Result struct {
	Consumed     int64 `json:"consumed"`
	Delivered    int64 `json:"delivered"`
	Filtered     int64 `json:"filtered"`
	DeadLettered int64 `json:"dead_lettered"`
	// InFlight is 0 unless the demo was interrupted: then it is what was left.
	InFlight int64 `json:"in_flight"`
	// Requests and Retries are the sender's count.
	Requests int64 `json:"requests"`
	Retries  int64 `json:"retries"`
	// Resent, Duplicates and OrderViolations are what the stand-in has seen: what it had taken before
	// and recognized; what it now holds twice; and what arrived behind something newer of the same person.
	Resent          int64   `json:"resent"`
	Duplicates      int64   `json:"duplicates"`
	OrderViolations int64   `json:"order_violations"`
	ElapsedSeconds  float64 `json:"elapsed_seconds"`
	// Reasons counts what was filtered and dead-lettered by why.
	Reasons map[string]int64 `json:"reasons"`

	// Tour is what the tour has measured and found; only a tour that was seen to its end has it.
	Tour *Tour `json:"tour,omitempty"`

	interrupted bool // stopped from outside
	unseen      bool // a tour that did not come to its end
	// lost counts events that the books call delivered and the stand-in does not have.
	lost int64
}

func newResult(s *Snapshot) Result {
	l := &s.Stats.Ledger
	r := Result{
		Consumed: l.Consumed, Delivered: l.Delivered, Filtered: l.Filtered, DeadLettered: l.DeadLettered,
		InFlight: l.InFlight + l.HandedBack,
		Requests: s.Stats.Sink.Requests, Retries: s.Stats.Sink.Retries,
		Resent: s.CustomerIO.Resent, Duplicates: s.CustomerIO.Duplicates, OrderViolations: s.CustomerIO.OrderViolations,
		ElapsedSeconds: float64(s.Elapsed.Round(time.Millisecond).Milliseconds()) / 1000, Reasons: map[string]int64{},
		lost: max(0, l.Delivered-(s.CustomerIO.Stored-s.CustomerIO.Resent)),
	}
	for reason, n := range l.FilteredBy {
		r.Reasons[string(reason)] += n
	}
	for reason, n := range l.DeadLetteredBy {
		r.Reasons[string(reason)] += n
	}
	return r
}

// unfinished counts events that were left though nobody has stopped the demo.
func (r *Result) unfinished() int64 {
	if r.interrupted {
		return 0
	}
	return r.InFlight
}

// Check returns what the demo has found wrong, which is a fault of pintle unless somebody has stopped the
// tour; nil when the books balance, the stand-in has everything once and in order, and nothing is in
// flight that nobody has interrupted.
func (r *Result) Check() error {
	var wrong []string
	if sum := r.Delivered + r.Filtered + r.DeadLettered + r.InFlight; r.Consumed != sum {
		wrong = append(wrong, fmt.Sprintf("the books are off by %d", r.Consumed-sum))
	}
	for _, w := range []struct {
		n    int64
		what string
	}{
		{r.lost, "events are called delivered that Customer.io does not have"},
		{r.unfinished(), "events are in flight at the end"},
		{r.Duplicates, "events are held twice"},
		{r.OrderViolations, "events arrived out of order"},
	} {
		if w.n > 0 {
			wrong = append(wrong, fmt.Sprintf("%d %s", w.n, w.what))
		}
	}
	switch {
	case wrong == nil && r.unseen:
		return errors.New("the tour was stopped before its end")
	case wrong == nil:
		return nil
	}
	return fmt.Errorf("%s: this is a fault of pintle, please report it with the command line", strings.Join(wrong, "; "))
}
