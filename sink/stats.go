package sink

import "time"

// Stats is a snapshot of the sink.
type Stats struct {
	// Requests counts sends; Retries those of them that repeated ops of an earlier one.
	Requests, Retries int64
	// Resent counts ops that went out again; Splits requests that were taken apart.
	Resent, Splits int64
	// Delivered and Rejected count ops.
	Delivered, Rejected int64
	// InFlight counts requests in the air, Waiting those that will go again, Queued ops in lanes.
	InFlight, Waiting, Queued int
	// Permits is the number of requests that may be in the air at once.
	Permits int
	// Rate is the limit in force, in requests a second; +Inf without one.
	Rate float64
	Gate GateState
	// Statuses counts answers by HTTP status; 0 counts requests without one.
	Statuses map[int]int64
	// LatencyP99 is over the last 256 answers.
	LatencyP99 time.Duration
}

// GateState tells whether and why everything is held back.
type GateState struct {
	// Shut is true while only probes are sent.
	Shut  bool
	Cause Cause
	// Status is the HTTP status that shut the gate, 0 when there was no answer.
	Status int
	// Hint is the next step for the operator. It holds no personal value.
	Hint  string
	Since time.Time
	// NextProbe is zero while as many probes are in the air as may be.
	NextProbe time.Time
	// RetryAfter is the time before which the destination asked not to be called; zero when none.
	RetryAfter time.Time
}

// String returns the cause in snake case: a label value of metrics and so API.
func (c Cause) String() string {
	switch c {
	case CauseNone:
		return "none"
	case CauseContent:
		return "content"
	case CauseServer:
		return "server"
	case CauseTransport:
		return "transport"
	case CauseThrottled:
		return "throttled"
	case CauseCredentials:
		return "credentials"
	case CauseConfiguration:
		return "configuration"
	case CauseCanceled:
		return "canceled"
	case CauseUnsent:
		return "unsent"
	default:
		return "unknown"
	}
}

// Stats returns the engine's part of the snapshot.
func (e *Engine) Stats(now time.Time) Stats {
	s := Stats{
		Requests: e.counts.requests, Retries: e.counts.retries, Resent: e.counts.resent,
		Splits: e.counts.splits, Delivered: e.counts.delivered, Rejected: e.counts.rejected,
		InFlight: e.permits.air, Waiting: len(e.waiting), Queued: e.lanes.ops,
		Permits: int(e.permits.limit), Rate: e.pace.perSecond(),
	}
	s.Gate = GateState{Shut: e.gate.shut(), Cause: e.gate.cause}
	if e.gate.notBefore.After(now) {
		s.Gate.RetryAfter = e.gate.notBefore
	}
	if s.Gate.Shut {
		s.Gate.Status, s.Gate.Hint, s.Gate.Since = e.gate.status, e.gate.refusal.Hint, e.gate.since
		_, s.Gate.NextProbe = e.gate.clear(now)
	}
	return s
}
