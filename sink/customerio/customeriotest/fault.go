package customeriotest

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Action is what a fault does to a request. All but the first group answer without processing, unless
// Fault.Process is set.
type Action string

// The actions.
const (
	// Latency waits for Delay, and Jitter at most, and goes on as usual.
	Latency Action = "latency"
	// ItemError lists errors for items, see Fault.Items, which are then not stored.
	ItemError Action = "item_error"
	// ErrorsIn200 answers like ItemError with status 200.
	ErrorsIn200 Action = "errors_in_200"
	// WrongContentType calls the JSON of the answer text.
	WrongContentType Action = "wrong_content_type"
	// SlowAnswer sends the body of the answer at BytesPerSecond.
	SlowAnswer Action = "slow_answer"
	// ShortBody announces more of the answer than it sends, and closes.
	ShortBody Action = "short_body"
	// ConnectionClose answers as usual and closes the connection.
	ConnectionClose Action = "connection_close"
	// ResetAfterProcess stores the items and breaks the connection instead of an answer.
	ResetAfterProcess Action = "reset_after_process"

	// Status answers with Status, Body and Headers.
	Status Action = "status"
	// Throttle answers 429 with RetryAfter.
	Throttle Action = "throttle"
	// Redirect answers with Status (0: 301) and Location.
	Redirect Action = "redirect"
	// ResetBeforeRead breaks the connection before the body is read, ResetMidBody in its middle.
	ResetBeforeRead Action = "reset_before_read"
	ResetMidBody    Action = "reset_mid_body"
	// Hang reads the body and never answers, until the client goes away or the faults are cleared. With
	// Unread it does not read, so that a large body gets stuck, and only clearing the faults ends it.
	Hang Action = "hang"
	// SlowRead reads the body at BytesPerSecond, and goes on as usual.
	SlowRead Action = "slow_read"
)

// Fault is a rule: which requests it is for, and what is done to them. Of several that match, the one
// that was added first is done.
type Fault struct {
	// ID is given by AddFault.
	ID int `json:"id"`

	// Method, PathContains and BodyContains choose requests; empty is any.
	Method       string `json:"method,omitempty"`
	PathContains string `json:"path_contains,omitempty"`
	BodyContains string `json:"body_contains,omitempty"`
	// Nth is for the n-th chosen request alone, Every for each n-th; 0 is any.
	Nth   int `json:"nth,omitempty"`
	Every int `json:"every,omitempty"`
	// Times bounds how often it is done, From and Until when, by the clock of the stand-in; zero is no
	// bound.
	Times int       `json:"times,omitempty"`
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Probability does it by chance, decided by Seed; 0 is always.
	Probability float64 `json:"probability,omitempty"`
	Seed        uint64  `json:"seed,omitempty"`

	// Action is what is done.
	Action Action `json:"action"`
	// Process stores the items although the answer says otherwise.
	Process bool `json:"process,omitempty"`

	// Delay is waited before any action, plus a random time up to Jitter.
	Delay  time.Duration `json:"delay,omitempty"`
	Jitter time.Duration `json:"jitter,omitempty"`
	// Status is the answer's; Body is json, html, empty, truncated, or else the body itself.
	Status  int               `json:"status,omitempty"`
	Body    string            `json:"body,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	// RetryAfter is the header of a throttle: a number of seconds, a date, or anything else. RetryIn
	// makes it the date that is so far ahead.
	RetryAfter string        `json:"retry_after,omitempty"`
	RetryIn    time.Duration `json:"retry_in,omitempty"`
	// Location is where a redirect leads.
	Location string `json:"location,omitempty"`
	// BytesPerSecond is the speed of a slow answer or reading; 0: 1.
	BytesPerSecond int `json:"bytes_per_second,omitempty"`
	// Unread leaves the body of a request that hangs unread.
	Unread bool `json:"unread,omitempty"`
	// Items are the positions that fail in an item error; empty: those that ItemProbability chooses,
	// and if that is 0 all, or with ItemContains those whose bytes have it.
	Items           []int   `json:"items,omitempty"`
	ItemProbability float64 `json:"item_probability,omitempty"`
	ItemContains    string  `json:"item_contains,omitempty"`
	// Reason, Field and Message are what an item error says. Omit names those of batch_index, reason,
	// field and message that are left out. IndexAs is text for "3", and range for a position that is
	// out of range, in place of the number; the items are then stored.
	Reason  string   `json:"reason,omitempty"`
	Field   string   `json:"field,omitempty"`
	Message string   `json:"message,omitempty"`
	Omit    []string `json:"omit,omitempty"`
	IndexAs string   `json:"index_as,omitempty"`

	// Hits is how often it was done.
	Hits int `json:"hits"`
}

// rule is a fault with what it remembers.
type rule struct {
	Fault
	chosen int
	random *rand.Rand
}

// faultList is all rules.
type faultList struct {
	rules   []*rule
	last    int
	cleared chan struct{} // closed when the rules are cleared, to free what hangs
	hits    int64
}

// clear removes all rules.
func (l *faultList) clear() {
	if l.cleared != nil {
		close(l.cleared)
	}
	l.rules, l.cleared = nil, make(chan struct{})
}

// readsBody reports whether a rule must see the body to be chosen.
func (l *faultList) readsBody() bool {
	return slices.ContainsFunc(l.rules, func(r *rule) bool { return r.BodyContains != "" })
}

// choose returns the fault for a request, nil if there is none.
func (l *faultList) choose(method, path string, body []byte, now time.Time) *Fault {
	for _, r := range l.rules {
		if !r.matches(method, path, body, now) {
			continue
		}
		r.Hits++
		l.hits++
		f := r.Fault
		return &f
	}
	return nil
}

// matches reports whether the rule is to be done now.
func (r *rule) matches(method, path string, body []byte, now time.Time) bool {
	switch {
	case r.Method != "" && r.Method != method,
		!strings.Contains(path, r.PathContains),
		!bytes.Contains(body, []byte(r.BodyContains)),
		now.Before(r.From),
		!r.Until.IsZero() && now.After(r.Until),
		r.Times > 0 && r.Hits >= r.Times:
		return false
	}
	r.chosen++
	switch {
	case r.Nth > 0 && r.chosen != r.Nth,
		r.Every > 0 && r.chosen%r.Every != 0,
		r.Probability > 0 && r.random.Float64() >= r.Probability:
		return false
	}
	return true
}

// AddFault adds a rule and returns its id.
func (s *Server) AddFault(f Fault) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.last++
	f.ID, f.Hits = s.faults.last, 0
	s.faults.rules = append(s.faults.rules, &rule{Fault: f, random: rand.New(rand.NewPCG(f.Seed, 1))}) //nolint:gosec // repeatable on purpose
	return f.ID
}

// RemoveFault removes a rule; it reports whether there was one.
func (s *Server) RemoveFault(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.faults.rules)
	s.faults.rules = slices.DeleteFunc(s.faults.rules, func(r *rule) bool { return r.ID == id })
	return len(s.faults.rules) < n
}

// ClearFaults removes all rules and lets go of requests that hang.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.clear()
}

// Faults returns the rules, with how often each was done.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Fault, len(s.faults.rules))
	for i, r := range s.faults.rules {
		list[i] = r.Fault
	}
	return list
}
