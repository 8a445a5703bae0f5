package schema

// Type is the type of an event, read in any letter case.
type Type uint8

// The types of events. [TypeNone] means that the type is missing or not a text, [TypeOther] that it
// is a text this package has no name for.
const (
	TypeNone Type = iota
	TypeOther
	TypeIdentify
	TypeTrack
	TypePage
	TypeScreen
	TypeGroup
	TypeAlias
)

// String returns the type as RudderStack writes it; "" and "other" for the two that are none.
func (t Type) String() string {
	switch t {
	case TypeOther:
		return "other"
	case TypeIdentify:
		return "identify"
	case TypeTrack:
		return "track"
	case TypePage:
		return "page"
	case TypeScreen:
		return "screen"
	case TypeGroup:
		return "group"
	case TypeAlias:
		return "alias"
	default:
		return ""
	}
}

// Event is one RudderStack event: what the mapping looks at, as raw values. All of them are slices
// of the record's value and valid as long as that is.
type Event struct {
	// Raw is the whole event.
	Raw Value
	// Type is the event's type; TypeValue is how it is written.
	Type      Type
	TypeValue Value

	MessageID   Value
	UserID      Value
	AnonymousID Value
	PreviousID  Value // of an alias
	GroupID     Value // of a group
	Channel     Value

	Name       Value // of a page, of some screens
	Event      Value // the name of a track, of some screens
	Properties Value
	Traits     Value

	// UserProperties is where RudderStack's JavaScript SDK 1.0 puts the traits of an identify.
	UserProperties Value
	Category       Value // of a page, of some screens

	Integrations Value

	Timestamp         Value
	OriginalTimestamp Value
	SentAt            Value
	ReceivedAt        Value

	Context Context

	// Others are the names of members that are none of the above and not of the envelope, at most
	// [MaxOthers] of them; nil for most events.
	Others [][]byte
}

// MaxOthers bounds the names that are kept of members that mean nothing: a hostile event could have a million.
const MaxOthers = 100

// Context is the part of an event's context that the mapping looks at.
type Context struct {
	// Raw is the whole context.
	Raw Value

	Traits     Value
	Locale     Value
	ExternalID Value
	Consent    Value // consentManagement

	DeviceToken        Value // device.token
	DeviceType         Value // device.type
	DeviceModel        Value // device.model
	DeviceManufacturer Value // device.manufacturer
	OSName             Value // os.name
	AppVersion         Value // app.version
	PageURL            Value // page.url
	LibraryName        Value // library.name
	IntegrationName    Value // integration.name
}
