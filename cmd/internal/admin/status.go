package admin

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/sink"
)

// status is the answer of /api/v1/status. Its names are API: they are written here, and not taken
// from the types inside, so that those may change.
type status struct {
	Version string `json:"version"`
	readiness
	Ledger      ledger      `json:"ledger"`
	Partitions  []partition `json:"partitions"`
	Sink        requests    `json:"sink"`
	Letters     letters     `json:"letters"`
	HeldBytes   int64       `json:"held_bytes"`
	BudgetBytes int64       `json:"budget_bytes"`
	LateResults int64       `json:"late_results"`
}

type ledger struct {
	Consumed       int64                 `json:"consumed"`
	Delivered      int64                 `json:"delivered"`
	Filtered       int64                 `json:"filtered"`
	DeadLettered   int64                 `json:"dead_lettered"`
	HandedBack     int64                 `json:"handed_back"`
	InFlight       int64                 `json:"in_flight"`
	Imbalance      int64                 `json:"imbalance"`
	FilteredBy     map[sink.Reason]int64 `json:"filtered_by"`
	DeadLetteredBy map[sink.Reason]int64 `json:"dead_lettered_by"`
	ChangedBy      map[sink.Why]int64    `json:"changed_by"`
}

type partition struct {
	Topic         string  `json:"topic"`
	Partition     int32   `json:"partition"`
	Ledger        ledger  `json:"ledger"`
	Committed     int64   `json:"committed"`
	Watermark     int64   `json:"watermark"`
	HighWatermark int64   `json:"high_watermark"`
	Skipped       int64   `json:"skipped"`
	Lag           int64   `json:"lag"`
	AgeSeconds    float64 `json:"age_seconds"`
	Paused        bool    `json:"paused"`
	Braked        bool    `json:"braked"`
	Waiting       string  `json:"waiting"`
}

type requests struct {
	Requests  int64 `json:"requests"`
	Retries   int64 `json:"retries"`
	Resent    int64 `json:"resent"`
	Splits    int64 `json:"splits"`
	Delivered int64 `json:"delivered_operations"`
	Rejected  int64 `json:"rejected_operations"`
	InFlight  int   `json:"in_flight"`
	Waiting   int   `json:"waiting"`
	Queued    int   `json:"queued_operations"`
	Permits   int   `json:"permits"`
	// RateLimit is in requests a second, null without a limit.
	RateLimit         *float64         `json:"rate_limit"`
	LatencyP99Seconds float64          `json:"latency_p99_seconds"`
	Statuses          map[string]int64 `json:"statuses"`
	Gate              gateState        `json:"gate"`
}

type gateState struct {
	State      string     `json:"state"`
	Cause      string     `json:"cause"`
	Status     int        `json:"status"`
	Next       string     `json:"next"`
	Since      *time.Time `json:"since"`
	NextProbe  *time.Time `json:"next_probe"`
	RetryAfter *time.Time `json:"retry_after"`
}

type letters struct {
	Written      int64      `json:"written"`
	Waiting      int64      `json:"waiting"`
	Error        string     `json:"error"`
	RefusedSince *time.Time `json:"refused_since"`
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	stats, written := s.o.Stats(), s.o.Letters()
	writeJSON(w, http.StatusOK, s.describe(&stats, written, time.Now()))
}

func (s *Server) describe(stats *processor.Stats, written deadletter.Stats, now time.Time) status {
	out := status{
		Version: s.o.Version, readiness: judge(stats, written, now),
		Ledger: describeLedger(&stats.Ledger), Partitions: make([]partition, 0, len(stats.Partitions)),
		Sink: describeSink(&stats.Sink),
		Letters: letters{
			Written: written.Written, Waiting: written.Waiting, Error: written.LastError, RefusedSince: unlessZero(written.Since),
		},
		HeldBytes: stats.HeldBytes, BudgetBytes: stats.BudgetBytes, LateResults: stats.LateResults,
	}
	for i := range stats.Partitions {
		p := &stats.Partitions[i]
		out.Partitions = append(out.Partitions, partition{
			Topic: p.Topic, Partition: p.Partition, Ledger: describeLedger(&p.Ledger),
			Committed: p.Committed, Watermark: p.Watermark, HighWatermark: p.HighWatermark,
			Skipped: p.Skipped, Lag: p.Lag, AgeSeconds: p.Age.Seconds(), Paused: p.Paused, Braked: p.Braked, Waiting: p.Waiting,
		})
	}
	return out
}

func describeLedger(l *processor.Ledger) ledger {
	return ledger{
		Consumed: l.Consumed, Delivered: l.Delivered, Filtered: l.Filtered, DeadLettered: l.DeadLettered,
		HandedBack: l.HandedBack, InFlight: l.InFlight, Imbalance: l.Imbalance(),
		FilteredBy: l.FilteredBy, DeadLetteredBy: l.DeadLetteredBy, ChangedBy: l.ChangedBy,
	}
}

func describeSink(s *sink.Stats) requests {
	out := requests{
		Requests: s.Requests, Retries: s.Retries, Resent: s.Resent, Splits: s.Splits,
		Delivered: s.Delivered, Rejected: s.Rejected,
		InFlight: s.InFlight, Waiting: s.Waiting, Queued: s.Queued, Permits: s.Permits,
		LatencyP99Seconds: s.LatencyP99.Seconds(), Statuses: map[string]int64{},
		Gate: gateState{
			State: "open", Cause: s.Gate.Cause.String(), Status: s.Gate.Status, Next: s.Gate.Hint,
			Since: unlessZero(s.Gate.Since), NextProbe: unlessZero(s.Gate.NextProbe), RetryAfter: unlessZero(s.Gate.RetryAfter),
		},
	}
	if s.Gate.Shut {
		out.Gate.State = "shut"
	}
	if !math.IsInf(s.Rate, 0) {
		out.RateLimit = &s.Rate
	}
	for code, n := range s.Statuses {
		name := "none"
		if code != 0 {
			name = strconv.Itoa(code)
		}
		out.Statuses[name] = n
	}
	return out
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
