package transform

import (
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// route asks who gets the event, applies the rules that shape it, and sends it the way of its type.
func (p *mapping) route() sink.Outcome {
	if p.ev.Type == schema.TypeNone {
		return invalid("type", "the event has no type: it needs the text identify, track, page, screen, group or alias there")
	}
	if !hasOperation(p.ev.Type) {
		return filtered(sink.ReasonUnsupportedType)
	}
	p.adopt()
	if out := p.filter.Judge(p.ev, &p.env); !out.Mapped() {
		return out
	}
	if out := p.shape(); !out.Mapped() {
		return out
	}
	switch p.ev.Type {
	case schema.TypeIdentify:
		return p.about(p.identify)
	case schema.TypeTrack:
		return p.about(p.track)
	case schema.TypePage:
		return p.about(p.page)
	case schema.TypeScreen:
		return p.about(p.screen)
	case schema.TypeGroup:
		return p.group()
	default:
		return p.alias()
	}
}

// hasOperation reports whether events of a type become anything at Customer.io.
func hasOperation(t schema.Type) bool { return t >= schema.TypeIdentify && t <= schema.TypeAlias }
