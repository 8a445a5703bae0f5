package canary

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Marks of events, which the destination's front, the configuration or a planted fault act on.
const (
	markRefused  = "_refuse_me"    // named in a 207 that echoes the item
	markPoison   = "_poison_me"    // refused as a whole request whose body is echoed
	markWhere    = "fail"          // the expression of filters.where fails on it
	markSet      = "setfail"       // so does one of a rule
	markPanic    = "_break_down"   // the mapping panics, in the binary with planted faults
	markHang     = "_never_return" // the mapping never returns, in the same
	bigAttribute = "big"
)

// person is somebody whose every value is a canary.
type person struct {
	cage *Cage
	path string
}

// of returns a canary for a value of an event that takes this path through the program.
func (p person) of(name string) string { return p.cage.Personal(name + ", " + p.path) }

// event returns an event of a kind in which every value that may be personal is a canary.
func (p person) event(kind string) map[string]any {
	at := "2026-11-23T12:00:00.000Z"
	return map[string]any{
		"type": kind, "channel": "web", "originalTimestamp": at, "sentAt": at, "receivedAt": at, "timestamp": at,
		"event": "Ordered " + p.of("name of the event"), "name": "Page " + p.of("name of the page"),
		"userId": "user-" + p.of("user id"), "anonymousId": p.of("anonymous id"), "previousId": p.of("previous id"),
		"groupId": p.of("group id"), "messageId": p.of("message id"), "rudderId": p.of("rudder id"),
		"request_ip": p.cage.Address("IP of the request, " + p.path),
		"context": map[string]any{
			"ip": p.cage.Address("IP, " + p.path), "userAgent": "Mozilla/5.0 " + p.of("user agent"), "locale": "nl-BE",
			"device": map[string]any{
				"id": p.of("device id"), "advertisingId": p.of("advertising id"), "token": p.of("device token"),
				"name": "phone of " + p.of("name of the device"), "type": "ios",
			},
			"traits":   map[string]any{"email": p.of("e-mail in the context") + "@example.com", "nick": p.of("trait in the context")},
			"page":     map[string]any{"url": "https://shop.example/?q=" + p.of("query of the page"), "referrer": "https://example.net/" + p.of("referrer"), "title": p.of("title of the page")},
			"campaign": map[string]any{"name": p.of("campaign")},
			"location": map[string]any{"city": p.of("city of the location")},
		},
		"traits": p.attributes(), "properties": p.attributes(), "integrations": map[string]any{"All": true},
	}
}

func (p person) attributes() map[string]any {
	return map[string]any{
		"email": p.of("e-mail") + "@example.com", "firstName": "Zoë " + p.of("first name"), "lastName": p.of("last name"),
		"phone": "+" + p.cage.Digits("phone, "+p.path), "ssn": json.Number(p.cage.Digits("number, " + p.path)),
		"address": map[string]any{"street": p.of("street") + " 1", "city": p.of("city"), "postalCode": p.of("postal code")},
		"note":    "says \"hello\",\n<b>" + p.of("note") + "</b>\t& is gone", "list": []any{p.of("item of a list")},
		"hashed": p.of("attribute that is hashed"), "name of " + p.of("name of an attribute"): true,
	}
}

// record returns an event as a record whose key and headers are canaries too.
func (p person) record(event map[string]any) *kgo.Record {
	value, err := json.Marshal(event)
	if err != nil {
		panic(err) // it is made of texts
	}
	return p.raw(value)
}

// raw returns a record of these bytes.
func (p person) raw(value []byte) *kgo.Record {
	return &kgo.Record{
		Key: []byte("key-" + p.of("key of the record")), Value: value,
		Headers: []kgo.RecordHeader{{Key: "of " + p.of("name of a header"), Value: []byte(p.of("header of the record"))}},
	}
}

// with returns the event with other members, dotted for those of its properties and traits.
func with(event, members map[string]any) map[string]any {
	for key, value := range members {
		name, isAttribute := strings.CutPrefix(key, "attributes.")
		if !isAttribute {
			event[key] = value
			continue
		}
		for _, of := range []string{"traits", "properties"} {
			if a, ok := event[of].(map[string]any); ok {
				a[name] = value
			}
		}
	}
	return event
}

