package transform_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

// oddValue draws a value of any kind, and often one that means something somewhere.
func oddValue(t *rapid.T, depth int) string {
	kinds := []string{
		"null", "true", "false", "0", "-1", "42", "1709626150", "1709626150123", "1e400", "12345678901234567890.50",
		`""`, `" "`, `"u"`, `"."`, `".."`, `"cio_a3"`, `"a@b.de"`, `"2024-03-05T08:09:10Z"`, `"\ud83d\ude80"`, `"\ud83d"`,
		`"identify"`, `"TRACK"`, `"page"`, `"screen"`, `"Application Opened"`, `"application uninstalled"`, `"iOS"`, `"android"`, `"Customer.io"`,
		strconv.Quote(strings.Repeat("é", 80)), strconv.Quote(strings.Repeat("x", 1001)),
	}
	if depth > 0 && rapid.IntRange(0, 3).Draw(t, "compound") == 0 {
		if rapid.Bool().Draw(t, "array") {
			return "[" + oddValue(t, depth-1) + "," + oddValue(t, 0) + "]"
		}
		return oddObject(t, depth-1)
	}
	return rapid.SampledFrom(kinds).Draw(t, "value")
}

// oddObject draws an object of names that the mapping looks at.
func oddObject(t *rapid.T, depth int) string {
	names := []string{
		"type", "messageId", "userId", "anonymousId", "event", "name", "url", "token", "version", "model", "All", "Customer IO",
		"id", "email", "address", "city", "street", "zip", "createdAt", "created_at", "anonymous_id",
		"_timestamp", "cio_relationships", "constructor", "a.b", "", `\u0061`, `\"`, strings.Repeat("n", 151),
	}
	var members []string
	for range rapid.IntRange(0, 8).Draw(t, "members") {
		members = append(members, `"`+rapid.SampledFrom(names).Draw(t, "name")+`":`+oddValue(t, depth))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// oddEvent draws an event of which each field is as usual, or odd, or missing, or there twice.
func oddEvent(t *rapid.T) string {
	var members []string
	member := func(name string, usual ...string) {
		switch rapid.IntRange(0, 9).Draw(t, name) {
		case 0:
			members = append(members, `"`+name+`":`+oddValue(t, 2))
			return
		case 1:
			return
		case 2:
			members = append(members, `"`+name+`":`+oddValue(t, 1))
		}
		members = append(members, `"`+name+`":`+rapid.SampledFrom(usual).Draw(t, "usual "+name))
	}
	member("type", `"identify"`, `"track"`, `"track"`, `"page"`, `"screen"`, `"group"`)
	member("messageId", `"m-1"`, `"m-2"`)
	member("userId", `"u-1"`, `"a@b.de"`, `"cio_a3"`, `""`, `""`)
	member("anonymousId", `"v-1"`, `[]`)
	member("event", `"Signed Up"`, `"Application Opened"`, `"Application Uninstalled"`)
	member("name", `"Home"`)
	member("timestamp", `"2024-03-05T08:09:10Z"`, `1709626150`)
	member("integrations", `{"All":true}`, `{"All":true}`, `{"All":true}`, `{"All":false}`, oddObject(t, 0))
	member("properties", oddObject(t, 1), oddObject(t, 2))
	member("traits", oddObject(t, 1), oddObject(t, 2))
	if rapid.Bool().Draw(t, "context") {
		var top []string
		top, members = members, nil
		member("traits", oddObject(t, 1))
		member("device", `{"token":"t","type":"Android"}`, `{"token":"t","type":"ios"}`, oddObject(t, 0))
		member("os", `{"name":"iOS"}`, oddObject(t, 0))
		member("page", `{"url":"https://shop.example.com"}`)
		member("library", `{"name":"analytics"}`, `{"name":"analytics"}`, `{"name":"Customer.io"}`)
		top = append(top, `"context":{`+strings.Join(members, ",")+"}")
		members = top
	}
	return "{" + strings.Join(members, ",") + "}"
}

// TestOddEvents maps events with odd values in every field: each has an outcome that says enough,
// and what is mapped keeps to Customer.io's rules, and the strict stand-in takes it.
func TestOddEvents(t *testing.T) {
	m := newMapper(t, transform.Options{})
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		var items [][]byte
		for range 20 {
			value := oddEvent(t)
			evs, err := schema.Decode(nil, []byte(value), schema.Limits{})
			if err != nil {
				t.Fatalf("%s: %v", value, err)
			}
			ops, out := m.Map(nil, &evs[0], schema.Source{Time: recordTime()})
			switch {
			case out.Filtered:
				seen["filtered "+string(out.Reason)]++
			case !out.Mapped():
				if out.Field == "" || out.Detail == "" {
					t.Fatalf("%s: unclear letter %+v", value, out)
				}
				seen["letter "+out.Field]++
			default:
				checkItem(t, &ops[0])
				items = append(items, ops[0].Body)
				seen[ops[0].Kind.String()]++
			}
		}
		if len(items) > 0 {
			s := customeriotest.New(customeriotest.Settings{Now: recordTime, StrictFields: true, StrictDevices: true})
			send(t, s.Handler(), "odd events", items)
		}
	})
	for _, what := range []string{
		"identify", "event", "page", "add_device", "delete_device", "filtered loop", "filtered integration_off",
		"filtered unsupported_type", "letter type", "letter userId", "letter anonymousId", "letter name", "letter event",
	} {
		if seen[what] < 5 {
			t.Errorf("events that became %q: %d: the test hardly meets it (%v)", what, seen[what], seen)
		}
	}
}

