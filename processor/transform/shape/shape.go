// Package shape renames, drops, keeps, sets and hashes attributes before events are mapped.
//
// A rule is about the traits of an identify, both its own and those of its context, about the traits
// of a group, and about the properties of a track, page or screen. It names attributes at the top of
// these objects, exactly as they are called once escapes are read; of several of one name the last
// one counts, and the others go.
package shape

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"

	"github.com/pintle-io/pintle/processor/transform/expression"
	"github.com/pintle-io/pintle/processor/transform/option"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// keyBytes is the least length of the key: a shorter one is found by trying.
const keyBytes = 16

// Shaper shapes events. The zero Shaper leaves them as they are. It is safe for concurrent use.
type Shaper struct {
	rules []rule
	key   []byte
}

// New returns a Shaper. An error joins an [*option.Error] for the first fault of each rule, under the key shaping.hash_key, or under that
// of a rule, shaping.rules.1, or of a part of it, shaping.rules.1.set.total.
func New(o Options) (*Shaper, error) {
	s := &Shaper{key: o.HashKey}
	var errs []error
	hashes := -1 // the first rule that hashes
	for i := range o.Rules {
		r, err := newRule("shaping.rules."+strconv.Itoa(i), &o.Rules[i])
		errs = append(errs, err)
		if len(r.hash) > 0 && hashes < 0 {
			hashes = i
		}
		s.rules = append(s.rules, r)
	}
	if hashes >= 0 && len(o.HashKey) < keyBytes {
		errs = append(errs, option.Errorf("shaping.hash_key", "rule %d hashes, and the key for it is %d bytes long: set one of at least %d random bytes, "+
			"and keep it, since another key gives other hashes", hashes, len(o.HashKey), keyBytes))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s, nil
}

// IsZero reports whether there are no rules, so that Shape does nothing.
func (s *Shaper) IsZero() bool { return len(s.rules) == 0 }

// Shape applies the rules, in their order, to the attributes in ev, and says what it changed: at most
// [sink.MaxChanges] changes. Where a rule changes an object, ev gets a new one; the bytes of the
// record stay as they are, and so do ev.Raw and ev.Context.Raw, which hold them.
//
// Env is the event as it came: all expressions see that, whatever rules before theirs did. It is used
// only when there are rules, and must not be used again before its next Reset.
//
// The Outcome is zero unless an expression fails. Then the event is unchanged and invalid, and the
// outcome says which expression fails, and where.
func (s *Shaper) Shape(ev *schema.Event, env *expression.Env) ([]sink.Change, sink.Outcome) {
	if !s.isFor(ev) {
		return nil, sink.Outcome{}
	}
	w := work{key: s.key}
	if !w.begin(ev) {
		return nil, sink.Outcome{}
	}
	for i := range s.rules {
		if out := s.rules[i].apply(&w, ev, env); !out.Mapped() {
			return nil, out
		}
	}
	w.end()
	return w.changes, sink.Outcome{}
}

// isFor reports whether any rule is for the event.
func (s *Shaper) isFor(ev *schema.Event) bool {
	for i := range s.rules {
		if s.rules[i].isFor(ev) {
			return true
		}
	}
	return false
}

// work is what is done to one event.
type work struct {
	objects []object // the first one takes what is set
	two     [2]object
	key     []byte
	changes []sink.Change
}

// begin finds the attributes of an event and reports whether it can have any.
func (w *work) begin(ev *schema.Event) bool {
	switch ev.Type {
	case schema.TypeIdentify:
		w.two = [2]object{{at: &ev.Traits, path: "traits"}, {at: &ev.Context.Traits, path: "context.traits"}}
		w.objects = w.two[:]
	case schema.TypeGroup:
		w.two[0] = object{at: &ev.Traits, path: "traits"}
		w.objects = w.two[:1]
	case schema.TypeTrack, schema.TypePage, schema.TypeScreen:
		w.two[0] = object{at: &ev.Properties, path: "properties"}
		w.objects = w.two[:1]
	default:
		return false
	}
	return true
}

// end puts what was changed into the event.
func (w *work) end() {
	for i := range w.objects {
		if o := &w.objects[i]; o.changed {
			*o.at = o.json()
		}
	}
}

// tell tells that an attribute was changed.
func (w *work) tell(o *object, name string, why sink.Why) {
	if len(w.changes) < sink.MaxChanges {
		w.changes = append(w.changes, sink.Change{Field: o.path + "." + head(name), Why: why})
	}
}

// remove drops what stands in the place of an object.
func (w *work) remove(o *object) {
	o.open, o.changed = true, true
	if len(w.changes) < sink.MaxChanges {
		w.changes = append(w.changes, sink.Change{Field: o.path, Why: sink.WhyDropped})
	}
}

// without drops the attributes for which gone is true.
func (w *work) without(o *object, gone func(name string) bool) {
	kept := o.members[:0]
	for _, m := range o.members {
		if !gone(m.name) {
			kept = append(kept, m)
			continue
		}
		w.tell(o, m.name, sink.WhyDropped)
		o.changed = true
	}
	clear(o.members[len(kept):])
	o.members = kept
}

// rename gives an attribute another name. Where that is taken, in any of the objects since they
// become one, both stay.
func (w *work) rename(from, to string) {
	taken := false
	for i := range w.objects {
		taken = taken || w.objects[i].find(to) >= 0
	}
	for i := range w.objects {
		o := &w.objects[i]
		switch at := o.find(from); {
		case at < 0:
		case taken:
			w.tell(o, from, sink.WhyCollision)
		default:
			o.members[at].name, o.changed = to, true
			w.tell(o, from, sink.WhyRenamed)
		}
	}
}

// set puts an attribute into the first object, over one of the same name. What is something else than
// an object takes none.
func (w *work) set(name string, v schema.Value) {
	o := &w.objects[0]
	if !o.open {
		return
	}
	o.put(name, v)
	o.changed = true
	w.tell(o, name, sink.WhySet)
}

// hash puts the hash of an attribute in its place. Null says nothing and stays.
func (w *work) hash(o *object, name string) {
	at := o.find(name)
	if at < 0 || o.members[at].value.Kind() == schema.Null {
		return
	}
	m := &o.members[at]
	text, ok := m.value.Text()
	if !ok {
		text = m.value
	}
	mac := hmac.New(sha256.New, w.key)
	mac.Write(text)
	m.value = schema.Value(`"` + hex.EncodeToString(mac.Sum(nil)) + `"`)
	o.changed = true
	w.tell(o, name, sink.WhyHashed)
}
