package customeriotest

import "maps"

// Stats are the counts since the last reset. All are of items unless said otherwise.
type Stats struct {
	// Requests counts those that were answered or broken off, refused ones included.
	Requests int64 `json:"requests"`
	// Items were in well-formed requests; each is Stored, that is accepted, or Rejected in the answer.
	Items    int64 `json:"items"`
	Stored   int64 `json:"stored"`
	Rejected int64 `json:"rejected"`
	// Resent were accepted before: an event with the same id, or the same bytes for the same person.
	Resent int64 `json:"resent"`
	// Duplicates are events that are now stored twice: repeated without an id, or the same numbered
	// event under another id. A right sender has none.
	Duplicates int64 `json:"duplicates"`
	// OrderViolations are first deliveries with a lower number than an earlier first delivery of the
	// same person.
	OrderViolations int64 `json:"order_violations"`
	// Drops had no effect though they were accepted, Warnings did damage; by reason.
	Drops    map[string]int64 `json:"drops"`
	Warnings map[string]int64 `json:"warnings"`
	// Statuses counts answers; 0 are connections broken off, by a fault or by the client.
	Statuses map[int]int64 `json:"statuses"`
	// BatchItems and BatchBytes are histograms of batches: keys are upper bounds, powers of two.
	BatchItems map[int]int64 `json:"batch_items"`
	BatchBytes map[int]int64 `json:"batch_bytes"`
	// Retries counts requests that say they are (X-Retry-Count), SameBody batches that are byte for
	// byte one of those in the request log, which a retry of the whole is.
	Retries  int64 `json:"retries"`
	SameBody int64 `json:"same_body"`
	// InFlight and MaxInFlight count requests at one time.
	InFlight    int64 `json:"in_flight"`
	MaxInFlight int64 `json:"max_in_flight"`
	// Connections are open, Opened were; 0 unless Server.ConnState is told of them.
	Connections int64 `json:"connections"`
	Opened      int64 `json:"opened"`
	// Faults counts the requests to which a fault was done.
	Faults int64 `json:"faults"`
	// People is how many there are, Waiting how many items wait while processing is paused.
	People  int `json:"people"`
	Waiting int `json:"waiting"`
}

func newStats() Stats {
	return Stats{
		Drops: map[string]int64{}, Warnings: map[string]int64{}, Statuses: map[int]int64{},
		BatchItems: map[int]int64{}, BatchBytes: map[int]int64{},
	}
}

// clone returns a copy that shares nothing.
func (s Stats) clone() Stats {
	s.Drops, s.Warnings, s.Statuses = maps.Clone(s.Drops), maps.Clone(s.Warnings), maps.Clone(s.Statuses)
	s.BatchItems, s.BatchBytes = maps.Clone(s.BatchItems), maps.Clone(s.BatchBytes)
	return s
}

// bucket returns the smallest power of two that is not less than n.
func bucket(n int) int {
	b := 1
	for b < n {
		b *= 2
	}
	return b
}
