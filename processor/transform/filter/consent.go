package filter

import "github.com/pintle-io/pintle/schema"

// given reports whether what users must have agreed to was agreed to, by an event's
// context.consentManagement. Lists that are none, and entries that are no texts, say nothing.
func (c *Consent) given(management schema.Value) bool {
	if len(c.IDs) == 0 {
		return true
	}
	allowed, denied := management.Member("allowedConsentIds"), management.Member("deniedConsentIds")
	agreed := 0
	for _, id := range c.IDs {
		// A consent that is in both lists is denied.
		if !has(denied, id) && (!c.Strict || has(allowed, id)) {
			agreed++
		}
	}
	return agreed == len(c.IDs) || c.Any && agreed > 0
}

// has reports whether a list has the text among its elements.
func has(list schema.Value, text string) bool {
	for e := list.Elements(); e.Next(); {
		if got, ok := e.Value.Text(); ok && string(got) == text {
			return true
		}
	}
	return false
}
