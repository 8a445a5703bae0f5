package transform

import (
	"slices"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// subscription makes the traits that the configuration names what Customer.io knows of subscriptions.
// What is set twice keeps the value of the first that is configured; a trait of the very name that
// Customer.io uses goes before them all.
func (p *mapping) subscription() {
	for i := range p.subscriptions {
		sub := &p.subscriptions[i]
		place := p.attrs.find([]byte(sub.trait))
		if place < 0 || p.attrs.list[place].by != ruleTrait {
			continue
		}
		at := p.attrs.list[place]
		p.attrs.remove(place)
		yes, ok := yesOrNo(at.raw)
		switch {
		case !ok:
			p.changeAttr(&at, sink.WhyNotBoolean)
			continue
		case p.attrs.find([]byte(sub.attr)) >= 0:
			p.changeAttr(&at, sink.WhyCollision)
			continue
		}
		set := attribute{name: []byte(sub.attr), object: at.object, member: at.name, raw: schema.Value("false"), by: ruleSubscription}
		if yes != sub.inverted {
			set.raw = schema.Value("true")
		}
		p.attrs.put(set)
	}
}

// topics takes apart choices of topics that are too long for one attribute: Customer.io reads each of
// them under a name of its own as well.
func (p *mapping) topics() {
	place := p.attrs.find([]byte(preferences))
	if place < 0 || p.attrs.list[place].size() <= customerio.AttrValueBytes {
		return
	}
	at := p.attrs.list[place]
	topics := at.raw.Member("topics")
	if topics.Kind() != schema.Object {
		return
	}
	p.attrs.remove(place)
	for m := topics.Members(); m.Next(); {
		p.attrs.put(attribute{
			name: append([]byte(preferences+".topics."), m.Name...), object: at.object + preferences + ".topics.",
			member: m.Name, raw: m.Value, by: ruleTrait,
		})
	}
}

// preferences is the attribute that holds choices of topics.
const preferences = "cio_subscription_preferences"

// yesOrNo reads true and false as people and forms write them.
func yesOrNo(v schema.Value) (yes, ok bool) {
	text, isText := v.Text()
	if !isText {
		text = v
	}
	switch {
	case isAny(text, "true", "yes", "on", "1"):
		return true, true
	case isAny(text, "false", "no", "off", "0"):
		return false, true
	default:
		return false, false
	}
}

// remove takes an attribute out and keeps the order of the others.
func (a *attributes) remove(i int) {
	a.list = slices.Delete(a.list, i, i+1)
	if a.index == nil {
		return
	}
	clear(a.index)
	for i := range a.list {
		a.index[string(a.list[i].name)] = i
	}
}
