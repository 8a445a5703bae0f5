package transform

import "github.com/pintle-io/pintle/sink"

// filtered is the outcome of an event that is passed over.
func filtered(r sink.Reason) sink.Outcome { return sink.Outcome{Filtered: true, Reason: r} }

// invalid is the outcome of an event that breaks a rule of the mapping.
func invalid(field, detail string) sink.Outcome {
	return sink.Outcome{Reason: sink.ReasonInvalid, Field: field, Detail: detail}
}
