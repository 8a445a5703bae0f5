package transform

// ruleID names a [Rule] in the code. The zero ruleID is none.
type ruleID uint8

// The rules, in the order of docs/mapping.md.
const (
	ruleNone ruleID = iota
	ruleUserID
	ruleExternalID
	ruleEmail
	ruleAnonymousAsID
	ruleAnonymousEvent
	ruleTime
	ruleTrait
	ruleAddress
	ruleIdentifierTrait
	ruleCreatedAt
	ruleCreatedAtEvent
	ruleAnonymousID
	ruleSubscription
	ruleTrackName
	rulePageName
	ruleScreenName
	ruleEventID
	ruleProperties
	ruleDeviceToken
	ruleDevicePlatform
	ruleDeviceUsed
	ruleDeviceAttribute
	ruleDeviceProperty
	rulePersonEvent
	rulePrimary
	ruleSecondary
	ruleAliasAnonymous
	ruleGroupAction
	ruleObjectID
	ruleObjectType
	ruleMember
	ruleRelationshipTrait
	ruleGroupTrait
	ruleGroupCreatedAt
	ruleCount
)

// Rules returns the rules of the mapping in the order of docs/mapping.md. It is the table that the
// mapping itself looks into: where it looks for a value is what In says.
func Rules() []Rule {
	table := rules()
	return table[1:]
}

