package transform

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/pintle-io/pintle/processor/transform/option"
	"github.com/pintle-io/pintle/sink/customerio"
)

// settings are options with everything decided.
type settings struct {
	screens       Screens
	createdAt     CreatedAt
	userID        UserID
	emails        bool
	withoutUserID []Fallback
	anonymous     bool // withoutUserID has AnonymousEvent
	named         named
	// devicePlatform is that of devices of which an event does not say it, "" when they are not registered.
	devicePlatform customerio.Platform
	objectType     []byte
	relationship   []string // names of traits
	subscriptions  []subscription
}

// named are the names of track events that mean something else than an event, see [isAny].
type named struct{ register, remove, delete, suppress, unsuppress []string }

// subscription is a [Subscription] ready to use.
type subscription struct {
	trait    string
	attr     string // the attribute that it sets
	inverted bool
}

// decide fills in the profile's defaults and looks for options that make no sense.
func decide(o *Options) (settings, error) {
	s := settings{
		screens: ScreensAsEvents, createdAt: CreatedAtEvent, userID: UserIDAuto, emails: !o.Identifiers.EmailsAreIDs,
		named:         named{remove: []string{uninstalled, unistalled}},
		withoutUserID: []Fallback{AnonymousAsID}, relationship: o.Groups.RelationshipTraits, objectType: []byte("1"),
	}
	var profile error
	switch o.Profile {
	case "", Guide:
	case Current:
		s.screens, s.createdAt, s.withoutUserID = ScreensAsScreens, CreatedAtGiven, []Fallback{Email, AnonymousEvent}
		s.named.remove = []string{uninstalled}
		if !s.emails {
			s.withoutUserID = s.withoutUserID[1:]
		}
	default:
		profile = option.Errorf("mapping.profile", "there is no profile %q: write guide or current", o.Profile)
	}
	err := errors.Join(
		profile,
		choose(&s.screens, "mapping.screens", o.Screens, ScreensAsEvents, ScreensAsScreens),
		choose(&s.createdAt, "mapping.created_at", o.CreatedAt, CreatedAtEvent, CreatedAtGiven),
		choose(&s.devicePlatform, "mapping.device_platform", o.DevicePlatform, customerio.IOS, customerio.Android),
		s.identifiers(&o.Identifiers),
		s.events(o),
		s.groups(&o.Groups),
		s.subscribe(o.Subscriptions),
	)
	return s, err
}

// choose puts given into its place if it is one of the allowed, and leaves what is there if it is empty.
func choose[T ~string](into *T, key string, given T, allowed ...T) error {
	switch {
	case given == "":
		return nil
	case slices.Contains(allowed, given):
		*into = given
		return nil
	}
	texts := make([]string, len(allowed))
	for i, a := range allowed {
		texts[i] = string(a)
	}
	return option.Errorf(key, "%q is none of its values: write %s", string(given), strings.Join(texts, " or "))
}

func (s *settings) identifiers(o *Identifiers) error {
	const key = "mapping.identifiers.without_user_id"
	err := choose(&s.userID, "mapping.identifiers.user_id", o.UserID, UserIDAuto, UserIDID, UserIDEmail, UserIDCioID)
	if s.userID == UserIDEmail && !s.emails {
		err = option.Errorf("mapping.identifiers.user_id", "user ids are to be e-mail addresses, and mapping.identifiers.emails says that the workspace knows nobody by those: change one of the two")
	}
	if o.WithoutUserID != nil {
		s.withoutUserID = o.WithoutUserID
	}
	for i, f := range s.withoutUserID {
		switch {
		case !slices.Contains([]Fallback{Email, AnonymousAsID, AnonymousEvent}, f):
			return errors.Join(err, option.Errorf(key, "%q is none of its values: write email, anonymous_as_id or anonymous_event", string(f)))
		case slices.Contains(s.withoutUserID[:i], f):
			return errors.Join(err, option.Errorf(key, "%s stands in the list twice: remove one", f))
		case f == Email && !s.emails:
			return errors.Join(err, option.Errorf(key, "has email, and mapping.identifiers.emails says that the workspace knows nobody by that: change one of the two"))
		}
	}
	s.anonymous = slices.Contains(s.withoutUserID, AnonymousEvent)
	if s.anonymous && slices.Contains(s.withoutUserID, AnonymousAsID) {
		err = errors.Join(err, option.Errorf(key, "an anonymous id cannot be a person and a visitor: remove anonymous_as_id or anonymous_event"))
	}
	return err
}

