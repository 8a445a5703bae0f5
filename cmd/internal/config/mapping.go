package config

import (
	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/processor/transform/filter"
	"github.com/pintle-io/pintle/processor/transform/shape"
	"github.com/pintle-io/pintle/sink/customerio"
)

// Mapping says what events become. What may stand in it is for transform to know: see [reader.tell].
type Mapping struct {
	Profile          transform.Profile   `key:"profile"`
	Screens          transform.Screens   `key:"screens"`
	CreatedAt        transform.CreatedAt `key:"created_at"`
	Identifiers      Identifiers         `key:"identifiers"`
	DeviceEvents     []string            `key:"device_events"`
	DevicePlatform   customerio.Platform `key:"device_platform"`
	DeleteEvents     []string            `key:"delete_events"`
	SuppressEvents   []string            `key:"suppress_events"`
	UnsuppressEvents []string            `key:"unsuppress_events"`
	Groups           Groups              `key:"groups"`
	Subscriptions    Pairs               `key:"subscriptions"`
}

// Identifiers say by what people are known.
type Identifiers struct {
	UserID        transform.UserID     `key:"user_id"`
	Emails        bool                 `key:"emails" was:"mapping.email_identifiers"`
	WithoutUserID []transform.Fallback `key:"without_user_id"` // nil: the profile's
}

// noFallback stands alone in a list of fallbacks, for an empty one.
const noFallback transform.Fallback = "none"

// Groups say how groups become objects.
type Groups struct {
	ObjectType         string   `key:"object_type"`
	RelationshipTraits []string `key:"relationship_traits"`
}

// Filters choose events.
type Filters struct {
	AllowEvents     []string   `key:"allow_events"`
	DenyEvents      []string   `key:"deny_events"`
	ExcludeChannels []string   `key:"exclude_channels"`
	ExcludeSources  []string   `key:"exclude_sources"`
	Consent         Consent    `key:"consent"`
	Where           Expression `key:"where"`
}

// Consent is what users must have agreed to.
type Consent struct {
	IDs     []string `key:"ids"`
	Require Require  `key:"require"`
	Unknown Unknown  `key:"unknown"`
}

// Shaping changes attributes.
type Shaping struct {
	HashKey customerio.Secret `key:"hash_key"`
	Rules   []ShapingRule     `key:"rules"`
}

// ShapingRule changes the attributes of some events.
type ShapingRule struct {
	Types  []string   `key:"types"`
	Events []string   `key:"events"`
	Where  Expression `key:"where"`
	Keep   []string   `key:"keep"`
	Drop   []string   `key:"drop"`
	Rename Pairs      `key:"rename"`
	Set    Pairs      `key:"set"`
	Hash   []string   `key:"hash"`
}

// Notices are what somebody should know of a configuration that is fine: each a key, what follows from it, and
// what to write.
func (c *Config) Notices() (list []string) {
	if m := &c.Mapping; m.CreatedAt == "" && (m.Profile == "" || m.Profile == transform.Guide) {
		list = append(list, "mapping.created_at is left to the profile guide: every identify that does not say when the person signed up sets created_at to its own time, also over a date that another identify has set. "+
			"Write given to send created_at only where an event has it, or event_time if this is what you want")
	}
	return list
}

// Transform is the configuration of the mapping.
func (c *Config) Transform() transform.Options {
	m := &c.Mapping
	o := transform.Options{
		Profile: m.Profile, Screens: m.Screens, CreatedAt: m.CreatedAt,
		Identifiers: transform.Identifiers{
			UserID: m.Identifiers.UserID, EmailsAreIDs: !m.Identifiers.Emails, WithoutUserID: m.Identifiers.WithoutUserID,
		},
		DevicePlatform: m.DevicePlatform,
		DeviceEvents:   m.DeviceEvents, DeleteEvents: m.DeleteEvents,
		SuppressEvents: m.SuppressEvents, UnsuppressEvents: m.UnsuppressEvents,
		Groups:  transform.Groups{ObjectType: m.Groups.ObjectType, RelationshipTraits: m.Groups.RelationshipTraits},
		Filters: c.Filters.options(),
		Shaping: c.Shaping.options(),
	}
	if only := m.Identifiers.WithoutUserID; len(only) == 1 && only[0] == noFallback {
		o.Identifiers.WithoutUserID = []transform.Fallback{}
	}
	for _, p := range m.Subscriptions {
		o.Subscriptions = append(o.Subscriptions, transform.Subscription{Trait: p.Name, Sets: p.Value})
	}
	return o
}

func (f *Filters) options() filter.Options {
	return filter.Options{
		AllowEvents: f.AllowEvents, DenyEvents: f.DenyEvents,
		ExcludeChannels: f.ExcludeChannels, ExcludeSources: f.ExcludeSources,
		Consent: filter.Consent{IDs: f.Consent.IDs, Any: f.Consent.Require == "any", Strict: f.Consent.Unknown == "filter"},
		Where:   string(f.Where),
	}
}

func (s *Shaping) options() shape.Options {
	o := shape.Options{HashKey: []byte(s.HashKey.Reveal())}
	for i := range s.Rules {
		r := &s.Rules[i]
		o.Rules = append(o.Rules, shape.Rule{
			Types: r.Types, Events: r.Events, Where: string(r.Where),
			Keep: r.Keep, Drop: r.Drop, Rename: r.Rename, Set: r.Set, Hash: r.Hash,
		})
	}
	return o
}