func rules() [ruleCount]Rule {
	return [ruleCount]Rule{
		ruleUserID: {
			Code: "person.user_id", Type: "", Out: "identifiers.id, .email or .cio_id",
			In:  []string{"userId", "traits.userId", "traits.id", "context.traits.userId", "context.traits.id"},
			How: "The first user id names the person. What kind of identifier it is follows from mapping.identifiers.user_id: by default cio_ and letters and digits is a cio_id, the shape of an e-mail address an email, all else an id. Numbers become text with all their digits. An id that cannot be one (blank, . or .., over 150 bytes, true, an object) makes a letter; the next place is not tried, it could be somebody else.",
		},
		ruleExternalID: {
			Code: "person.external_id", Type: "", Out: "identifiers.id, .email or .cio_id",
			In:  []string{"context.externalId"},
			How: "Without a user id: an entry whose type is Customer.io's own (CUSTOMERIO-…), under its identifierType. With context.mappedToDestination it comes before the user id. Entries of other destinations name nobody.",
		},
		ruleEmail: {
			Code: "person.email", Type: "", Out: "identifiers.email",
			In:  []string{"traits.email", "context.traits.email", "properties.email"},
			How: "Without a user id, where mapping.identifiers.without_user_id has email: the first e-mail address. A group's own traits are not looked at.",
		},
		ruleAnonymousAsID: {
			Code: "person.anonymous_as_id", Type: "", Out: "identifiers.id",
			In:  []string{"anonymousId"},
			How: "Without a user id, where mapping.identifiers.without_user_id has anonymous_as_id: the anonymous id stands in for it; what kind of identifier it is, its shape says.",
		},
		ruleAnonymousEvent: {
			Code: "person.anonymous_event", Type: "", Out: "identifiers.anonymous_id",
			In:  []string{"anonymousId"},
			How: "Without a user id, where mapping.identifiers.without_user_id has anonymous_event: events, pages and screens of a visitor whom a later identify with this anonymous_id takes over. An identify of a mere visitor is passed over as anonymous_identify.",
		},
		ruleTime: {
			Code: "time", Type: "", Out: "timestamp",
			In:  []string{"timestamp", "originalTimestamp"},
			How: "The first that can be read, in seconds: RFC 3339 with any offset or none (UTC), a date, the eight digits of one, seconds (from March 1973 on), milliseconds, either as text. Never before 1970, never later than the record; without any, the record's time, which is told.",
		},
		ruleTrait: {
			Code: "identify.trait", Type: "identify", Out: "attributes.*",
			In:  []string{"context.traits", "traits"},
			How: "Every trait under its own name, dots and all; those of traits over those of context.traits. user_properties of the event, where RudderStack's JavaScript SDK 1.0 sent traits, count as context.traits below those that stand there. userId and anonymousId are the event's own. _timestamp and cio_relationships mean something else to Customer.io and are left out.",
		},
		ruleAddress: {
			Code: "identify.address", Type: "identify", Out: "attributes.city, .country, .postalCode, .state, .street, .address",
			In:  []string{"context.traits.address", "traits.address"},
			How: "The five parts that RudderStack knows are lifted to the top where no trait of that name stands; the rest of the address, or an address that is a text, stays as address.",
		},
		ruleIdentifierTrait: {
			Code: "identify.identifier", Type: "identify", Out: "attributes.id, .email",
			In:  []string{"traits.id", "context.traits.id", "traits.email", "context.traits.email"},
			How: "Kept where they give the person an identifier it has not: an id that repeats what the person is addressed by says nothing, one that differs would rename. An email that is no address is left out: Customer.io would take it and fail to set it later.",
		},
		ruleCreatedAt: {
			Code: "identify.created_at", Type: "identify", Out: "attributes.created_at",
			In:  []string{"traits.createdAt", "context.traits.createdAt", "traits.created_at", "context.traits.created_at"},
			How: "The first that can be read, in seconds.",
		},
		ruleCreatedAtEvent: {
			Code: "identify.created_at_of_event", Type: "identify", Out: "attributes.created_at", Profile: Guide,
			In:  []string{"timestamp", "originalTimestamp"},
			How: "When no trait of the event as it came says it, and mapping.created_at is event_time: the event's time.",
		},
		ruleAnonymousID: {
			Code: "identify.anonymous_id", Type: "identify", Out: "attributes.anonymous_id",
			In:  []string{"anonymousId", "traits.anonymous_id", "context.traits.anonymous_id"},
			How: "The anonymous id beside a user id: Customer.io gives the person the events of that visitor.",
		},
		ruleSubscription: {
			Code: "identify.subscription", Type: "identify", Out: "attributes.unsubscribed, .cio_subscription_preferences.topics.topic_N",
			In:  []string{"context.traits", "traits"},
			How: "The traits that mapping.subscriptions names: yes or no becomes unsubscribed, or the choice of one topic. cio_subscription_preferences itself is a trait like any other; where it is too long for one, its topics go one by one.",
		},
		ruleTrackName: {
			Code: "track.name", Type: "track", Out: "name",
			In:  []string{"event"},
			How: "The event's name as it is, at most 100 bytes: a longer one is cut at the end of a character.",
		},
		rulePageName: {
			Code: "page.name", Type: "page", Out: "name",
			In:  []string{"name", "properties.name", "properties.url", "context.page.url", "properties.title", "context.page.title"},
			How: "The first text that is not blank, at most 100 bytes.",
		},
		ruleScreenName: {
			Code: "screen.name", Type: "screen", Out: "name",
			In:  []string{"event", "properties.name", "name"},
			How: "Viewed … Screen, of the first text that is not blank, at most 100 bytes in all.",
		},
		ruleEventID: {
			Code: "event.id", Type: "track, page, screen", Out: "id",
			In:  []string{"messageId"},
			How: "A ULID over the message id and the kind of operation, so that Customer.io drops what it has seen. Without a message id, over the bytes of the event.",
		},
		ruleProperties: {
			Code: "event.properties", Type: "track, page, screen", Out: "attributes",
			In:  []string{"properties"},
			How: "As they are. Properties that are no object stand under the attribute properties. recipient, from_address and reply_to mean something to Customer.io: they can send a message to somebody else; rename or drop them by shaping.rules where your events use these names for other things.",
		},
		ruleDeviceToken: {
			Code: "device.token", Type: "device", Out: "device.token",
			In:  []string{"context.device.token"},
			How: "Of Application Installed and Application Opened (and mapping.device_events) the device is registered, of Application Uninstalled (and, in the profile guide, of Application Unistalled, as the guide spells it) it is removed, in any letter case. Without a token, a person, or a platform that Customer.io pushes to, it is an ordinary event, and a token that is lost so is told.",
		},
		ruleDevicePlatform: {
			Code: "device.platform", Type: "device", Out: "device.platform",
			In:  []string{"context.device.type", "context.os.name", "context.device.manufacturer", "context.library.name", "context.device.name", "context.userAgent"},
			How: "ios for Apple's mobile systems, android for Android. Where type and system name none (mobile, phone and the like are none), the first that tells counts of the maker, the SDK, the device's name and the user agent, where one that names both is none; else mapping.device_platform.",
		},
		ruleDeviceUsed: {
			Code: "device.last_used", Type: "device", Out: "device.last_used",
			In:  []string{"timestamp", "originalTimestamp"},
			How: "The event's time, in seconds.",
		},
		ruleDeviceAttribute: {
			Code: "device.attribute", Type: "device", Out: "device.attributes.device_os, .device_model, .app_version, .device_locale",
			In:  []string{"context.os.name", "context.device.model", "context.app.version", "context.locale"},
			How: "As text, where they are texts or numbers.",
		},
		ruleDeviceProperty: {
			Code: "device.property", Type: "device", Out: "device.attributes.*",
			In:  []string{"properties"},
			How: "As text, which is all that devices take: numbers and the like as their JSON.",
		},
		rulePersonEvent: {
			Code: "person.event", Type: "track", Out: "action delete, suppress, unsuppress",
			In:  []string{"event"},
			How: "Track events of the names in mapping.delete_events, suppress_events and unsuppress_events, in any letter case, do so to the person.",
		},
		rulePrimary: {
			Code: "alias.primary", Type: "alias", Out: "primary",
			In:  []string{"userId", "traits.userId", "traits.id", "context.traits.userId", "context.traits.id"},
			How: "The user id, by the same rules as everywhere. Whoever is merged into somebody is deleted: without a user id it is a letter.",
		},
		ruleSecondary: {
			Code: "alias.secondary", Type: "alias", Out: "secondary",
			In:  []string{"previousId"},
			How: "The previous id, by the same rules. An alias to the same person is passed over as same_person.",
		},
		ruleAliasAnonymous: {
			Code: "alias.anonymous_id", Type: "alias", Out: "attributes.anonymous_id",
			In:  []string{"previousId"},
			How: "Where anonymous events are on and the previous id is the event's anonymous id: no person is merged; an identify of the user takes the visitor's events over.",
		},
		ruleGroupAction: {
			Code: "group.action", Type: "group", Out: "action",
			In:  []string{"traits.action", "properties.action"},
			How: "identify, delete, add_relationships or delete_relationships, in any letter case; identify when there is none. Anything else makes a letter.",
		},
		ruleObjectID: {
			Code: "group.object_id", Type: "group", Out: "identifiers.object_id",
			In:  []string{"groupId", "traits.groupId"},
			How: "The first that is there, by the rules of user ids.",
		},
		ruleObjectType: {
			Code: "group.object_type_id", Type: "group", Out: "identifiers.object_type_id",
			In:  []string{"traits.objectTypeId"},
			How: "A whole number from 1; else mapping.groups.object_type.",
		},
		ruleMember: {
			Code: "group.member", Type: "group", Out: "cio_relationships.identifiers",
			In:  []string{"userId", "context.traits.userId", "context.traits.id"},
			How: "The person, by the same rules as everywhere; the group's own traits name no person. A visitor, where anonymous events are on, makes it identify_anonymous.",
		},
		ruleRelationshipTrait: {
			Code: "group.relationship_trait", Type: "group", Out: "cio_relationships.relationship_attributes.*",
			In:  []string{"traits"},
			How: "The traits that mapping.groups.relationship_traits names.",
		},
		ruleGroupTrait: {
			Code: "group.trait", Type: "group", Out: "attributes.*",
			In:  []string{"traits"},
			How: "All other traits, of an identify. action, objectTypeId, groupId, userId and anonymousId are not the object's.",
		},
		ruleGroupCreatedAt: {
			Code: "group.created_at", Type: "group", Out: "attributes.created_at",
			In:  []string{"traits.createdAt", "traits.created_at"},
			How: "The first that can be read, in seconds; never made up.",
		},
	}
}