// events takes the names of events. No name may mean two things.
func (s *settings) events(o *Options) error {
	owner := map[string]string{}
	for _, name := range slices.Concat([]string{installed, opened}, s.named.remove) {
		owner[strings.ToLower(name)] = "the device events that are always there"
	}
	var errs []error
	for _, list := range []struct {
		key   string
		names []string
		into  *[]string
	}{
		{"mapping.device_events", o.DeviceEvents, &s.named.register},
		{"mapping.delete_events", o.DeleteEvents, &s.named.delete},
		{"mapping.suppress_events", o.SuppressEvents, &s.named.suppress},
		{"mapping.unsuppress_events", o.UnsuppressEvents, &s.named.unsuppress},
	} {
		for i, name := range list.names {
			lower := strings.ToLower(strings.TrimSpace(name))
			switch before, taken := owner[lower]; {
			case lower == "":
				errs = append(errs, option.Errorf(list.key, "name %d is blank: write the name of a track event, or remove it", i+1))
			case taken:
				errs = append(errs, option.Errorf(list.key, "%q is among %s already: remove it from one of the two", name, before))
			}
			owner[lower] = list.key
			*list.into = append(*list.into, strings.TrimSpace(name))
		}
	}
	return errors.Join(errs...)
}

func (s *settings) groups(o *Groups) error {
	if o.ObjectType != "" {
		s.objectType = []byte(o.ObjectType)
	}
	var err error
	if !isObjectType(s.objectType) {
		err = option.Errorf("mapping.groups.object_type", "%q is no type of objects: write its number, from 1, as Customer.io shows it", o.ObjectType)
	}
	for i, name := range o.RelationshipTraits {
		switch {
		case name == "" || slices.Contains(o.RelationshipTraits[:i], name):
			err = errors.Join(err, option.Errorf("mapping.groups.relationship_traits", "name %d is empty or there already: remove it", i+1))
		case slices.Contains([]string{"action", "objectTypeId", "groupId", "userId", "anonymousId", "createdAt", "created_at"}, name):
			err = errors.Join(err, option.Errorf("mapping.groups.relationship_traits", "%q has a meaning of its own and never goes with a relationship: remove it", name))
		}
	}
	return err
}

func (s *settings) subscribe(list []Subscription) error {
	const key = "mapping.subscriptions"
	var errs []error
	seen := map[string]bool{}
	for _, sub := range list {
		one := subscription{trait: sub.Trait, attr: "unsubscribed"}
		topic, isTopic := strings.CutPrefix(sub.Sets, "topic_")
		switch {
		case sub.Trait == "" || seen[sub.Trait]:
			errs = append(errs, option.Errorf(key, "the trait %q is empty or there already: write each trait once", sub.Trait))
		case slices.Contains([]string{
			"address", "id", "email", "anonymous_id", "createdAt", "created_at", "userId", "anonymousId", "_timestamp", "cio_relationships",
		}, sub.Trait):
			errs = append(errs, option.Errorf(key+"."+sub.Trait, "the trait %q has a meaning of its own and says nothing of subscriptions: name another, or remove it", sub.Trait))
		case sub.Sets == "subscribed":
			one.inverted = true
		case sub.Sets == "unsubscribed":
		case isTopic && topic != "" && strings.Trim(topic, "0123456789") == "":
			one.attr = preferences + ".topics." + sub.Sets
		default:
			errs = append(errs, option.Errorf(key+"."+sub.Trait, "%q is nothing that it can set: write subscribed, unsubscribed, or topic_ and the number of a topic", sub.Sets))
		}
		seen[sub.Trait] = true
		s.subscriptions = append(s.subscriptions, one)
	}
	return errors.Join(errs...)
}

// isObjectType reports whether s is a whole number from 1.
func isObjectType(s []byte) bool {
	return len(s) > 0 && len(s) <= customerio.IDBytes && s[0] != '0' && len(bytes.Trim(s, "0123456789")) == 0
}
