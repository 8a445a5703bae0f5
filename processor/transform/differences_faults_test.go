package transform_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// faults are the faults of RudderStack's code that are not copied.
func faults() []difference {
	return slices.Concat(screenFaults(), identifyFaults(), deviceFaults(), otherFaults())
}

func screenFaults() []difference {
	return []difference{
		{
			code:  "screen-undefined",
			group: fault,
			title: "Screens of RudderStack's own server SDKs are named after nothing",
			why: "RudderStack looks for a screen's name in `event` and in `properties.name`. Its SDKs for Node, Go and Python and its " +
				"service worker write the name to `name`, and so the screen becomes `Viewed undefined Screen`, or `Viewed  Screen` for " +
				"somebody anonymous. Pintle looks in `event`, `properties.name` and `name`.",
			basis: "rudderstack.md §1.3, §2.9, §8.24",
			in:    withV1(),
			shows: []string{"name", "event", "properties.name"},
			match: func(d diff) bool {
				return d.field == "name" && d.at("event") == nil && d.at("properties.name") == nil &&
					d.pair.theirs[whole] == "person event" &&
					(d.theirs == `"Viewed undefined Screen"` || d.theirs == `"Viewed  Screen"` && d.userID() == "") &&
					d.ours == string(quote("Viewed "+text(d.at("name"))+" Screen"))
			},
		},
		{
			code:  "screen-refused",
			group: fault,
			title: "Screens of RudderStack's own server SDKs are refused",
			why: "The same on RudderStack's newer path: without a name in `event` or `properties.name` it refuses the event. Pintle " +
				"delivers it under its name.",
			basis: "rudderstack.md §2.9, §8.24",
			in:    withV2(),
			shows: []string{"name", "event", "properties.name"},
			match: func(d diff) bool {
				want := form{
					whole:    "person screen",
					"person": d.whoever(),
					"name":   string(quote("Viewed " + text(d.at("name")) + " Screen")),
					"time":   d.seconds(),
				}
				want.spread("attributes", d.at("properties"))
				return d.field == whole && d.theirs == "refused: Event Name type should be a string" &&
					d.at("event") == nil && d.at("properties.name") == nil && d.pair.ours.is(want)
			},
		},
	}
}

func identifyFaults() []difference {
	return []difference{
		{
			code:  "seconds-read-as-milliseconds",
			group: fault,
			title: "Seconds are read as milliseconds",
			why: "A `createdAt` in seconds, which is what Customer.io itself speaks, is taken for milliseconds, so that everybody signed " +
				"up in January 1970. Pintle reads seconds and milliseconds, as numbers and as text.",
			basis: "rudderstack.md §2.1, §2.9, §8.21",
			in:    everywhere(),
			shows: []string{"traits.createdAt|context.traits.createdAt"},
			match: func(d diff) bool {
				given := string(d.traits()["createdAt"])
				return d.field == "attributes.created_at" && d.pair.ours[whole] == "person identify" &&
					len(given) == 10 && strings.Trim(given, "0123456789") == "" && // seconds from 2001 on
					d.ours == given && d.theirs == given[:7]
			},
		},
		{
			code:  "dotted-keys",
			group: fault,
			title: "A trait whose name has two dots becomes an object",
			why: "Of a name with several dots RudderStack's default path keeps only the first one as part of the name; what stands behind " +
				"the second becomes an object inside. Pintle keeps names as they are.",
			basis: "rudderstack.md §2.2, §2.9, §8.20",
			in:    withV1(),
			shows: []string{"traits|context.traits"},
			match: func(d diff) bool {
				for name, v := range d.traits() {
					parts := strings.Split(name, ".")
					if len(parts) != 3 {
						continue
					}
					nested := `{` + string(quote(parts[2])) + `:` + plain(v) + `}`
					if d.field == "attributes."+name && d.theirs == "" && d.ours == plain(v) ||
						d.field == "attributes."+parts[0]+"."+parts[1] && d.theirs == nested && d.ours == "" {
						return true
					}
				}
				return false
			},
		},
		{
			code:  "address-lost",
			group: fault,
			title: "Parts of an address are lost",
			why: "Both lift `city`, `country`, `postalCode`, `state` and `street` out of an address. The rest of it RudderStack drops, and " +
				"an address that is a text altogether. Pintle keeps what it does not lift as the attribute `address`.",
			basis: "rudderstack.md §2.2, §2.9, §8.20",
			in:    everywhere(),
			shows: []string{"traits.address|context.traits.address"},
			match: func(d diff) bool {
				v := d.traits()["address"]
				if d.field != "attributes.address" || d.theirs != "" || v == nil {
					return false
				}
				rest := form{}
				rest.spread("address", v)
				for _, lifted := range []string{"city", "country", "postalCode", "state", "street"} {
					delete(rest, "address."+lifted)
				}
				return len(rest) > 0 && d.ours == rest.object("address")
			},
		},
		{
			code:  "time-among-attributes",
			group: fault,
			title: "The newer path sends the time of an identify where v2 does not look for it",
			why: "An update of a person carries its time, so that an older one that comes late does not overwrite a newer one. In the v2 " +
				"API that is the item's `timestamp`. RudderStack's newer path leaves it out and writes `_timestamp` among the attributes, " +
				"which is documented for v1 alone. Pintle sends the `timestamp`.",
			basis: "customerio.md §1.3, §1.4, §4",
			in:    withV2(),
			shows: []string{"timestamp"},
			match: func(d diff) bool {
				theirs, ours := d.pair.theirs, d.pair.ours
				return theirs[whole] == "person identify" && ours[whole] == "person identify" &&
					theirs["time"] == "" && theirs["attributes._timestamp"] == ours["time"] && ours["time"] != "" &&
					(d.field == "time" || d.field == "attributes._timestamp" && d.ours == "")
			},
		},
	}
}

