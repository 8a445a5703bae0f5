package sink

import "time"

// Result is the end of one op.
type Result struct {
	Op *Op
	// Reason is empty when the op was delivered; otherwise the op becomes a letter, and its lane
	// waits until [Dispatcher.Resolve] is called for it.
	Reason Reason
	// Status is the HTTP status of the last answer, 0 when there was none.
	Status int
	// Refusal is the destination's explanation of a rejection.
	Refusal Refusal
	// Attempts counts the requests that carried the op.
	Attempts int
	// FirstFailed and LastFailed are zero when no attempt failed.
	FirstFailed, LastFailed time.Time
}

// Delivered reports whether the destination has taken the op.
func (r *Result) Delivered() bool { return r.Reason == "" }
