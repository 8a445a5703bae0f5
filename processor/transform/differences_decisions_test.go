package transform_test

import (
	"slices"
	"strings"
)

// decisions are the differences that design §6 decides.
func decisions() []difference {
	return slices.Concat(profileDecisions(), identifyDecisions(), groupDecisions(), deviceDecisions())
}

func profileDecisions() []difference {
	return []difference{
		{
			code:  "created-at-filled",
			group: decision,
			title: "created_at is filled with the event's time",
			why: "RudderStack's guide says that `created_at` is the event's time when an identify has no `createdAt`; its code leaves it " +
				"out. The profile `guide` does what the guide says, the profile `current` leaves it out. `mapping.created_at` chooses it alone.",
			basis: "design §6; rudderstack.md §2.10 (S1)",
			in:    withGuide(),
			shows: []string{"timestamp", "traits.createdAt|context.traits.createdAt"},
			match: func(d diff) bool {
				traits := d.traits()
				return d.field == "attributes.created_at" && traits["createdAt"] == nil && traits["created_at"] == nil &&
					d.theirs == "" && d.ours == d.seconds()
			},
		},
		{
			code:  "anonymous-as-id",
			group: decision,
			title: "The anonymous id stands in for the user id",
			why: "RudderStack's guide says so, and its code sends an anonymous event instead. The profile `guide` does what the guide says, " +
				"the profile `current` what the code does. `mapping.identifiers.without_user_id` chooses it alone.",
			basis: "design §6; rudderstack.md §2.10 (S2)",
			in:    withGuide(),
			shows: []string{"userId", "anonymousId"},
			match: func(d diff) bool {
				return d.field == "person" && d.userID() == "" && d.theirs == person("anonymous_id", d.anonymousID()) &&
					d.ours == person("id", d.anonymousID())
			},
		},
		{
			code:  "anonymous-identify",
			group: decision,
			title: "An identify of somebody anonymous is delivered",
			why: "The same for an identify: RudderStack's code refuses one without a user id and an e-mail address, and its traits are lost. " +
				"In the profile `guide` they become those of the person with the anonymous id.",
			basis: "design §6; rudderstack.md §2.10 (S2)",
			in:    withGuide(),
			shows: []string{"userId", "anonymousId", "traits|context.traits"},
			match: func(d diff) bool {
				want := form{
					whole:                   "person identify",
					"person":                d.whoever(),
					"time":                  d.seconds(),
					"attributes.created_at": d.seconds(),
				}
				for name, v := range d.traits() {
					want.set("attributes."+name, v)
				}
				return d.field == whole && d.theirs == "refused: userId or email is not present" &&
					d.userID() == "" && d.pair.ours.is(want)
			},
		},
		{
			code:  "anonymous-device",
			group: decision,
			title: "The device of somebody anonymous is registered",
			why: "Without a user id RudderStack's code sends a device event as an anonymous event. In the profile `guide` the anonymous id " +
				"is the person's, and so the device is registered at once.",
			basis: "design §6; rudderstack.md §2.10 (S2)",
			in:    withGuide(),
			shows: []string{"userId", "anonymousId", "event", "context.device.token"},
			match: func(d diff) bool {
				return d.field == whole && d.theirs == "person event" && d.userID() == "" &&
					(text(d.at("event")) == "Application Installed" || text(d.at("event")) == "Application Opened") &&
					d.pair.ours.is(d.device("android"))
			},
		},
		{
			code:  "screen-as-screen",
			group: decision,
			title: "Screens are screens",
			why: "RudderStack's default path sends the view of a screen as an event, its newer path as a screen. The profile `guide` does " +
				"the one, the profile `current` the other. `mapping.screens` chooses it alone.",
			basis: "design §6; rudderstack.md §2.3",
			in:    []comparison{comparisons()[1]},
			shows: []string{"type"},
			match: func(d diff) bool {
				return d.field == whole && text(d.at("type")) == "screen" && d.theirs == "person event" && d.ours == "person screen"
			},
		},
	}
}

func groupDecisions() []difference {
	return []difference{
		{
			code:  "event-among-group-traits",
			group: decision,
			title: "Who sent the event says nothing about the group",
			why: "Android's SDK puts the anonymous id of the visitor among the traits of a group, and RudderStack makes it an attribute of " +
				"the object, where that of the last visitor stays. Pintle leaves `anonymousId`, `userId`, `groupId`, `objectTypeId` and " +
				"`action` out: they belong to the event.",
			basis: "rudderstack.md §2.2 (L3), §8.27; sdk-events.md §5",
			in:    everywhere(),
			shows: []string{"anonymousId", "traits"},
			match: func(d diff) bool {
				return d.field == "attributes.anonymousId" && d.pair.ours[whole] == "object identify" &&
					d.theirs == d.has("traits.anonymousId") && d.theirs == string(quote(d.anonymousID())) && d.ours == ""
			},
		},
	}
}

func identifyDecisions() []difference {
	return []difference{
		{
			code:  "identifier-repeated",
			group: decision,
			title: "What names the person is not repeated among the attributes",
			why: "An `id` or `email` among the attributes gives the person an identifier it has not got yet. One that repeats what the person " +
				"is addressed by says nothing, and has overwritten ids in other senders. Pintle leaves it out.",
			basis: "customerio.md §1.4, §4 (identify)",
			in:    everywhere(),
			shows: []string{"userId", "traits.id|context.traits.id", "traits.email|context.traits.email"},
			match: func(d diff) bool {
				kind, ok := isAttribute(d.field, "attributes")
				return ok && (kind == "id" || kind == "email") && d.ours == "" &&
					d.theirs == string(quote(d.userID())) && d.pair.ours["person"] == person(kind, d.userID())
			},
		},
	}
}

