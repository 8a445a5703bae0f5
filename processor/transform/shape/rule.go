package shape

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/pintle-io/pintle/processor/transform/expression"
	"github.com/pintle-io/pintle/processor/transform/option"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// rule is a Rule, ready to run.
type rule struct {
	key    string // shaping.rules.1
	types  []schema.Type
	events []string
	where  *expression.Program
	keep   []string
	drop   []string
	rename []Pair
	sets   []setting
	hash   []string
}

// setting is an attribute and the expression that it gets its value from.
type setting struct {
	name  string
	key   string // shaping.rules.1.set.total
	value *expression.Program
}

// newRule reads a rule. The first fault that it finds is the error.
func newRule(key string, o *Rule) (rule, error) {
	r := rule{key: key, keep: o.Keep, drop: o.Drop, rename: o.Rename, hash: o.Hash}
	if len(o.Keep)+len(o.Drop)+len(o.Rename)+len(o.Set)+len(o.Hash) == 0 {
		return r, option.Errorf(key, "the rule does nothing: add keep, drop, rename, set or hash, or remove it")
	}
	if err := r.scope(o); err != nil {
		return r, err
	}
	for _, list := range []struct {
		key   string
		names []string
	}{{"keep", o.Keep}, {"drop", o.Drop}, {"hash", o.Hash}} {
		if err := distinct(key+"."+list.key, list.names); err != nil {
			return r, err
		}
	}
	if err := renames(key+".rename", o.Rename); err != nil {
		return r, err
	}
	return r, r.settings(o.Set)
}

// scope reads what events the rule is for.
func (r *rule) scope(o *Rule) error {
	if err := distinct(r.key+".types", o.Types); err != nil {
		return err
	}
	for _, name := range o.Types {
		t, ok := typeNamed(name)
		if !ok {
			return option.Errorf(r.key+".types", "no event of type %q has attributes: write identify, track, page, screen or group", name)
		}
		r.types = append(r.types, t)
	}
	for _, name := range o.Events {
		r.events = append(r.events, strings.TrimSpace(name))
	}
	if err := distinct(r.key+".events", r.events); err != nil {
		return err
	}
	if len(o.Events) > 0 && len(o.Types) > 0 && !slices.Contains(r.types, schema.TypeTrack) {
		return option.Errorf(r.key+".events", "the names are those of track events, and the rule is not for these: add track to its types, or remove the names")
	}
	if o.Where == "" {
		return nil
	}
	where, err := expression.CompileBool(o.Where)
	r.where = where
	return compiled(r.key+".where", err)
}

func (r *rule) settings(pairs []Pair) error {
	names := make([]string, len(pairs))
	for i, p := range pairs {
		names[i] = p.Name
	}
	if err := distinct(r.key+".set", names); err != nil {
		return err
	}
	for _, p := range pairs {
		key := r.key + ".set." + p.Name
		value, err := expression.Compile(p.Value)
		if err != nil {
			return compiled(key, err)
		}
		r.sets = append(r.sets, setting{p.Name, key, value})
	}
	return nil
}

func typeNamed(name string) (schema.Type, bool) {
	for _, t := range []schema.Type{schema.TypeIdentify, schema.TypeTrack, schema.TypePage, schema.TypeScreen, schema.TypeGroup} {
		if name == t.String() {
			return t, true
		}
	}
	return schema.TypeNone, false
}

// distinct refuses names that are empty or in the list twice.
func distinct(key string, names []string) error {
	for i, name := range names {
		switch {
		case name == "":
			return option.Errorf(key, "name %d is empty: write one, or remove it", i+1)
		case slices.Contains(names[:i], name):
			return option.Errorf(key, "%q is there twice: remove one of the two", name)
		}
	}
	return nil
}

// renames refuses renames of which no order makes sense.
func renames(key string, pairs []Pair) error {
	from, to := make([]string, len(pairs)), make([]string, len(pairs))
	for i, p := range pairs {
		from[i], to[i] = p.Name, p.Value
	}
	if err := distinct(key, from); err != nil {
		return err
	}
	for i, p := range pairs {
		switch {
		case p.Value == "":
			return option.Errorf(key+"."+p.Name, "the new name is empty: write one, or drop the attribute")
		case slices.Contains(to[:i], p.Value):
			return option.Errorf(key+"."+p.Name, "another attribute is renamed to %q too: give one of them another name", p.Value)
		}
		// Each name is the start of one rename at most, so a cycle through it is found by following.
		for at, steps := p.Value, 0; steps <= len(pairs); steps++ {
			if at == p.Name {
				return option.Errorf(key+"."+p.Name, "the renames lead in a circle back to %q: remove one of them", p.Name)
			}
			next := slices.Index(from, at)
			if next < 0 {
				break
			}
			at = to[next]
		}
	}
	return nil
}

// compiled puts the key to what the compiler says.
func compiled(key string, err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*expression.Error](err)
	if !ok {
		return option.Errorf(key, "%v", err)
	}
	return &option.Error{Key: key, Line: e.Line, Column: e.Column, Text: e.Text}
}

// isFor reports whether the rule is for the event, its expression aside.
func (r *rule) isFor(ev *schema.Event) bool {
	if len(r.types) > 0 && !slices.Contains(r.types, ev.Type) {
		return false
	}
	if len(r.events) == 0 || ev.Type != schema.TypeTrack && len(r.types) > 0 {
		return true
	}
	text, _ := ev.Event.TextOrNumber()
	text = bytes.TrimSpace(text)
	named := slices.ContainsFunc(r.events, func(name string) bool { return name == string(text) })
	return named && ev.Type == schema.TypeTrack
}

// apply does what the rule says. The outcome is zero unless an expression fails.
func (r *rule) apply(w *work, ev *schema.Event, env *expression.Env) sink.Outcome {
	if !r.isFor(ev) {
		return sink.Outcome{}
	}
	if r.where != nil {
		if yes, err := r.where.Bool(env); err != nil || !yes {
			return fails(r.key+".where", err)
		}
	}
	for i := range w.objects {
		r.take(w, &w.objects[i])
	}
	for _, p := range r.rename {
		w.rename(p.Name, p.Value)
	}
	for _, s := range r.sets {
		v, err := s.value.Value(env)
		if err != nil {
			return fails(s.key, err)
		}
		if v != nil {
			w.set(s.name, v)
		}
	}
	for i := range w.objects {
		for _, name := range r.hash {
			w.hash(&w.objects[i], name)
		}
	}
	return sink.Outcome{}
}

// take applies keep and drop. What stands in the place of an object may be or hold just what a rule
// is there to withhold, and goes as a whole.
func (r *rule) take(w *work, o *object) {
	o.load()
	withholds := len(r.keep)+len(r.drop)+len(r.hash) > 0
	if !o.open && withholds {
		w.remove(o)
	}
	if len(r.keep) > 0 {
		w.without(o, func(name string) bool { return !slices.Contains(r.keep, name) })
	}
	if len(r.drop) > 0 {
		w.without(o, func(name string) bool { return slices.Contains(r.drop, name) })
	}
}

// fails is the outcome of an expression that fails; zero when it does not.
func fails(key string, err error) sink.Outcome {
	if err == nil {
		return sink.Outcome{}
	}
	return sink.Outcome{Reason: sink.ReasonInvalid, Field: key, Detail: err.Error()}
}
