package schema_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
	"github.com/pintle-io/pintle/schema/events/hostile"
)

func TestDecodeShapes(t *testing.T) {
	const a, b = `{"type":"track","userId":"a"}`, `{"userId":"b","type":"PAGE"}`
	for name, tc := range map[string]struct {
		value string
		want  []string // raw events
	}{
		"one event":              {a, []string{a}},
		"blanks around":          {" \r\n\t" + a + "\n ", []string{a}},
		"array":                  {"[" + a + " , " + b + "]", []string{a, b}},
		"envelope":               {`{"batch":[` + a + `,` + b + `],"sentAt":"2026-01-01T00:00:00Z"}`, []string{a, b}},
		"last batch wins":        {`{"batch":[` + a + `],"batch":[` + b + `]}`, []string{b}},
		"event that has a batch": {`{"batch":["x"],"type":"track"}`, []string{`{"batch":["x"],"type":"track"}`}},
		"escaped key":            {`{"ty\u0070e":"track","batch":[]}`, []string{`{"ty\u0070e":"track","batch":[]}`}},
		"no type at all":         {`{}`, []string{`{}`}},
		"lone surrogate":         {`{"userId":"\ud83d","type":"track"}`, []string{`{"userId":"\ufffd","type":"track"}`}},
		"surrogates":             {`{"a":"\uD83D\uDE00\ude00\ud83dx"}`, []string{`{"a":"\uD83D\uDE00\ufffd\ufffdx"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			before := tc.value
			value := []byte(tc.value)
			got, err := schema.Decode(nil, value, schema.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			var raw []string
			for _, ev := range got {
				raw = append(raw, string(ev.Raw))
			}
			if diff := cmp.Diff(tc.want, raw); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if string(value) != before {
				t.Errorf("the record's bytes have changed: %s", value)
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	deep := strings.Repeat("[", 63)
	for name, tc := range map[string]struct {
		value string
		lim   schema.Limits
		want  string
	}{
		"empty":            {"", schema.Limits{}, "byte 0: expected an event: '{' or '[', found the end of the value"},
		"blank":            {" \n", schema.Limits{}, "byte 2: expected an event: '{' or '[', found the end of the value"},
		"text":             {`"x"`, schema.Limits{}, `byte 0: expected an event: '{' or '[', found '"'`},
		"avro":             {"\x00\x00\x00\x00\x07", schema.Limits{}, "byte 0: expected an event: '{' or '[', found byte 0x00"},
		"byte order mark":  {"\ufeff{}", schema.Limits{}, `byte 0: expected an event: '{' or '[', found '\ufeff'`},
		"truncated":        {`{"type":"tra`, schema.Limits{}, `byte 12: expected the closing '"' of a text, found the end of the value`},
		"truncated object": {`{"type":"track"`, schema.Limits{}, "byte 15: expected ',' or '}', found the end of the value"},
		"no comma":         {`{"a":1 "b":2}`, schema.Limits{}, `byte 7: expected ',' or '}', found '"'`},
		"comma at the end": {`{"a":1,}`, schema.Limits{}, "byte 7: expected a name in quotes, found '}'"},
		"no colon":         {`{"a" 1}`, schema.Limits{}, "byte 5: expected ':', found '1'"},
		"no value":         {`{"a":}`, schema.Limits{}, "byte 5: expected a value, found '}'"},
		"trailing":         {`{} {}`, schema.Limits{}, "byte 3: expected the end of the value, found '{'"},
		"utf-8":            {"{\"a\":\"\xc3(\"}", schema.Limits{}, "byte 6: expected valid UTF-8, found byte 0xc3"},
		"control":          {"{\"a\":\"\n\"}", schema.Limits{}, "byte 6: expected an escape in place of a control character, found byte 0x0a"},
		"escape":           {`{"a":"\x"}`, schema.Limits{}, `byte 7: expected one of "\/bfnrtu behind a backslash, found 'x'`},
		"hex":              {`{"a":"\u12g4"}`, schema.Limits{}, `byte 10: expected four hexadecimal digits, found 'g'`},
		"literal":          {`{"a":trve}`, schema.Limits{}, "byte 7: expected the word true, found 'v'"},
		"leading zero":     {`{"a":01}`, schema.Limits{}, "byte 6: expected ',' or '}', found '1'"},
		"bare minus":       {`{"a":-}`, schema.Limits{}, "byte 6: expected a digit, found '}'"},
		"fraction":         {`{"a":1.}`, schema.Limits{}, "byte 7: expected a digit, found '}'"},
		"exponent":         {`{"a":1e+}`, schema.Limits{}, "byte 8: expected a digit, found '}'"},
		"NaN":              {`{"a":NaN}`, schema.Limits{}, "byte 5: expected a value, found 'N'"},
		"array of numbers": {`[{}, 1]`, schema.Limits{}, "byte 5: expected an event: '{', found '1'"},
		"empty array":      {` []`, schema.Limits{}, "byte 1: expected at least one event, found an empty array"},
		"empty batch":      {`{"batch":[]}`, schema.Limits{}, "byte 9: expected at least one event, found an empty array"},
		"batch of text":    {`{"batch":["x"]}`, schema.Limits{}, `byte 10: expected an event: '{', found '"'`},
		"batch is text":    {`{"batch":"x"}`, schema.Limits{}, `byte 9: expected an array of events as batch, found '"'`},
		"too large":        {`{"a":"0123456789"}`, schema.Limits{Bytes: 10}, "byte 10: expected at most 10 bytes, found a value of 18 bytes"},
		"too deep":         {`{"a":` + deep + "[", schema.Limits{}, "byte 68: expected at most 64 levels of nesting, found '['"},
		"too many":         {`[{},{},{}]`, schema.Limits{Events: 2}, "byte 7: expected at most 2 events, found '{'"},
	} {
		t.Run(name, func(t *testing.T) {
			kept := []schema.Event{{Type: schema.TypePage}}
			got, err := schema.Decode(kept, []byte(tc.value), tc.lim)
			if _, ok := errors.AsType[*schema.DecodeError](err); !ok {
				t.Fatalf("err = %v, want a DecodeError", err)
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if len(got) != 1 {
				t.Errorf("%d events came back, want those given", len(got))
			}
		})
	}
}

func TestDepthCountsUpToTheLimit(t *testing.T) {
	value := `{"a":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + "}"
	if _, err := schema.Decode(nil, []byte(value), schema.Limits{}); err != nil {
		t.Errorf("64 levels: %v", err)
	}
}

func TestEventFields(t *testing.T) {
	value := `{"type":"Track","type":"iDentify","userId":9007199254740993,"traits":{"a":1e400},
		"context":{"traits":{"x":1},"device":{"token":"t"}},
		"context":{"device":{"type":"iOS","token":"T\u00e9"},"os":{"name":"iOS"},"page":"none","app":{"version":"1","version":"2"}}}`
	got, err := schema.Decode(nil, []byte(value), schema.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	ev := got[0]
	ev.Raw, ev.Context.Raw = nil, nil
	want := schema.Event{
		Type: schema.TypeIdentify, TypeValue: schema.Value(`"iDentify"`),
		UserID: schema.Value("9007199254740993"), Traits: schema.Value(`{"a":1e400}`),
		Context: schema.Context{
			DeviceToken: schema.Value(`"T\u00e9"`), DeviceType: schema.Value(`"iOS"`),
			OSName: schema.Value(`"iOS"`), AppVersion: schema.Value(`"2"`),
		},
	}
	if diff := cmp.Diff(want, ev); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestCorpusDecodes(t *testing.T) {
	n := 0
	for file, line := range events.All() {
		n++
		got, err := schema.Decode(nil, line, schema.Limits{})
		if err != nil || len(got) != 1 || !bytes.Equal(got[0].Raw, line) || got[0].Type < schema.TypeIdentify {
			t.Errorf("%s: %d events, %v", file, len(got), err)
		}
	}
	if n != 348 {
		t.Errorf("%d events, want all 348", n)
	}
}

// FuzzEventFields holds the fields of an event against what encoding/json finds: the same member, the
// last one of several.
func FuzzEventFields(f *testing.F) {
	addSeeds(f)
	f.Add([]byte(`{"type":"a","userId":1,"userI\u0064":2,"USERID":3,"context":{"device":{"token":"a"},"device":{"Token":"b"}}}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		got, err := schema.Decode(nil, value, schema.Limits{})
		if err != nil || len(got) != 1 || bytes.Contains(value, []byte(`"batch"`)) || bytes.ContainsAny(value, "\ufffd") {
			return
		}
		ev := &got[0]
		top := members(ev.Raw)
		context := members(top["context"])
		device := members(context["device"])
		for name, pair := range map[string][2][]byte{
			"type":         {ev.TypeValue, top["type"]},
			"userId":       {ev.UserID, top["userId"]},
			"event":        {ev.Event, top["event"]},
			"properties":   {ev.Properties, top["properties"]},
			"traits":       {ev.Traits, top["traits"]},
			"context":      {ev.Context.Raw, top["context"]},
			"device.token": {ev.Context.DeviceToken, device["token"]},
			"os.name":      {ev.Context.OSName, members(context["os"])["name"]},
			"page.url":     {ev.Context.PageURL, members(context["page"])["url"]},
		} {
			if !bytes.Equal(pair[0], pair[1]) {
				t.Errorf("%s = %s, want %s", name, pair[0], pair[1])
			}
		}
	})
}

// members returns the members of an object as encoding/json reads them, nil when it is none.
func members(raw []byte) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

// addSeeds gives a fuzz target the real events and the hostile values.
func addSeeds(f *testing.F) {
	f.Helper()
	for _, line := range events.All() {
		f.Add(line)
	}
	for _, value := range hostile.All() {
		f.Add(value)
	}
}

// FuzzDecode holds the scanner against jsontext: what one refuses the other refuses, but for what is
// said here, and what comes back is valid, and the same the second time.
func FuzzDecode(f *testing.F) {
	addSeeds(f)
	f.Add([]byte(`[{"a":"\ud800\udc00"},{"batch":[1.5e-7,-0,true,null]}]`))
	f.Add([]byte(`{"batch":[{"userId":"\udc00"}]}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		before := bytes.Clone(value)
		got, err := schema.Decode(nil, value, schema.Limits{Depth: 10_000})
		if !bytes.Equal(before, value) {
			t.Fatal("the record's bytes have changed")
		}
		again, errAgain := schema.Decode(nil, value, schema.Limits{Depth: 10_000})
		if !reflect.DeepEqual(got, again) || fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Fatalf("another result the second time: %d and %d events, %v and %v", len(got), len(again), err, errAgain)
		}
		lenient := jsontext.AllowDuplicateNames(true)
		for _, ev := range got {
			if !jsontext.Value(ev.Raw).IsValid(lenient) {
				t.Fatalf("accepted, but not valid: %s", ev.Raw)
			}
		}
		if err != nil && len(got) > 0 {
			t.Fatal("events beside an error")
		}
		if err == nil || !jsontext.Value(value).IsValid(lenient) {
			return
		}
		fault, ok := errors.AsType[*schema.DecodeError](err)
		if !ok {
			t.Fatalf("%T is no DecodeError", err)
		}
		switch {
		case strings.HasPrefix(fault.Expected, "an event"), strings.HasPrefix(fault.Expected, "at "),
			strings.HasPrefix(fault.Expected, "an array of events"):
		default:
			t.Fatalf("refused, but valid: %v", err)
		}
	})
}