func deviceDecisions() []difference {
	return []difference{
		{
			code:  "device-described",
			group: decision,
			title: "A device tells its system, model, app and language",
			why: "Like RudderStack's newer path, and unlike its default one, Pintle adds `device_os`, `device_model`, `app_version` and " +
				"`device_locale` to what is known of a device.",
			basis: "rudderstack.md §2.3, §8.26",
			in:    withV1(),
			shows: []string{"context.os.name", "context.device.model", "context.app.version", "context.locale"},
			match: func(d diff) bool {
				name, ok := isAttribute(d.field, "device.attributes")
				return ok && d.pair.theirs[whole] == "person add_device" && d.theirs == "" &&
					d.ours != "" && d.ours == d.described()["device.attributes."+name]
			},
		},
		{
			code:  "device-values-as-text",
			group: decision,
			title: "What is known of a device is text",
			why: "The API takes only texts as attributes of a device. RudderStack's newer path sends what the event has; Pintle sends a " +
				"number, a yes or a no as the text of it.",
			basis: "customerio.md §1.2, §4 (device)",
			in:    withV2(),
			shows: []string{"event", "properties"},
			match: func(d diff) bool {
				name, ok := isAttribute(d.field, "device.attributes")
				v := d.members("properties")[name]
				return ok && v != nil && v.Kind() != '"' && d.theirs == plain(v) && d.ours == asText(v)
			},
		},
	}
}

// described returns what Pintle adds to the attributes of a device.
func (p *pair) described() form {
	f := form{}
	for name, path := range map[string]string{
		"device_os": "context.os.name", "device_model": "context.device.model",
		"app_version": "context.app.version", "device_locale": "context.locale",
	} {
		f.set("device.attributes."+name, p.at(path))
	}
	return f
}

// device returns the registration of the event's device.
func (p *pair) device(platform string) form {
	f := p.described()
	for name, v := range p.members("properties") {
		f["device.attributes."+name] = asText(v)
	}
	f[whole], f["person"] = "person add_device", p.whoever()
	f["device.token"], f["device.platform"] = p.has("context.device.token"), string(quote(platform))
	f["device.last_used"] = p.seconds()
	return f
}

// arrivals are the differences of which Customer.io sees nothing.
func arrivals() []difference {
	return []difference{
		{
			code:  "anonymous-identify-filtered",
			group: arrival,
			title: "An identify of somebody anonymous is passed over, not failed",
			why: "Neither makes anything of an identify without a user id and an e-mail address. RudderStack counts it as failed; Pintle " +
				"filters it, with the reason `anonymous_identify`.",
			basis: "design §6; rudderstack.md §2.10 (S2)",
			in:    withCurrent(),
			shows: []string{"userId", "anonymousId", "traits|context.traits"},
			match: func(d diff) bool {
				return d.field == whole && d.theirs == "refused: userId or email is not present" && d.userID() == "" &&
					d.traits()["email"] == nil && d.pair.ours.is(form{whole: "filtered: anonymous_identify"})
			},
		},
		{
			code:  "withheld-before",
			group: arrival,
			title: "RudderStack's server withholds these before its mapping",
			why: "An event whose `integrations` exclude Customer.io is withheld by RudderStack's server, before the code that was measured " +
				"here. Pintle reads it from the topic and filters it, with the reason `integration_off`.",
			basis: "rudderstack.md §1.6",
			in:    everywhere(),
			shows: []string{"integrations"},
			match: func(d diff) bool {
				off := d.has("integrations")
				return d.field == whole && !strings.HasPrefix(d.theirs, "refused") &&
					(off == `{"All":false,"Apache Kafka":true}` || off == `{"All":true,"Customer IO":false}`) &&
					d.pair.ours.is(form{whole: "filtered: integration_off"})
			},
		},
	}
}

// additions are what only Pintle sends.
func additions() []difference {
	return []difference{
		{
			code:  eventID,
			group: onlyOurs,
			title: "Every event has an id",
			why: "Customer.io ignores an event whose id it has seen, and so an event that is sent again changes nothing. RudderStack sends " +
				"none: what it sends twice counts twice. The id is made of the message id, see [ADR 1](adr/001-event-ids.md).",
			basis: "design §6; rudderstack.md §2.1, §8.2",
			in:    everywhere(),
			shows: []string{"messageId"},
			match: func(d diff) bool {
				return d.field == "id" && family(d.pair.ours) == "person event, page, screen" &&
					d.theirs == "" && isULID(d.ours)
			},
		},
		{
			code:  "merge-into-somebody-known",
			group: onlyOurs,
			title: "An identify goes before a merge",
			why: "Customer.io ignores a merge into somebody it does not know, and says nothing. Pintle makes the person known first, with " +
				"an identify without attributes; the merge itself is the same.",
			basis: "customerio.md §3.1, §7.2 (merge)",
			in:    everywhere(),
			shows: []string{"userId", "previousId", "timestamp"},
			match: func(d diff) bool {
				want, ours := form{"before1.operation": "person identify", "before1.person": d.whoever(), "before1.time": d.seconds()}, d.pair.ours
				return ours[whole] == "person merge" && ours["primary"] == d.whoever() && want[d.field] != "" &&
					d.ours == want[d.field] && d.theirs == ""
			},
		},
	}
}
