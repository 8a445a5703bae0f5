package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/processor/transform/filter"
	"github.com/pintle-io/pintle/processor/transform/shape"
)

// TestTransform gives every key another value than its default and looks where it goes.
func TestTransform(t *testing.T) {
	c, problems := read(t, `
mapping:
  profile: current
  screens: event
  created_at: event_time
  identifiers: {user_id: id, emails: false, without_user_id: [anonymous_event]}
  device_platform: android
  device_events: [One, "Hello, World"]
  delete_events: Two
  suppress_events: [Three]
  unsuppress_events: [4]
  groups: {object_type: 5, relationship_traits: [role, "a, b"]}
  subscriptions: {z: topic_1, a: unsubscribed, m: subscribed}
filters:
  allow_events: [" Six"]
  deny_events: [Seven]
  exclude_channels: [web]
  exclude_sources: [eight]
  consent: {ids: [nine], require: any, unknown: filter}
  where: 'type == "track"'
shaping:
  hash_key: ${HASH_KEY}
  rules:
    - types: [track]
      events: ["Order, Completed"]
      where: true
      keep: [k]
    - drop: [d]
      rename: {z: y, a: b}
      set:
        z: |
          1 +
          2
        "a.b c": '"x"'
      hash: [h]
`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := transform.Options{
		Profile: "current", Screens: "event", CreatedAt: "event_time",
		Identifiers:    transform.Identifiers{UserID: "id", EmailsAreIDs: true, WithoutUserID: []transform.Fallback{"anonymous_event"}},
		DevicePlatform: "android", DeviceEvents: []string{"One", "Hello, World"}, DeleteEvents: []string{"Two"},
		SuppressEvents: []string{"Three"}, UnsuppressEvents: []string{"4"},
		Groups:        transform.Groups{ObjectType: "5", RelationshipTraits: []string{"role", "a, b"}},
		Subscriptions: []transform.Subscription{{Trait: "z", Sets: "topic_1"}, {Trait: "a", Sets: "unsubscribed"}, {Trait: "m", Sets: "subscribed"}},
		Filters: filter.Options{
			AllowEvents: []string{" Six"}, DenyEvents: []string{"Seven"}, ExcludeChannels: []string{"web"}, ExcludeSources: []string{"eight"},
			Consent: filter.Consent{IDs: []string{"nine"}, Any: true, Strict: true}, Where: `type == "track"`,
		},
		Shaping: shape.Options{
			HashKey: []byte("a key of 20 letters."),
			Rules: []shape.Rule{
				{Types: []string{"track"}, Events: []string{"Order, Completed"}, Where: "true", Keep: []string{"k"}},
				{
					Drop: []string{"d"}, Rename: []shape.Pair{{Name: "z", Value: "y"}, {Name: "a", Value: "b"}},
					Set: []shape.Pair{{Name: "z", Value: "1 +\n2\n"}, {Name: "a.b c", Value: `"x"`}}, Hash: []string{"h"},
				},
			},
		},
	}
	if d := cmp.Diff(want, c.Transform()); d != "" {
		t.Errorf("options (-want +got):\n%s", d)
	}
}

// TestDefaultsOfTheMapping: what is not set is left to the profile.
func TestDefaultsOfTheMapping(t *testing.T) {
	want := transform.Options{
		Profile: "guide", Identifiers: transform.Identifiers{UserID: "auto"}, Groups: transform.Groups{ObjectType: "1"},
		Shaping: shape.Options{HashKey: []byte{}},
	}
	if d := cmp.Diff(want, Defaults().Transform()); d != "" {
		t.Errorf("options (-want +got):\n%s", d)
	}
}

// TestNoFallback: none is no fallback, which is not the same as those of the profile.
func TestNoFallback(t *testing.T) {
	for _, text := range []string{"none", "[none]", "[]"} {
		c, problems := read(t, "mapping: {identifiers: {without_user_id: "+text+"}}")
		if got := c.Transform().Identifiers.WithoutUserID; len(problems) > 0 || got == nil || len(got) > 0 {
			t.Errorf("%s: %#v, %v", text, got, problems)
		}
	}
}

// read reads a part of a configuration, without the check of the whole.
func read(tb testing.TB, text string) (*Config, Problems) {
	tb.Helper()
	r, c := reading(tb, text)
	return c, r.problems
}

// reading is read that returns the reader, to go on with.
func reading(tb testing.TB, text string) (*reader, *Config) {
	tb.Helper()
	r, c := newReader("pintle.yaml", text, environment), Defaults()
	root, ok := r.parse()
	if !ok {
		tb.Fatalf("%v\nof\n%s", r.problems, text)
	}
	pairs, _ := pairsOf(root)
	for _, pair := range pairs {
		f, _ := fieldOf(valueOf(c), pair.Key.GetToken().Value)
		r.object(pair.Value, f.name, f.value)
	}
	return r, c
}
