package transform

import (
	"github.com/pintle-io/pintle/processor/transform/filter"
	"github.com/pintle-io/pintle/processor/transform/shape"
	"github.com/pintle-io/pintle/sink/customerio"
)

// Options choose among the rules. The zero Options are the profile guide.
type Options struct {
	// Profile chooses the defaults of Screens, CreatedAt and Identifiers.WithoutUserID.
	Profile Profile
	// Screens is what the view of a screen becomes.
	Screens Screens
	// CreatedAt is where an identify takes created_at from when it says nothing of it.
	CreatedAt CreatedAt

	Identifiers Identifiers

	// DevicePlatform is the push service of devices of which an event does not say it.
	DevicePlatform customerio.Platform

	// DeviceEvents are names of track events that register the device they come from, beside
	// Application Installed and Application Opened. DeleteEvents, SuppressEvents and UnsuppressEvents
	// are names of track events that do so to the person. Letter case does not count.
	DeviceEvents     []string
	DeleteEvents     []string
	SuppressEvents   []string
	UnsuppressEvents []string

	Groups        Groups
	Subscriptions []Subscription

	Filters filter.Options
	Shaping shape.Options
}

// Profile is a set of defaults.
type Profile string

// The profiles. Empty stands for Guide.
const (
	// Guide is what RudderStack's guide for this destination promises.
	Guide Profile = "guide"
	// Current is what RudderStack's code does today, without its faults.
	Current Profile = "current"
)

// Screens is what the view of a screen becomes.
type Screens string

// The kinds of screen views. Empty stands for the profile's.
const (
	ScreensAsEvents  Screens = "event"  // guide
	ScreensAsScreens Screens = "screen" // current
)

// CreatedAt is the source of created_at of an identify without one.
type CreatedAt string

// The sources. Empty stands for the profile's.
const (
	CreatedAtEvent CreatedAt = "event_time" // guide
	CreatedAtGiven CreatedAt = "given"      // current: none
)

// Identifiers say by what people are known, in events, groups and merges alike.
type Identifiers struct {
	// UserID is what a user id is at Customer.io; empty: UserIDAuto.
	UserID UserID
	// EmailsAreIDs: the workspace does not identify people by e-mail, so that a user id in the shape
	// of an address is an id like any other.
	EmailsAreIDs bool
	// WithoutUserID is what names the person of an event without a user id: the first that applies. Nil
	// stands for the profile's, guide: AnonymousAsID; current: Email, AnonymousEvent. An event that
	// none of them names is passed over, see [sink.ReasonAnonymous].
	WithoutUserID []Fallback
}

// UserID is what a user id is at Customer.io.
type UserID string

// The kinds of user ids.
const (
	UserIDAuto  UserID = "auto"   // told by its shape: cio_…, an e-mail address, else an id
	UserIDID    UserID = "id"     // always an id
	UserIDEmail UserID = "email"  // always an e-mail address; another shape is a letter
	UserIDCioID UserID = "cio_id" // always a cio_id, with or without its prefix
)

// Fallback names a person without a user id.
type Fallback string

// The fallbacks.
const (
	Email          Fallback = "email"           // an e-mail address among traits or properties
	AnonymousAsID  Fallback = "anonymous_as_id" // the anonymous id stands in for the user id
	AnonymousEvent Fallback = "anonymous_event" // events, pages and screens of an anonymous_id
)

// Groups say how groups become objects.
type Groups struct {
	// ObjectType is the type of objects whose traits name no objectTypeId: a whole number from 1 as
	// text; empty: 1.
	ObjectType string
	// RelationshipTraits are names of traits of a group that say something about its member, not about
	// the group: they go with the relationship.
	RelationshipTraits []string
}

// Subscription makes a yes or no of a trait what Customer.io knows of subscriptions.
type Subscription struct {
	// Trait is the name of the trait, which goes no other way.
	Trait string
	// Sets is what it says: subscribed, unsubscribed, or topic_ and a number.
	Sets string
}
