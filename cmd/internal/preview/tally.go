package preview

import "github.com/pintle-io/pintle/sink"

// Tally counts what became of events.
type Tally struct {
	Records int64 `json:"records"`
	Events  int64 `json:"events"` // a record that holds none counts for one
	Differ  int64 `json:"-"`      // of Events, those that other rules make something else of

	Outcomes map[Outcome]int64     `json:"outcomes"`
	Reasons  map[sink.Reason]int64 `json:"reasons"`
	Types    map[string]int64      `json:"types"`
	Changes  map[sink.Why]int64    `json:"changes"`
}

// NewTally returns a tally of nothing.
func NewTally() *Tally {
	return &Tally{
		Outcomes: map[Outcome]int64{Delivered: 0, Filtered: 0, DeadLettered: 0},
		Reasons:  map[sink.Reason]int64{}, Types: map[string]int64{}, Changes: map[sink.Why]int64{},
	}
}

// Undecodable is the number of records that are no events.
func (t *Tally) Undecodable() int64 { return t.Reasons[sink.ReasonDecode] }

// add counts what became of one record.
func (t *Tally) add(events []Event) {
	t.Records++
	for i := range events {
		e := &events[i]
		t.Events++
		t.Outcomes[e.Outcome]++
		if e.Reason != "" {
			t.Reasons[e.Reason]++
		}
		if e.Raw != nil {
			t.Types[e.knownType()]++
		}
		for _, c := range e.Changes {
			t.Changes[c.Why]++
		}
	}
}
