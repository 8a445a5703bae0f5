package expression

import (
	"strconv"

	"github.com/pintle-io/pintle/schema"
)

// Bounds of what is read of an event.
const (
	readBytes  = 256 << 10
	readValues = 10_000
)

// Env is an event as expressions see it. It is read when an expression asks for it, and each part
// once. The zero Env is an empty event. It is not safe for concurrent use.
type Env struct {
	ev     *schema.Event
	vars   map[string]any
	meter  meter
	bytes  int // read so far
	values int
}

// Reset makes env the Env of another event, which must not change while env is in use, and lets go
// of the one before. Nil stands for an empty event.
func (env *Env) Reset(ev *schema.Event) {
	env.ev, env.bytes, env.values = ev, 0, 0
	if len(env.vars) > 0 {
		clear(env.vars)
	}
}

func (env *Env) event() *schema.Event {
	if env.ev == nil {
		env.ev = new(schema.Event)
	}
	return env.ev
}

// load reads the named parts of the event, as far as they are not read yet, for a new run.
func (env *Env) load(names []string) error {
	if env.vars == nil {
		env.vars = make(map[string]any)
	}
	for _, name := range names {
		if _, ok := env.vars[name]; ok {
			continue
		}
		bytes, values := env.bytes, env.values
		v := env.part(name)
		if env.bytes > readBytes || env.values > readValues {
			env.bytes, env.values = bytes, values
			return &RunError{Line: 1, Column: 1, Text: whyEvent}
		}
		env.vars[name] = v
	}
	env.meter.left = workUnits
	env.vars[meterName] = &env.meter
	return nil
}

// part reads one part of the event.
func (env *Env) part(name string) any {
	if !isObject(name) {
		return env.decode(part(env.event(), name))
	}
	object := map[string]any{}
	for _, v := range objects(env.event(), name) {
		env.members(object, v)
	}
	return object
}

// part returns the named field or object of an event as it stands there.
func part(ev *schema.Event, name string) schema.Value {
	switch name {
	case "type":
		if ev.Type == schema.TypeNone || ev.Type == schema.TypeOther {
			return ev.TypeValue
		}
		return schema.Value(strconv.Quote(ev.Type.String()))
	case "event":
		return ev.Event
	case "name":
		return ev.Name
	case "userId":
		return ev.UserID
	case "anonymousId":
		return ev.AnonymousID
	case "previousId":
		return ev.PreviousID
	case "groupId":
		return ev.GroupID
	case "channel":
		return ev.Channel
	case "messageId":
		return ev.MessageID
	case "timestamp":
		return ev.Timestamp
	case "originalTimestamp":
		return ev.OriginalTimestamp
	case "sentAt":
		return ev.SentAt
	case "receivedAt":
		return ev.ReceivedAt
	case "properties":
		return ev.Properties
	case "traits":
		return ev.Traits
	case "context":
		return ev.Context.Raw
	case "integrations":
		return ev.Integrations
	}
	return nil
}

// objects returns what an object of the language is made of; what comes later lies over what came
// before.
func objects(ev *schema.Event, name string) []schema.Value {
	switch {
	case name != "attributes":
		return []schema.Value{part(ev, name)}
	case ev.Type == schema.TypeIdentify:
		return []schema.Value{ev.Context.Traits, ev.Traits}
	case ev.Type == schema.TypeGroup:
		return []schema.Value{ev.Traits}
	default:
		return []schema.Value{ev.Properties}
	}
}

// members reads the members of an object into another one, up to the bounds.
func (env *Env) members(into map[string]any, v schema.Value) {
	if env.bytes += len(v); env.bytes > readBytes {
		return
	}
	for m := v.Members(); m.Next() && env.values <= readValues; {
		into[string(m.Name)] = env.inner(m.Value)
	}
}

// decode reads a value, up to the bounds.
func (env *Env) decode(v schema.Value) any {
	if env.bytes += len(v); env.bytes > readBytes {
		return nil
	}
	return env.inner(v)
}

// inner reads a value whose bytes are counted.
func (env *Env) inner(v schema.Value) any {
	if env.values++; env.values > readValues {
		return nil
	}
	switch v.Kind() {
	case schema.Bool:
		return !v.IsFalse()
	case schema.Number:
		return number(string(v))
	case schema.String:
		text, _ := v.Text()
		return string(text)
	case schema.Object:
		object := map[string]any{}
		for m := v.Members(); m.Next() && env.values <= readValues; {
			object[string(m.Name)] = env.inner(m.Value)
		}
		return object
	case schema.Array:
		list := []any{}
		for e := v.Elements(); e.Next() && env.values <= readValues; {
			list = append(list, env.inner(e.Value))
		}
		return list
	default:
		return nil
	}
}

// number reads a JSON number: an integer where it is written as one and fits, else a float, which is
// infinite when it is beyond all floats.
func number(text string) any {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	f, _ := strconv.ParseFloat(text, 64)
	return f
}
