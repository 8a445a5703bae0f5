package shape_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor/transform/expression"
	"github.com/pintle-io/pintle/processor/transform/option"
	"github.com/pintle-io/pintle/processor/transform/shape"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
	"github.com/pintle-io/pintle/sink"
)

// shaped applies rules to one event.
func shaped(tb testing.TB, o shape.Options, value string) (*schema.Event, []sink.Change) {
	tb.Helper()
	s, err := shape.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	evs, err := schema.Decode(nil, []byte(value), schema.Limits{})
	if err != nil {
		tb.Fatalf("%s: %v", value, err)
	}
	var env expression.Env
	env.Reset(&evs[0])
	changes, out := s.Shape(&evs[0], &env)
	if !out.Mapped() {
		tb.Fatalf("%s: %+v", value, out)
	}
	return &evs[0], changes
}

// TestHash holds the hash against one made by other means: that of the text without its escapes, or
// of the JSON as it stands there.
func TestHash(t *testing.T) {
	for value, text := range map[string]string{
		`"ada@example.com"`:       "ada@example.com",
		`"ada\u0040example.com"`:  "ada@example.com",
		`"\ud83d\ude80"`:          "🚀",
		`""`:                      "",
		`9007199254740993`:        "9007199254740993",
		`1.10`:                    "1.10",
		`true`:                    "true",
		`{ "a" : [1, "\u0062"] }`: `{ "a" : [1, "\u0062"] }`,
	} {
		ev, _ := shaped(t, parse(t, "hash a"), `{"type":"track","properties":{"a":`+value+`}}`)
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(text))
		if want := fmt.Sprintf(`{"a":"%s"}`, hex.EncodeToString(mac.Sum(nil))); string(ev.Properties) != want {
			t.Errorf("%s: %s, want %s", value, ev.Properties, want)
		}
	}
	one, _ := shaped(t, shape.Options{HashKey: []byte("0123456789abcdef"), Rules: []shape.Rule{{Hash: []string{"a"}}}}, `{"type":"page","properties":{"a":1}}`)
	two, _ := shaped(t, shape.Options{HashKey: []byte("0123456789abcdeg"), Rules: []shape.Rule{{Hash: []string{"a"}}}}, `{"type":"page","properties":{"a":1}}`)
	if string(one.Properties) == string(two.Properties) {
		t.Error("another key gives the same hash")
	}
}

// TestChangesAreBounded drops more than can be told.
func TestChangesAreBounded(t *testing.T) {
	var members []string
	for i := range 500 {
		members = append(members, `"x`+strings.Repeat("é", 100)+strconv.Itoa(i)+`":1`)
	}
	ev, changes := shaped(t, parse(t, "keep a"), `{"type":"track","properties":{`+strings.Join(members, ",")+`}}`)
	if string(ev.Properties) != `{}` || len(changes) != sink.MaxChanges {
		t.Errorf("%s, %d changes", ev.Properties, len(changes))
	}
	if want := "properties.x" + strings.Repeat("é", 74) + "…"; changes[0].Field != want {
		t.Errorf("told as %s, want %s", changes[0].Field, want)
	}
}