// healthy returns events that are delivered when nothing is in their way: one of each kind, and one that
// goes alone, by an address in which its user stands.
func healthy(cage *Cage, path string) (list []*kgo.Record) {
	for _, kind := range []string{"identify", "track", "page", "screen", "group", "alias"} {
		p := person{cage, path}
		list = append(list, p.record(p.event(kind)))
	}
	p := person{cage, path + ", alone"}
	big := strings.Repeat(p.of("large attribute")+" ", 2000)
	alone := p.event("identify")
	delete(alone, "properties")
	for i := range 50 { // none larger than the destination takes of one value
		with(alone, map[string]any{fmt.Sprintf("attributes.%s%d", bigAttribute, i): big[:900]})
	}
	device := person{cage, path}
	return append(list, p.record(alone), device.record(with(device.event("track"), map[string]any{"event": "Application Opened"})))
}

// everything returns events for every way that one can end, by what becomes of it.
func everything(t *testing.T, cage *Cage) (list []*kgo.Record) {
	t.Helper()
	add := func(path, kind string, members map[string]any) {
		p := person{cage, path}
		list = append(list, p.record(with(p.event(kind), maps.Clone(members))))
	}
	list = healthy(cage, "delivered")
	add("named in a 207", "track", map[string]any{"attributes." + markRefused: true})
	add("named in a 207", "identify", map[string]any{"attributes." + markRefused: true})
	add("refused as a whole", "track", map[string]any{"attributes." + markPoison: true})
	add("filtered by its integrations", "track", map[string]any{"integrations": map[string]any{"All": false}})
	add("filtered by its name", "track", map[string]any{"event": "Heartbeat"})
	add("a type that nobody knows", "dance", nil)
	add("without anybody", "track", map[string]any{"userId": nil, "anonymousId": nil})
	add("an expression fails", "track", map[string]any{"attributes." + markWhere: person{cage, "an expression fails"}.of("what an expression fails on")})
	add("a rule fails", "track", map[string]any{"attributes." + markSet: person{cage, "a rule fails"}.of("what a rule fails on")})
	add("a time that is none", "track", map[string]any{"timestamp": person{cage, "a time that is none"}.of("time")})
	add("a user that is an object", "track", map[string]any{"userId": map[string]any{"id": person{cage, "odd user"}.of("user in an object")}})
	add("a name that is a list", "track", map[string]any{"event": []any{person{cage, "odd name"}.of("name in a list")}})
	add("too large for any request", "track", map[string]any{"attributes." + bigAttribute: strings.Repeat(person{cage, "too large"}.of("large text"), 8000)})
	return append(list, broken(t, cage)...)
}

// broken returns records that are no events.
func broken(t *testing.T, cage *Cage) (list []*kgo.Record) {
	t.Helper()
	p := person{cage, "no event"}
	for _, value := range []string{
		`{"type":"track","userId":"` + p.of("user id that is cut off"),
		`{"type":"track","userId":"` + p.of("user id before a control character") + "\x01\"}",
		`{"type":"track","userId":` + p.of("user id without quotes") + `}`,
		`{"type":"track",` + p.of("name without quotes") + `:1}`,
		`{"type":"track","userId":"a` + "\xff" + p.of("user id that is not UTF-8") + `"}`,
		`{"type":"track","userId":"\ud800` + p.of("user id with half a character") + `"}`,
		`{"userId":"` + p.of("member twice") + `","userId":"b","type":"track"}`,
		`"` + p.of("a text alone") + `"`, p.of("no JSON at all"), `[` + `"` + p.of("a list of texts") + `"]`,
		`{"type":"track","userId":"` + p.of("something behind the event") + `"}` + p.of("what stands behind"),
		`{"batch":[{"type":"track","userId":"` + p.of("user in a batch") + `"},"` + p.of("text in a batch") + `"]}`,
		strings.Repeat(`{"`+p.of("nested too deeply")+`":`, 100) + "1" + strings.Repeat("}", 100),
		`{"type":"track","userId":"` + strings.Repeat(p.of("record that is too large"), 30_000) + `"}`,
	} {
		list = append(list, p.raw([]byte(value)))
	}
	return append(list, p.raw(nil))
}
