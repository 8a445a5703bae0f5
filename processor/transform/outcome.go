package transform

import "github.com/pintle-io/pintle/sink"

// Outcome says what became of an event. The zero Outcome means: mapped, nothing altered.
type Outcome struct {
	// Filtered: the event is passed over on purpose, and Reason says why.
	Filtered bool
	// Reason is empty when the event was mapped. Otherwise, unless Filtered, the event becomes a
	// letter for that reason: [sink.ReasonInvalid] or [sink.ReasonTooLarge].
	Reason sink.Reason
	// Field is the dotted path in the event that a letter is about.
	Field string
	// Detail explains a letter. It holds no value of the event.
	Detail string
	// Changes are what the mapping altered to make the event fit, at most [MaxChanges] of them. Nil
	// for most events.
	Changes []Change
}

// MaxChanges bounds the changes that are told of one event: a hostile one could call for a million.
const MaxChanges = 100

// Mapped reports whether the event became operations.
func (o *Outcome) Mapped() bool { return o.Reason == "" }

// Change is one thing that the mapping altered or left out.
type Change struct {
	// Field is the dotted path in the event.
	Field string
	Why   Why
}

// Why is a stable code for a [Change]. The list is closed and API.
type Why string

// The reasons of changes.
const (
	// WhyNameCut: a name was cut to [customerio.NameBytes], at the end of a character.
	WhyNameCut Why = "name_cut"
	// WhyAttrName: an attribute was left out, its name is empty or over [customerio.AttrNameBytes].
	WhyAttrName Why = "attribute_name"
	// WhyAttrValue: an attribute was left out, its value is over [customerio.AttrValueBytes].
	WhyAttrValue Why = "attribute_value"
	// WhyAttrCount: an attribute was left out, there were [customerio.Attrs] before it.
	WhyAttrCount Why = "attribute_count"
	// WhyReserved: an attribute was left out, its name means something else to Customer.io.
	WhyReserved Why = "reserved_name"
	// WhyIdentifier: an attribute was left out that would rename the person, or is no identifier.
	WhyIdentifier Why = "identifier"
	// WhyNotObject: properties that are no object were put under the attribute properties.
	WhyNotObject Why = "not_an_object"
	// WhyTimeUnreadable: a time that cannot be read, or lies before 1970, was passed over.
	WhyTimeUnreadable Why = "time_unreadable"
	// WhyTimeFuture: a time later than the record's was replaced by the record's.
	WhyTimeFuture Why = "time_in_future"
	// WhyTimeOfRecord: the event has no time that can be read; the record's stands in.
	WhyTimeOfRecord Why = "time_of_record"
)

// filtered is the outcome of an event that is passed over.
func filtered(r sink.Reason) Outcome { return Outcome{Filtered: true, Reason: r} }

// invalid is the outcome of an event that breaks a rule of the mapping.
func invalid(field, detail string) Outcome {
	return Outcome{Reason: sink.ReasonInvalid, Field: field, Detail: detail}
}
