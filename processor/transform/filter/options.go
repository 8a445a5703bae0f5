package filter

// Options choose events. The zero Options are the rules that always hold: integrations and loops.
type Options struct {
	// AllowEvents are the names of the only track events that pass; DenyEvents those that do not.
	// Blanks around a name do not count.
	AllowEvents []string
	DenyEvents  []string
	// ExcludeChannels and ExcludeSources pass over events of a channel (web, mobile, server …), and of
	// a source: an event's sourceId, context.sourceId or context.library.name.
	ExcludeChannels []string
	ExcludeSources  []string
	// Consent says what users must have agreed to.
	Consent Consent
	// Where is an expression that must be true for an event to pass; empty: none.
	Where string
}

// Consent is what users must have agreed to, by the event's context.consentManagement.
type Consent struct {
	// IDs are the consents that Customer.io needs; empty: none.
	IDs []string
	// Any: one of them is enough; otherwise all are needed.
	Any bool
	// Strict: an event passes only if its allowed consents name them. Otherwise it passes unless its
	// denied consents do, as at RudderStack.
	Strict bool
}
