package filter

import (
	"bytes"

	"github.com/pintle-io/pintle/schema"
)

// isLoop reports whether the event came from Customer.io: RudderStack's source of that name marks
// its events so. Sent on, they would come back.
func isLoop(ev *schema.Event) bool {
	return isUs(ev.Context.IntegrationName) || isUs(ev.Context.LibraryName)
}

func isUs(v schema.Value) bool {
	text, ok := v.Text()
	return ok && IsCustomerIO(text)
}

// isOff reports whether the event's integrations exclude Customer.io: its entry is false, or All is
// false and it has no entry. An entry of settings counts as on, as at RudderStack. Of several
// spellings, one that says false is enough. All is read in any letter case: RudderStack's Go SDK
// up to 4.2.0 writes all.
func isOff(ev *schema.Event) bool {
	all, entry := true, schema.Value(nil)
	for m := ev.Integrations.Members(); m.Next(); {
		switch {
		case IsCustomerIO(m.Name):
			if m.Value.Kind() != schema.Null && !isNo(entry) {
				entry = m.Value
			}
		case isAll(m.Name):
			all = !isNo(m.Value)
		}
	}
	if entry == nil {
		return !all
	}
	return isNo(entry)
}

// isNo reports whether somebody meant false: the literal, or what a form or its script makes of it. Who
// is in doubt about a no sends nothing.
func isNo(v schema.Value) bool {
	for _, no := range [...]string{"false", "0", `"false"`, `"0"`, `"no"`, `"off"`} {
		if len(v) == len(no) && bytes.EqualFold(v, []byte(no)) {
			return true
		}
	}
	return false
}

func isAll(name []byte) bool {
	return len(name) == 3 && name[0]|0x20 == 'a' && name[1]|0x20 == 'l' && name[2]|0x20 == 'l'
}

// IsCustomerIO reports whether name is one of the ways to write Customer.io: Customer IO, CUSTOMERIO,
// Customer.io, customer.io, Customerio. Only letters count, in any case.
func IsCustomerIO(name []byte) bool {
	const want = "customerio"
	n := 0
	for _, c := range name {
		switch c {
		case ' ', '.', '_', '-':
			continue
		}
		if n == len(want) || c|0x20 != want[n] {
			return false
		}
		n++
	}
	return n == len(want)
}
