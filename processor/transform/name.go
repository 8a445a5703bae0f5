package transform

import (
	"bytes"
	"unicode/utf8"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// nameText returns the text of a name: a text that is not blank, or a number.
func nameText(v schema.Value) (name []byte, ok bool) {
	name, ok = v.TextOrNumber()
	return name, ok && len(bytes.TrimSpace(name)) > 0
}

// firstName returns the first usable name in the places of a rule, and the path of its place; nil when
// there is none.
func (p *mapping) firstName(rule ruleID) (name []byte, path string) {
	places := p.from[rule]
	for i := range places {
		if name, ok := nameText(places[i].of(p.ev)); ok {
			return name, places[i].path
		}
	}
	return nil, ""
}

// cut shortens name to at most limit bytes, at the end of a character, and tells so. The blanks around it
// go first, as they do at Customer.io: the head of a name that begins with many would be blank.
func (p *mapping) cut(name []byte, limit int, field string) []byte {
	if len(name) <= limit {
		return name
	}
	p.change(field, sink.WhyNameCut)
	if name = bytes.TrimSpace(name); len(name) <= limit {
		return name
	}
	return head(name, limit)
}

// head returns at most limit bytes of a longer text, up to the end of a character.
func head(text []byte, limit int) []byte {
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return text[:limit]
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
