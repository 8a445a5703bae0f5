package shape_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"github.com/pintle-io/pintle/processor/transform/expression"
	"github.com/pintle-io/pintle/processor/transform/shape"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// secret stands in every value of the odd events that a rule is to withhold.
const secret = "hunter2"

// spelled draws a spelling of a name, with some of its letters escaped.
func spelled(t *rapid.T, name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c == '"' || rapid.IntRange(0, 3).Draw(t, "escaped") == 0 {
			b.WriteString(`\u00` + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// oddObject draws attributes whose values hold the secret, or something in their place.
func oddObject(t *rapid.T) string {
	names := []string{"a", "b", "email", "a b", `x"y`}
	values := []string{
		`"hunter2"`, `"\u0068unter2"`, `["hunter2"]`, `{"a":"hunter2","email":"hunter2"}`, `null`, `1.10`, `""`, `"\ud83d hunter2"`,
	}
	if rapid.IntRange(0, 5).Draw(t, "kind") == 0 {
		return rapid.SampledFrom(values).Draw(t, "value")
	}
	var members []string
	for range rapid.IntRange(0, 8).Draw(t, "members") {
		members = append(members, `"`+spelled(t, rapid.SampledFrom(names).Draw(t, "name"))+`" : `+rapid.SampledFrom(values).Draw(t, "value"))
	}
	return "{" + strings.Join(members, " , ") + "}"
}

// some draws a list of some of the names, in any order.
func some(t *rapid.T, label string, names []string, most int) []string {
	list := rapid.Permutation(names).Draw(t, label)
	return list[:rapid.IntRange(0, most).Draw(t, "number of "+label)]
}

// oddRule draws a rule that does something.
func oddRule(t *rapid.T) shape.Rule {
	names := []string{"a", "b", "email", "a b", `x"y`, "é"}
	r := shape.Rule{Drop: some(t, "drop", names, 2), Hash: some(t, "hash", names, 3)}
	if rapid.IntRange(0, 2).Draw(t, "keeps") == 0 {
		r.Keep = some(t, "keep", names, len(names))
	}
	if rapid.Bool().Draw(t, "renames") {
		r.Rename = []shape.Pair{{Name: "a", Value: "b"}, {Name: "email", Value: "mail"}}
	}
	r.Set = []shape.Pair{{Name: rapid.SampledFrom(names).Draw(t, "set"), Value: `type`}}
	return r
}

// TestOddEvents shapes odd events with rules of all sorts: what comes out is valid, and what is
// withheld is not in it.
func TestOddEvents(t *testing.T) {
	seen := map[sink.Why]int{}
	rapid.Check(t, func(t *rapid.T) {
		for range 10 {
			r := oddRule(t)
			s, err := shape.New(shape.Options{HashKey: []byte(key), Rules: []shape.Rule{r}})
			if err != nil {
				t.Fatalf("%+v: %v", r, err)
			}
			value := `{"type":"` + rapid.SampledFrom([]string{"identify", "track", "group"}).Draw(t, "type") + `","properties":` + oddObject(t) +
				`,"traits":` + oddObject(t) + `,"context":{"traits":` + oddObject(t) + `}}`
			for _, c := range checkOdd(t, s, r, value) {
				seen[c.Why]++
			}
		}
	})
	least := 50
	if testing.Short() {
		least /= 5 // rapid makes a fifth of its checks
	}
	for _, why := range []sink.Why{sink.WhyDropped, sink.WhyRenamed, sink.WhyCollision, sink.WhySet, sink.WhyHashed} {
		if seen[why] < least {
			t.Errorf("%s only %d times: the test hardly meets it (%v)", why, seen[why], seen)
		}
	}
}

// checkOdd shapes one odd event and looks at what came out.
func checkOdd(t *rapid.T, s *shape.Shaper, r shape.Rule, value string) []sink.Change {
	evs, err := schema.Decode(nil, []byte(value), schema.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", value, err)
	}
	ev, raw := &evs[0], bytes.Clone(evs[0].Raw)
	var env expression.Env
	env.Reset(ev)
	changes, out := s.Shape(ev, &env)
	if !out.Mapped() || !bytes.Equal(ev.Raw, raw) {
		t.Fatalf("%+v on %s: %+v, raw %s", r, value, out, ev.Raw)
	}
	objects := map[schema.Type][]schema.Value{
		schema.TypeIdentify: {ev.Traits, ev.Context.Traits}, schema.TypeGroup: {ev.Traits}, schema.TypeTrack: {ev.Properties},
	}
	for _, object := range objects[ev.Type] {
		if object == nil {
			continue
		}
		if !jsontext.Value(object).IsValid(jsontext.AllowDuplicateNames(true)) {
			t.Fatalf("%+v on %s: not valid: %s", r, value, object)
		}
		withheld(t, r, value, object)
	}
	return changes
}

// withheld checks that an object that a rule left is without what the rule withholds.
func withheld(t *rapid.T, r shape.Rule, value string, object schema.Value) {
	isSet := func(name string) bool {
		return slices.ContainsFunc(r.Set, func(p shape.Pair) bool { return p.Name == name })
	}
	renamed := func(name string) bool {
		return slices.ContainsFunc(r.Rename, func(p shape.Pair) bool { return p.Value == name })
	}
	if len(r.Keep)+len(r.Drop)+len(r.Hash) > 0 && object.Kind() != schema.Object && object.Kind() != schema.Null {
		t.Fatalf("%+v on %s: left %s", r, value, object)
	}
	for m := object.Members(); m.Next(); {
		name := string(m.Name)
		switch {
		case slices.Contains(r.Hash, name):
			text, ok := m.Value.Text()
			if m.Value.Kind() != schema.Null && (!ok || len(text) != 64 || strings.Contains(string(text), secret)) {
				t.Fatalf("%+v on %s: %s is not hashed: %s", r, value, name, object)
			}
		case isSet(name), renamed(name):
		case slices.Contains(r.Drop, name):
			t.Fatalf("%+v on %s: %s is not dropped: %s", r, value, name, object)
		case len(r.Keep) > 0 && !slices.Contains(r.Keep, name):
			t.Fatalf("%+v on %s: %s is kept: %s", r, value, name, object)
		}
	}
}

// FuzzShape shapes whatever decodes: no panic, valid attributes, and the same each time.
func FuzzShape(f *testing.F) {
	for i, ev := range decoded(f) {
		if i%8 == 0 {
			f.Add([]byte(ev.Raw))
		}
	}
	s, err := shape.New(parse(f, "keep a, b, email, plan, price\ndrop b\nrename plan -> tier\nset a = attributes.a ?? userId\nhash email\n\nset x = context.traits"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		evs, err := schema.Decode(nil, value, schema.Limits{})
		if err != nil {
			return
		}
		for i := range evs {
			one, two := evs[i], evs[i]
			var env expression.Env
			env.Reset(&one)
			_, out := s.Shape(&one, &env)
			env.Reset(&two)
			_, again := s.Shape(&two, &env)
			if out.Reason != again.Reason || out.Detail != again.Detail {
				t.Fatalf("%+v, then %+v", out, again)
			}
			for _, pair := range [][2]schema.Value{{one.Properties, two.Properties}, {one.Traits, two.Traits}, {one.Context.Traits, two.Context.Traits}} {
				if !bytes.Equal(pair[0], pair[1]) || pair[0] != nil && !jsontext.Value(pair[0]).IsValid(jsontext.AllowDuplicateNames(true)) {
					t.Fatalf("%s, then %s", pair[0], pair[1])
				}
			}
		}
	})
}
