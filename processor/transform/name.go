package transform

import (
	"bytes"
	"unicode/utf8"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink/customerio"
)

// nameText returns the text of a name: a text that is not blank, or a number.
func nameText(v schema.Value) (name []byte, ok bool) {
	switch v.Kind() {
	case schema.Number:
		return v, true
	case schema.String:
		name, _ = v.Text()
		return name, len(bytes.TrimSpace(name)) > 0
	default:
		return nil, false
	}
}

// candidate is a place where a name may stand.
type candidate struct {
	value schema.Value
	field string
}

// firstName returns the first usable name and where it stands.
func firstName(cs ...candidate) (name []byte, field string) {
	for _, c := range cs {
		if name, ok := nameText(c.value); ok {
			return name, c.field
		}
	}
	return nil, ""
}

// cut shortens name to at most limit bytes, at the end of a character, and tells so.
func (p *mapping) cut(name []byte, limit int, field string) []byte {
	if len(name) <= limit {
		return name
	}
	p.change(field, WhyNameCut)
	for limit > 0 && !utf8.RuneStart(name[limit]) {
		limit--
	}
	return name[:limit]
}

const (
	screenPrefix = "Viewed "
	screenSuffix = " Screen"
	// screenBytes is the room for a screen's own name.
	screenBytes = customerio.NameBytes - len(screenPrefix) - len(screenSuffix)
)

// screenName returns the name of the event that stands for the view of a screen.
func (p *mapping) screenName(screen []byte) []byte {
	p.name = append(p.name[:0], screenPrefix...)
	p.name = append(p.name, screen...)
	p.name = append(p.name, screenSuffix...)
	return p.name
}
