package transform_test

import (
	"bytes"
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// item is one item of a v2 batch, read by the published description of the Track API and nothing of
// ours but the reader of JSON.
type item struct {
	what   string // its type and action: person identify
	raw    schema.Value
	fields map[string]schema.Value

	who, secondary identifier // of a person; of a merge, who is the primary
	objectType     string
	related        []identifier
	updateOnly     bool // it is not to make a person
	// names are all by which Customer.io could take somebody for somebody else: identifiers, tokens and
	// ids of events.
	names []string

	fault string // the first rule that it breaks; empty: none
}

type identifier struct{ key, value string }

// breaks notes a rule that the item breaks.
func (it *item) breaks(format string, args ...any) {
	if it.fault == "" {
		it.fault = fmt.Sprintf(format, args...)
	}
}

// shapeOf returns the fields that an item must have and those it may have beside them, and the kind of
// operation that stands for it.
func shapeOf(what string) (must, may string, kind sink.Kind) {
	switch what {
	case "person identify":
		return "identifiers attributes timestamp", "", sink.KindIdentify
	case "person event":
		return "identifiers name id timestamp attributes", "", sink.KindEvent
	case "person page":
		return "identifiers name id timestamp attributes", "", sink.KindPage
	case "person screen":
		return "identifiers name id timestamp attributes", "", sink.KindScreen
	case "person add_device":
		return "identifiers device", "", sink.KindAddDevice
	case "person delete_device":
		return "identifiers device", "", sink.KindDeleteDevice
	case "person merge":
		return "primary secondary", "", sink.KindMerge
	case "person delete":
		return "identifiers", "", sink.KindDelete
	case "person suppress":
		return "identifiers", "", sink.KindSuppress
	case "person unsuppress":
		return "identifiers", "", sink.KindUnsuppress
	case "object identify":
		return "identifiers attributes", "cio_relationships", sink.KindObject
	case "object identify_anonymous":
		return "identifiers attributes cio_relationships", "", sink.KindObject
	case "object add_relationships", "object delete_relationships":
		return "identifiers cio_relationships", "", sink.KindObject
	case "object delete":
		return "identifiers", "", sink.KindObject
	default:
		return "", "", 0
	}
}

// readItem reads the body of an operation and holds it against the rules.
func readItem(op *sink.Op) *item {
	it := &item{raw: op.Body, fields: map[string]schema.Value{}}
	if !jsontext.Value(op.Body).IsValid(jsontext.AllowDuplicateNames(true)) || !utf8.Valid(op.Body) {
		it.breaks("it is no JSON")
		return it
	}
	for m := it.raw.Members(); m.Next(); {
		if it.fields[string(m.Name)] != nil {
			it.breaks("%s is there twice", m.Name)
		}
		it.fields[string(m.Name)] = m.Value
	}
	it.what = it.text("type") + " " + it.text("action")
	must, may, kind := shapeOf(it.what)
	if kind == 0 || kind != op.Kind {
		it.breaks("%s is an operation of kind %s", it.what, op.Kind)
	}
	for name := range strings.FieldsSeq(must) {
		if it.fields[name] == nil {
			it.breaks("it lacks %s", name)
		}
	}
	for name := range it.fields {
		if !slices.Contains(strings.Fields("type action "+must+" "+may), name) {
			it.breaks("%s has no place in it", name)
		}
	}
	alone := []string{"merge", "delete", "suppress", "unsuppress", "add_device", "delete_device"}
	if op.Barrier != slices.Contains(alone, it.text("action")) {
		it.breaks("%s: barrier is %t", it.what, op.Barrier)
	}
	it.read()
	return it
}

func (it *item) text(name string) string {
	text, _ := it.fields[name].Text()
	return string(text)
}

// read reads what the item has, by its kind.
func (it *item) read() {
	action := it.text("action")
	if size := len(it.raw); size > 32_000 && (it.text("type") == "object" || it.fields["attributes"] == nil && it.fields["device"] == nil) {
		it.breaks("it is %d bytes long, and there is no other endpoint", size)
	}
	switch {
	case it.text("type") == "object":
		it.readObject(action)
	case action == "merge":
		it.who, it.secondary = it.readIdentifier(it.fields["primary"]), it.readIdentifier(it.fields["secondary"])
		if it.who.key == it.secondary.key && strings.EqualFold(it.who.value, it.secondary.value) && (it.who.key == "email" || it.who == it.secondary) {
			it.breaks("somebody is merged with himself")
		}
		if it.who.key == "anonymous_id" || it.secondary.key == "anonymous_id" {
			it.breaks("a visitor is merged")
		}
	default:
		it.who = it.readIdentifier(it.fields["identifiers"])
	}
	switch action {
	case "event", "page", "screen":
		it.readEvent()
		return
	case "identify":
		if it.text("type") == "person" {
			it.readTime(it.fields["timestamp"])
			it.readPerson()
		}
	case "add_device", "delete_device":
		it.readDevice(action == "add_device")
	}
	if it.who.key == "anonymous_id" {
		it.breaks("%s of a visitor", it.what)
	}
}

// readIdentifier reads an object with the one identifier of a person.
func (it *item) readIdentifier(v schema.Value) (id identifier) {
	n := 0
	for m := v.Members(); m.Next(); n++ {
		text, ok := m.Value.Text()
		if !ok || len(bytes.TrimSpace(text)) == 0 || len(text) > 150 || string(text) == "." || string(text) == ".." {
			it.breaks("identifier %s", v)
		}
		id = identifier{string(m.Name), string(text)}
	}
	switch {
	case n != 1:
		it.breaks("%d identifiers: %s", n, v)
	case id.key == "email":
		if a, err := mail.ParseAddress(id.value); err != nil || a.Address != id.value {
			it.breaks("%s is no e-mail address", v)
		}
	case id.key == "cio_id":
		if strings.Trim(strings.ToLower(id.value), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			it.breaks("%s is no cio_id", v)
		}
	case id.key != "id" && id.key != "anonymous_id":
		it.breaks("%s names nobody", v)
	}
	it.name(id.value)
	return id
}

// name notes a name of somebody.
func (it *item) name(name string) {
	it.names = append(it.names, strings.ToLower(strings.TrimSpace(name)))
}

func (it *item) readTime(v schema.Value) {
	if n, err := strconv.ParseInt(string(v), 10, 64); err != nil || n < 0 || n > recordTime().Unix() {
		it.breaks("time %s", v)
	}
}

func (it *item) readEvent() {
	if name := strings.TrimSpace(it.text("name")); name == "" || len(it.text("name")) > 100 {
		it.breaks("name %s", it.fields["name"])
	}
	if id := it.text("id"); len(id) != 26 || id[0] > '7' || strings.Trim(id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" {
		it.breaks("id %s", it.fields["id"])
	}
	if v := it.fields["attributes"]; v.Kind() != schema.Object || len(it.raw) > 32_000 && len(v) > 100_000 {
		it.breaks("attributes of %d bytes", len(v))
	}
	it.readTime(it.fields["timestamp"])
	it.name(it.text("id"))
}

func (it *item) readPerson() {
	it.readAttributes(it.fields["attributes"], func(name string, v schema.Value) {
		text, isText := v.Text()
		switch name {
		case "id", "email", "anonymous_id":
			if !isText && v.Kind() != schema.Null {
				it.breaks("attribute %s = %s", name, v)
			}
			it.name(string(text))
		case "created_at":
			it.readTime(v)
		case "_update":
			it.updateOnly = string(v) == "true"
		case "_timestamp", "cio_relationships":
			it.breaks("attribute %s means something else", name)
		}
	})
}

func (it *item) readDevice(adds bool) {
	v := it.fields["device"]
	token, _ := v.Member("token").Text()
	if len(bytes.TrimSpace(token)) == 0 {
		it.breaks("token %s", v.Member("token"))
	}
	it.name(string(token))
	for m := v.Members(); m.Next(); {
		switch name := string(m.Name); {
		case name == "token":
		case adds && name == "platform":
			if p := string(m.Value); p != `"ios"` && p != `"android"` {
				it.breaks("platform %s", p)
			}
		case adds && name == "last_used":
			it.readTime(m.Value)
		case adds && name == "attributes":
			it.readAttributes(m.Value, func(name string, v schema.Value) {
				if v.Kind() != schema.String {
					it.breaks("attribute %s of a device = %s", name, v)
				}
			})
		default:
			it.breaks("%s has no place in a device", name)
		}
	}
	if adds && (v.Member("platform") == nil || v.Member("last_used") == nil) {
		it.breaks("device %s", v)
	}
}

func (it *item) readObject(action string) {
	id := it.fields["identifiers"]
	object, _ := id.Member("object_id").Text()
	kind, _ := id.Member("object_type_id").Text()
	it.objectType = string(kind)
	if len(object) > 150 || len(bytes.TrimSpace(object)) == 0 {
		it.breaks("object %s", id)
	}
	if len(kind) == 0 || kind[0] == '0' || len(bytes.Trim(kind, "0123456789")) > 0 {
		it.breaks("type of object %s", id)
	}
	if v := it.fields["attributes"]; v != nil {
		it.readAttributes(v, func(string, schema.Value) {})
	}
	relations := it.fields["cio_relationships"]
	if relations != nil && relations.Kind() != schema.Array {
		it.breaks("relations %s", relations)
	}
	for e := relations.Elements(); e.Next(); {
		who := it.readIdentifier(e.Value.Member("identifiers"))
		if (who.key == "anonymous_id") != (action == "identify_anonymous") {
			it.breaks("%s is related to %s", it.what, who.key)
		}
		it.related = append(it.related, who)
		for m := e.Value.Members(); m.Next(); {
			switch string(m.Name) {
			case "identifiers":
			case "relationship_attributes":
				it.readAttributes(m.Value, func(string, schema.Value) {})
			default:
				it.breaks("%s has no place in a relation", m.Name)
			}
		}
	}
	if relations != nil && len(it.related) == 0 {
		it.breaks("no relations in %s", relations)
	}
}

// readAttributes holds attributes that are kept against their limits, and shows each.
func (it *item) readAttributes(object schema.Value, each func(name string, v schema.Value)) {
	if object.Kind() != schema.Object {
		it.breaks("attributes %s", object)
	}
	names := map[string]bool{}
	for m := object.Members(); m.Next(); {
		name, size := string(m.Name), len(m.Value)
		if text, isText := m.Value.Text(); isText {
			size = len(text)
		}
		switch {
		case names[name]:
			it.breaks("attribute %s is there twice", name)
		case len(name) == 0, len(name) > 150, size > 1000:
			it.breaks("attribute %q of %d bytes", name, size)
		}
		names[name] = true
		each(name, m.Value)
	}
	if len(names) > 300 {
		it.breaks("%d attributes", len(names))
	}
}
