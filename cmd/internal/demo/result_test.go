package demo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

func TestResult(t *testing.T) {
	s := Snapshot{
		Elapsed: 1234567890,
		Stats: processor.Stats{
			Ledger: processor.Ledger{
				Consumed: 20, Delivered: 10, Filtered: 3, DeadLettered: 4, InFlight: 1, HandedBack: 2,
				FilteredBy:     map[sink.Reason]int64{sink.ReasonTombstone: 1, sink.ReasonIntegrationOff: 2},
				DeadLetteredBy: map[sink.Reason]int64{sink.ReasonDecode: 4},
			},
			Sink: sink.Stats{Requests: 5, Retries: 1, Resent: 99},
		},
		CustomerIO: customeriotest.Stats{Stored: 11, Resent: 2, Duplicates: 6, OrderViolations: 7},
	}
	want := Result{
		Consumed: 20, Delivered: 10, Filtered: 3, DeadLettered: 4, InFlight: 3, Requests: 5, Retries: 1,
		Resent: 2, Duplicates: 6, OrderViolations: 7, ElapsedSeconds: 1.235,
		Reasons: map[string]int64{"tombstone": 1, "integration_off": 2, "decode": 4}, lost: 1,
	}
	if diff := cmp.Diff(want, newResult(&s), cmp.AllowUnexported(Result{})); diff != "" {
		t.Errorf("the result (-want +got):\n%s", diff)
	}
}

func TestCheck(t *testing.T) {
	good := Result{Consumed: 20, Delivered: 10, Filtered: 3, DeadLettered: 4, InFlight: 3, Resent: 5, interrupted: true}
	if err := good.Check(); err != nil {
		t.Errorf("all is well: %v", err)
	}
	for want, spoil := range map[string]func(*Result){
		"off by 1":      func(r *Result) { r.Delivered-- },
		"off by -1":     func(r *Result) { r.Delivered++ },
		"held twice":    func(r *Result) { r.Duplicates = 1 },
		"out of order":  func(r *Result) { r.OrderViolations = 1 },
		"does not have": func(r *Result) { r.lost = 1 },
		"in flight":     func(r *Result) { r.interrupted = false },
		"stopped":       func(r *Result) { r.unseen = true },
	} {
		r := good
		spoil(&r)
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