func TestOptionErrors(t *testing.T) {
	const nothing = "the rule does nothing: add keep, drop, rename, set or hash, or remove it"
	for _, c := range []struct {
		rules string
		want  option.Error
	}{
		{"types track", option.Error{Key: "shaping.rules.0", Text: nothing}},
		{"drop a\n\nwhere true", option.Error{Key: "shaping.rules.1", Text: nothing}},
		{"types track, Page\ndrop a", option.Error{Key: "shaping.rules.0.types", Text: `no event of type "Page" has attributes: write identify, track, page, screen or group`}},
		{"types alias\ndrop a", option.Error{Key: "shaping.rules.0.types", Text: `no event of type "alias" has attributes: write identify, track, page, screen or group`}},
		{"types page, page\ndrop a", option.Error{Key: "shaping.rules.0.types", Text: `"page" is there twice: remove one of the two`}},
		{"types page\nevents A\ndrop a", option.Error{Key: "shaping.rules.0.events", Text: "the names are those of track events, and the rule is not for these: " +
			"add track to its types, or remove the names"}},
		{"events A, A\ndrop a", option.Error{Key: "shaping.rules.0.events", Text: `"A" is there twice: remove one of the two`}},
		{"events A,\ndrop a", option.Error{Key: "shaping.rules.0.events", Text: "name 2 is empty: write one, or remove it"}},
		{"where propertis.a\ndrop a", option.Error{Key: "shaping.rules.0.where", Line: 1, Column: 1, Text: "unknown name propertis; did you mean properties?"}},
		{"where 1\ndrop a", option.Error{Key: "shaping.rules.0.where", Line: 1, Column: 1, Text: "the result is a number; it must be true or false, so compare it with something"}},
		{"keep a, a", option.Error{Key: "shaping.rules.0.keep", Text: `"a" is there twice: remove one of the two`}},
		{"drop a,", option.Error{Key: "shaping.rules.0.drop", Text: "name 2 is empty: write one, or remove it"}},
		{"hash a, b, a", option.Error{Key: "shaping.rules.0.hash", Text: `"a" is there twice: remove one of the two`}},
		{"rename a -> b\nrename a -> c", option.Error{Key: "shaping.rules.0.rename", Text: `"a" is there twice: remove one of the two`}},
		{"rename a -> ", option.Error{Key: "shaping.rules.0.rename.a", Text: "the new name is empty: write one, or drop the attribute"}},
		{"rename a -> c\nrename b -> c", option.Error{Key: "shaping.rules.0.rename.b", Text: `another attribute is renamed to "c" too: give one of them another name`}},
		{"rename a -> a", option.Error{Key: "shaping.rules.0.rename.a", Text: `the renames lead in a circle back to "a": remove one of them`}},
		{"rename x -> a\nrename a -> b\nrename b -> c\nrename c -> a", option.Error{Key: "shaping.rules.0.rename.a", Text: `the renames lead in a circle back to "a": remove one of them`}},
		{"rename a -> b\nrename b -> c\nrename c -> a", option.Error{Key: "shaping.rules.0.rename.a", Text: `the renames lead in a circle back to "a": remove one of them`}},
		{"drop a\n\nset a = 1\nset a = 2", option.Error{Key: "shaping.rules.1.set", Text: `"a" is there twice: remove one of the two`}},
		{"set a = 1\nset total = 1 +\nset b = 1", option.Error{Key: "shaping.rules.0.set.total", Line: 1, Column: 3, Text: "unexpected token EOF; " +
			"the language is described at https://expr-lang.org/docs/language-definition"}},
		{"set a = ", option.Error{Key: "shaping.rules.0.set.a", Line: 1, Column: 1, Text: "an expression is empty; write one, or remove the key"}},
	} {
		_, err := shape.New(parse(t, c.rules))
		got, ok := errors.AsType[*option.Error](err)
		if !ok {
			t.Errorf("%s: %v", c.rules, err)
			continue
		}
		if diff := cmp.Diff(c.want, *got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.rules, diff)
		}
	}
}

func TestHashKey(t *testing.T) {
	for _, c := range []struct {
		key, rules, want string
	}{
		{"", "drop a", ""},
		{"0123456789abcdef", "hash a", ""},
		{"", "drop a\n\nhash a", "shaping.hash_key: rule 1 hashes, and the key for it is 0 bytes long: set one of at least 16 random bytes, " +
			"and keep it, since another key gives other hashes"},
		{"0123456789abcde", "hash a", "shaping.hash_key: rule 0 hashes, and the key for it is 15 bytes long: set one of at least 16 random bytes, " +
			"and keep it, since another key gives other hashes"},
	} {
		o := parse(t, c.rules)
		o.HashKey = []byte(c.key)
		got := ""
		if _, err := shape.New(o); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s with %q: %s, want %s", c.rules, c.key, got, c.want)
		}
	}
}

// decoded returns the events of the corpus.
func decoded(tb testing.TB) (evs []schema.Event) {
	tb.Helper()
	for _, line := range events.All() {
		var err error
		if evs, err = schema.Decode(evs, line, schema.Limits{}); err != nil {
			tb.Fatal(err)
		}
	}
	return evs
}

// TestZeroAllocations holds that no rules take no memory.
func TestZeroAllocations(t *testing.T) {
	evs := decoded(t)
	var s shape.Shaper
	if n := testing.AllocsPerRun(10, func() {
		for i := range evs {
			s.Shape(&evs[i], nil)
		}
	}); n > 0 {
		t.Errorf("%v allocations for all events", n)
	}
}

func BenchmarkShape(b *testing.B) {
	evs := decoded(b)
	for name, rules := range map[string]string{
		"other":  "events Nothing\ndrop a",
		"drop":   "drop email, phone",
		"hash":   "hash email",
		"set":    "set type = type",
		"set op": `set type = type + "!"`,
	} {
		b.Run(name, func(b *testing.B) {
			s, err := shape.New(parse(b, rules))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var env expression.Env
			for i := 0; b.Loop(); i++ {
				ev := evs[i%len(evs)]
				env.Reset(&ev)
				s.Shape(&ev, &env)
			}
		})
	}
}