// checkItem holds one operation against the rules of the Track API.
func checkItem(t *rapid.T, op *sink.Op) {
	item := schema.Value(op.Body)
	if !jsontext.Value(item).IsValid(jsontext.AllowDuplicateNames(true)) {
		t.Fatalf("not valid: %s", item)
	}
	n := 0
	for m := item.Member("identifiers").Members(); m.Next(); n++ {
		if text, ok := m.Value.Text(); !ok || len(bytes.TrimSpace(text)) == 0 || len(text) > customerio.IDBytes {
			t.Fatalf("identifier %s", m.Value)
		}
	}
	if n != 1 {
		t.Fatalf("%d identifiers: %s", n, item)
	}
	switch op.Kind {
	case sink.KindEvent, sink.KindPage:
		name, ok := item.Member("name").Text()
		if !ok || len(bytes.TrimSpace(name)) == 0 || len(name) > customerio.NameBytes || bytes.Contains(name, []byte("undefined")) {
			t.Fatalf("name %q", name)
		}
		if item.Member("attributes").Kind() != schema.Object || item.Member("timestamp").Kind() != schema.Number {
			t.Fatalf("attributes or timestamp: %s", item)
		}
	case sink.KindIdentify:
		checkAttributes(t, item.Member("attributes"), false)
	case sink.KindAddDevice:
		checkAttributes(t, item.Member("device").Member("attributes"), true)
	case sink.KindDeleteDevice:
		if token, ok := item.Member("device").Member("token").Text(); !ok || len(token) == 0 {
			t.Fatalf("token: %s", item)
		}
	default:
		t.Fatalf("operation of kind %s", op.Kind)
	}
}

// checkAttributes holds the attributes of a person or a device against their limits.
func checkAttributes(t *rapid.T, object schema.Value, texts bool) {
	names := map[string]bool{}
	for m := object.Members(); m.Next(); {
		size := len(m.Value)
		text, isText := m.Value.Text()
		if isText {
			size = len(text)
		}
		switch {
		case names[string(m.Name)]:
			t.Fatalf("%s is there twice: %s", m.Name, object)
		case len(m.Name) == 0, len(m.Name) > customerio.AttrNameBytes, size > customerio.AttrValueBytes:
			t.Fatalf("attribute %q of %d bytes", m.Name, size)
		case texts && !isText, string(m.Name) == "created_at" && !texts && m.Value.Kind() != schema.Number:
			t.Fatalf("attribute %s = %s", m.Name, m.Value)
		}
		names[string(m.Name)] = true
	}
}
