package transform_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// form is an operation taken apart, so that two can be compared however they travel: by field, in the
// words of the v2 API (person, name, time, attributes.plan, device.token …), the JSON of its value.
// Numbers keep their digits; members are sorted and escapes resolved.
//
// The field operation says what it does. An event that becomes no operation has only this field.
type form map[string]string

// object is a JSON object of which the members are read one by one.
type object map[string]jsontext.Value

func parse(tb testing.TB, v jsontext.Value) object {
	tb.Helper()
	var o object
	if err := json.Unmarshal(v, &o); err != nil {
		tb.Fatalf("not an object: %v: %s", err, v)
	}
	return o
}

// text returns the text of a value, "" when there is none.
func text(v jsontext.Value) string {
	var s string
	if json.Unmarshal(v, &s) != nil {
		return ""
	}
	return s
}

// plain returns v in the one way of writing it.
func plain(v jsontext.Value) string {
	v = v.Clone()
	if err := v.Format(jsontext.ReorderRawObjects(true), jsontext.EscapeForHTML(false)); err != nil {
		return "NOT JSON: " + err.Error()
	}
	return string(v)
}

func quote(s string) jsontext.Value {
	v, _ := jsontext.AppendQuote(nil, s) // what is not UTF-8 has been told by parse
	return v
}

func (f form) set(field string, v jsontext.Value) {
	if v != nil {
		f[field] = plain(v)
	}
}

// spread gives each member of an object its own field below prefix. No object is an empty one; what is
// something else stays whole.
func (f form) spread(prefix string, v jsontext.Value) {
	var members object
	switch {
	case v == nil:
	case v.Kind() != '{':
		f[prefix] = plain(v)
	case json.Unmarshal(v, &members) == nil:
		for name, value := range members {
			f.set(prefix+"."+name, value)
		}
	}
}

// formOfItem takes an item of the v2 API apart. What it does not know stays a field of its own.
func formOfItem(tb testing.TB, item jsontext.Value) form {
	tb.Helper()
	f := form{}
	o := parse(tb, item)
	f["operation"] = text(o["type"]) + " " + text(o["action"])
	for name, v := range o {
		switch name {
		case "type", "action":
		case "timestamp":
			f.set("time", v)
		case "identifiers":
			f.set(text(o["type"]), v)
		case "attributes":
			f.spread(name, v)
		case "device":
			for name, v := range parse(tb, v) {
				if name == "attributes" {
					f.spread("device.attributes", v)
				} else {
					f.set("device."+name, v)
				}
			}
		default:
			f.set(name, v)
		}
	}
	return f
}

// request is a call of the v1 API, or why there is none.
type request struct {
	Method string         `json:"method"`
	Path   string         `json:"path"`
	Body   jsontext.Value `json:"body"`
}

// formOfRequest takes a request of the v1 API apart, into the fields of the v2 item that does the same.
func formOfRequest(tb testing.TB, r request) form {
	tb.Helper()
	who, rest := "", ""
	if after, ok := strings.CutPrefix(r.Path, "/api/v1/customers/"); ok {
		who, rest, _ = strings.Cut(after, "/")
	}
	switch call := r.Method + " " + rest; {
	case r.Path == "/api/v2/batch":
		return formOfItem(tb, r.Body)
	case r.Path == "/api/v1/merge_customers":
		f := form{"operation": "person merge"}
		for name, v := range parse(tb, r.Body) {
			f.set(name, v)
		}
		return f
	case r.Path == "/api/v1/events":
		return formOfEvent(tb, r.Body)
	case call == "PUT ":
		return formOfIdentify(tb, who, r.Body)
	case call == "POST events":
		f := formOfEvent(tb, r.Body)
		f["person"] = v1Person(tb, who)
		return f
	case call == "PUT devices":
		return formOfDevice(tb, who, r.Body)
	case r.Method == http.MethodDelete && strings.HasPrefix(rest, "devices/"):
		f := form{"operation": "person delete_device", "person": v1Person(tb, who)}
		f.set("device.token", quote(unescape(tb, strings.TrimPrefix(rest, "devices/"))))
		return f
	}
	tb.Fatalf("a call that the v1 API has not: %s %s", r.Method, r.Path)
	return nil
}

func formOfIdentify(tb testing.TB, who string, body jsontext.Value) form {
	tb.Helper()
	f := form{"operation": "person identify", "person": v1Person(tb, who)}
	for name, v := range parse(tb, body) {
		if name == "_timestamp" {
			f.set("time", v)
		} else {
			f.set("attributes."+name, v)
		}
	}
	return f
}

func formOfEvent(tb testing.TB, body jsontext.Value) form {
	tb.Helper()
	f := form{}
	for name, v := range parse(tb, body) {
		switch name {
		case "type":
			f["operation"] = "person " + text(v)
		case "timestamp":
			f.set("time", v)
		case "data":
			f.spread("attributes", v)
		case "anonymous_id":
			f.set("person", jsontext.Value(`{"anonymous_id":`+string(v)+`}`))
		default:
			f.set(name, v)
		}
	}
	return f
}

func formOfDevice(tb testing.TB, who string, body jsontext.Value) form {
	tb.Helper()
	f := form{"operation": "person add_device", "person": v1Person(tb, who)}
	for name, v := range parse(tb, parse(tb, body)["device"]) {
		switch name {
		case "id":
			f.set("device.token", v)
		case "attributes":
			f.spread("device.attributes", v)
		default:
			f.set("device."+name, v)
		}
	}
	return f
}

// v1Person returns the identifiers for which the v1 API takes what stands in a path: it guesses by
// the shape.
func v1Person(tb testing.TB, escaped string) string {
	tb.Helper()
	id := unescape(tb, escaped)
	kind := "id"
	switch {
	case strings.HasPrefix(id, "cio_"):
		kind, id = "cio_id", id[len("cio_"):]
	case regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`).MatchString(id):
		kind = "email"
	}
	return fmt.Sprintf(`{%q:%s}`, kind, quote(id))
}

func unescape(tb testing.TB, s string) string {
	tb.Helper()
	s, err := url.PathUnescape(s)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
