package transform_test

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pintle-io/pintle/processor/transform"
)

// difference is an entry of the list: a way in which pintle differs from RudderStack's code, on purpose.
type difference struct {
	code  string // stable, and the anchor in the document
	group group
	title string
	why   string // for the reader of the document, whole sentences
	basis string // where the reason comes from

	in []comparison // where it is met
	// shows are the places in the event that an example shows; of places parted by |, the first that is there.
	shows []string
	// match reports whether d is this difference: by the operation, the field, and how the two values
	// come from the event.
	match func(d diff) bool
}

// group is what kind of reason a difference has.
type group string

const (
	fault    group = "Faults that are not copied"
	decision group = "Decisions"
	arrival  group = "No difference in what arrives"
	onlyOurs group = "What only Pintle sends"
)

// eventID is the one entry that does not count when two operations are the same but for it.
const eventID = "event-id"

func (d *difference) isIn(c comparison) bool { return slices.Contains(d.in, c) }

// differences is the list. It is closed: what it has not got fails the test.
func differences() []difference {
	return slices.Concat(faults(), decisions(), arrivals(), additions())
}

// Where a difference is met.
func everywhere() []comparison { return comparisons() }

func withGuide() []comparison { return comparisons()[:1] }

func withCurrent() []comparison { return comparisons()[1:] }

func withV1() []comparison { return comparisons()[:2] }

func withV2() []comparison { return comparisons()[2:] }

// What follows says what stands in an event, for the matchers.

// has returns the JSON of what stands at a path of the event, "" when there is nothing.
func (p *pair) has(path string) string {
	if v := p.at(path); v != nil {
		return plain(v)
	}
	return ""
}

// seconds returns the event's time in whole seconds, "" when it has none.
func (p *pair) seconds() string {
	t, err := time.Parse(time.RFC3339, text(p.at("timestamp")))
	if err != nil {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// userID returns the user id as text, "" when the event has none.
func (p *pair) userID() string {
	if v := p.at("userId"); v.Kind() == '0' {
		return string(v)
	}
	return text(p.at("userId"))
}

func (p *pair) anonymousID() string { return text(p.at("anonymousId")) }

// person returns identifiers of one kind.
func person(kind, value string) string {
	return string(slices.Concat(jsontext.Value(`{"`+kind+`":`), quote(value), jsontext.Value("}")))
}

// whoever returns the identifiers of the person that the profile finds in an event of the corpus.
func (p *pair) whoever() string {
	switch id := p.userID(); {
	case id != "":
		return person("id", id)
	case p.profile == transform.Guide:
		return person("id", p.anonymousID())
	default:
		return person("anonymous_id", p.anonymousID())
	}
}

// traits returns the person's traits, those of the event over those of its context.
func (p *pair) traits() object {
	traits := object{}
	for _, path := range []string{"context.traits", "traits"} {
		maps.Copy(traits, p.members(path))
	}
	return traits
}

// asText returns a value as the text of its JSON, or the text that it is.
func asText(v jsontext.Value) string {
	if v.Kind() == '"' {
		return plain(v)
	}
	return string(quote(plain(v)))
}

// is reports whether the operation, the id that only pintle sends aside, is exactly want.
func (f form) is(want form) bool {
	n := 0
	for field, v := range f {
		if field == "id" && isULID(v) {
			continue
		}
		if want[field] != v {
			return false
		}
		n++
	}
	return n == len(want)
}

// isULID reports whether the JSON is the text of a ULID.
func isULID(v string) bool {
	return regexp.MustCompile(`^"[0-7][0-9A-HJKMNP-TV-Z]{25}"$`).MatchString(v)
}

// isAttribute returns the name of the attribute that the field holds.
func isAttribute(field, prefix string) (name string, ok bool) {
	return strings.CutPrefix(field, prefix+".")
}
