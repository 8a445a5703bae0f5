package preview

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"charm.land/lipgloss/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// clipped is how much of a long value is looked at to show its beginning.
const clipped = 1 << 10

// plain makes a text fit to be shown: what would move a cursor, or turn the direction of writing,
// belongs to whoever wrote the event, not to the terminal of who looks at it.
func plain(s string) string {
	if len(s) > clipped {
		s = s[:clipped] + "…"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		default:
			return '\ufffd'
		}
	}, s)
}

// clip returns the beginning of s within so many columns.
func clip(s string, columns int) string {
	if lipgloss.Width(s) <= columns {
		return s
	}
	width := 0
	for i, r := range s {
		if width += lipgloss.Width(string(r)); width > columns-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// clipPath returns the end of a path within so many columns: that is where paths differ.
func clipPath(s string, columns int) string {
	for at := range s {
		if rest := s[at:]; lipgloss.Width(rest) < columns {
			return "…" + rest
		}
	}
	return ""
}

// shown is a value as people read it: a text without its quotes, unless it could then be taken for
// something else.
func shown(v schema.Value) string {
	t, isText := v.Text()
	if !isText || len(t) == 0 || len(t) < clipped && jsontext.Value(t).IsValid() {
		return plain(string(v))
	}
	return plain(string(t))
}

// count writes a number with a comma at every thousand.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// tally writes counts by their names, the greatest first.
func tally[K ~string](counts map[K]int64) []string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	parts := make([]string, 0, len(names))
	for _, name := range names {
		parts = append(parts, string(name)+" "+count(counts[name]))
	}
	return parts
}

// flow writes parts with dots between them, over as many lines as it takes.
func flow(parts []string, columns int) string {
	var b strings.Builder
	width := 0
	for i, part := range parts {
		part = clip(part, columns)
		wide := lipgloss.Width(part)
		switch {
		case i == 0:
		case width+3+wide > columns:
			b.WriteString("\n")
			width = 0
		default:
			b.WriteString(" · ")
			width += 3
		}
		b.WriteString(part)
		width += wide
	}
	return b.String()
}

// because says in words why an event is passed over. A letter has words of its own.
func because(why sink.Reason) string {
	switch why {
	case sink.ReasonTombstone:
		return "the record has no value"
	case sink.ReasonIntegrationOff:
		return "its integrations exclude Customer.io"
	case sink.ReasonEventFiltered:
		return "the configuration excludes it"
	case sink.ReasonConsent:
		return "the user did not consent to this destination"
	case sink.ReasonLoop:
		return "it came from Customer.io"
	case sink.ReasonAnonymousIdentify, sink.ReasonAnonymous:
		return "it names nobody whom Customer.io could know"
	case sink.ReasonSamePerson:
		return "an alias of somebody to the same person"
	case sink.ReasonUnsupportedType:
		return "its type has no operation"
	default:
		return ""
	}
}

// changed says in words what was done to a part of an event, and why.
func changed(why sink.Why) string {
	switch why {
	case sink.WhyNameCut:
		return "cut: the name is over the limit"
	case sink.WhyAttrName:
		return "left out: its name is empty or over the limit"
	case sink.WhyAttrValue:
		return "left out: its value is over the limit"
	case sink.WhyAttrCount:
		return "left out: there are as many as the limit before it"
	case sink.WhyReserved:
		return "left out: its name means something else to Customer.io"
	case sink.WhyIdentifier:
		return "left out: it would rename the person, or is no identifier"
	case sink.WhyNotObject:
		return "no object"
	case sink.WhyTimeUnreadable:
		return "passed over: no time that can be read"
	case sink.WhyTimeFuture:
		return "later than the record: the record's time was taken"
	case sink.WhyTimeOfRecord:
		return "no time that can be read: the record's was taken"
	case sink.WhyCollision:
		return "left out: another value has its place"
	case sink.WhyItemSize:
		return "left out: the operation was full"
	case sink.WhyNotBoolean:
		return "left out: it says neither yes nor no"
	case sink.WhyNotTaken:
		return "left out: the operation has no place for it"
	case sink.WhyDropped, sink.WhyRenamed, sink.WhySet, sink.WhyHashed:
		return "by a rule of the configuration"
	default:
		return ""
	}
}
