package sink

// Outcome says what the mapping made of an event. The zero Outcome means: mapped, nothing altered.
type Outcome struct {
	// Filtered: the event is passed over on purpose, and Reason says why.
	Filtered bool
	// Reason is empty when the event was mapped. Otherwise, unless Filtered, the event becomes a
	// letter for that reason: [ReasonInvalid], [ReasonTooLarge] or [ReasonCrashed].
	Reason Reason
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
	// WhyNameCut: a name was cut to the limit of the destination, at the end of a character.
	WhyNameCut Why = "name_cut"
	// WhyAttrName: an attribute was left out, its name is empty or over the limit.
	WhyAttrName Why = "attribute_name"
	// WhyAttrValue: an attribute was left out, its value is over the limit.
	WhyAttrValue Why = "attribute_value"
	// WhyAttrCount: an attribute was left out, there were as many as the limit before it.
	WhyAttrCount Why = "attribute_count"
	// WhyReserved: an attribute was left out, its name means something else to the destination.
	WhyReserved Why = "reserved_name"
	// WhyIdentifier: an attribute was left out that would rename the person, or is no identifier.
	WhyIdentifier Why = "identifier"
	// WhyNotObject: properties that are no object were put under the attribute properties; traits that
	// are none were left out.
	WhyNotObject Why = "not_an_object"
	// WhyTimeUnreadable: a time that cannot be read, or lies before 1970, was passed over.
	WhyTimeUnreadable Why = "time_unreadable"
	// WhyTimeFuture: a time later than the record's was replaced by the record's.
	WhyTimeFuture Why = "time_in_future"
	// WhyTimeOfRecord: the event has no time that can be read; the record's stands in.
	WhyTimeOfRecord Why = "time_of_record"
	// WhyCollision: two values want to be one attribute; the other one was kept.
	WhyCollision Why = "collision"
	// WhyItemSize: an attribute was left out, the operation was full.
	WhyItemSize Why = "item_size"
	// WhyNotBoolean: a subscription was left out, its trait says neither yes nor no.
	WhyNotBoolean Why = "not_a_boolean"
	// WhyNotTaken: traits, properties, or a field of the event that no rule knows were left out: the operation has
	// no place for it.
	WhyNotTaken Why = "not_taken"
	// WhyDropped, WhyRenamed, WhySet and WhyHashed: a rule of the configuration did so.
	WhyDropped Why = "dropped"
	WhyRenamed Why = "renamed"
	WhySet     Why = "set"
	WhyHashed  Why = "hashed"
)