// object puts the fields below prefix together again.
func (f form) object(prefix string) string {
	v := jsontext.Value("{")
	for _, field := range slices.Sorted(maps.Keys(f)) {
		name, ok := isAttribute(field, prefix)
		if !ok {
			return f[field] // it was no object
		}
		if len(v) > 1 {
			v = append(v, ',')
		}
		v = append(append(append(v, quote(name)...), ':'), f[field]...)
	}
	return plain(append(v, '}'))
}

func deviceFaults() []difference {
	return []difference{
		{
			code:  "device-properties-beside",
			group: fault,
			title: "What is known of a device stands where nobody looks",
			why: "In the API a device has a token, a platform, a time, and everything else below `attributes`. RudderStack's default path " +
				"writes the event's properties beside the token, where one that is called `id` or `platform` is overwritten. Pintle, like " +
				"RudderStack's newer path, puts them where they belong, as text (see [below](#device-values-as-text)).",
			basis: "rudderstack.md §2.2 (L5), §8.26; customerio.md §1.2, §4",
			in:    withV1(),
			shows: []string{"event", "properties"},
			match: func(d diff) bool {
				if d.pair.theirs[whole] != "person add_device" || d.pair.ours[whole] != "person add_device" {
					return false
				}
				if name, ok := isAttribute(d.field, "device.attributes"); ok {
					v := d.members("properties")[name]
					return v != nil && d.theirs == "" && d.ours == asText(v)
				}
				name, ok := isAttribute(d.field, "device")
				v := d.members("properties")[name]
				return ok && v != nil && d.theirs == plain(v) && d.ours == ""
			},
		},
	}
}

func otherFaults() []difference {
	return []difference{
		{
			code:  "address-as-id",
			group: fault,
			title: "The newer path makes a second person of a user id that is an e-mail address",
			why: "Customer.io's v1 API takes a user id in the shape of an address for the person's e-mail address. Its v2 API does not guess: " +
				"RudderStack's newer path sends `{\"id\": …}`, which is somebody else than the default path has made. Pintle applies the " +
				"v1 rule on both APIs; `mapping.identifiers` says otherwise where a workspace does not identify people by address.",
			basis: "customerio.md §0.6, §4, §5; design §6",
			in:    withV2(),
			shows: []string{"userId"},
			match: func(d diff) bool {
				id := d.userID()
				return d.field == "person" && strings.Contains(id, "@") &&
					d.theirs == person("id", id) && d.ours == person("email", id)
			},
		},
		{
			code:  "names-not-cut",
			group: fault,
			title: "The newer path sends names that are too long",
			why: "Customer.io takes names of up to 100 bytes. RudderStack cuts those of anonymous people on its default path and no others. " +
				"Pintle cuts every name at the end of a character, and counts it.",
			basis: "rudderstack.md §2.2, §2.3, §8.25; design §6",
			in:    withV2(),
			shows: []string{"name|properties.url"},
			match: func(d diff) bool {
				theirs, ours := text(jsontext.Value(d.theirs)), text(jsontext.Value(d.ours))
				return d.field == "name" && len(theirs) > 100 && strings.HasPrefix(theirs, ours) &&
					len(ours) <= 100 && len(ours) > 100-4
			},
		},
		{
			code:  "integrations-spelling",
			group: fault,
			title: "Only one spelling of Customer.io switches it off",
			why: "A choice of destinations in `integrations` counts at RudderStack only under the name `Customer IO`. Its own documentation " +
				"says `CUSTOMERIO`, and its own source of that name writes `Customer.io`: both have no effect, and what should not be " +
				"sent is sent. Pintle honours all spellings.",
			basis: "rudderstack.md §1.6, §8.30; design §6",
			in:    everywhere(),
			shows: []string{"integrations"},
			match: func(d diff) bool {
				return d.field == whole && !strings.HasPrefix(d.theirs, "refused") &&
					d.has("integrations") == `{"All":true,"Customer.io":false}` && d.pair.ours.is(form{whole: "filtered: integration_off"})
			},
		},
	}
}
