package transform_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/processor/transform/shape"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// mapOne decodes and maps one event.
func mapOne(t *testing.T, m *transform.Mapper, value string) (*sink.Op, sink.Outcome) {
	t.Helper()
	evs, err := schema.Decode(nil, []byte(value), schema.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	ops, out := m.Map(nil, &evs[0], schema.Source{Time: recordTime()})
	if !out.Mapped() {
		return nil, out
	}
	return &ops[0], out
}

func TestOptions(t *testing.T) {
	for _, tc := range []struct {
		name  string
		given transform.Options
		want  string // error
	}{
		{"none", transform.Options{}, ""},
		{"blank", transform.Options{DeviceEvents: []string{"a", " "}}, "mapping.device_events: name 2 is blank: write the name of a track event, or remove it"},
		{
			"uninstalled",
			transform.Options{DeviceEvents: []string{"application uninstalled"}},
			`mapping.device_events: "application uninstalled" is among the device events that are always there already: remove it from one of the two`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := ""
			if _, err := transform.New(tc.given); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEmailsAreIDs(t *testing.T) {
	m := newMapper(t, transform.Options{Identifiers: transform.Identifiers{EmailsAreIDs: true}})
	op, _ := mapOne(t, m, `{"type":"track","event":"e","userId":"tintin@herge.com"}`)
	if got := string(schema.Value(op.Body).Member("identifiers")); got != `{"id":"tintin@herge.com"}` {
		t.Errorf("identifiers = %s", got)
	}
}

// TestOrderingKey: the user id as text, however it is written, else the anonymous id.
func TestOrderingKey(t *testing.T) {
	m := newMapper(t, transform.Options{})
	for value, key := range map[string]string{
		`{"type":"track","event":"e","userId":"Zoë","anonymousId":"v"}`:         "Zoë",
		`{"type":"identify","userId":"Zo\u00eb","anonymousId":"w"}`:             "Zoë",
		`{"type":"page","name":"p","userId":42}`:                                "42",
		`{"type":"screen","name":"s","userId":"42"}`:                            "42",
		`{"type":"track","event":"e","context":{"traits":{"id":42}}}`:           "42",
		`{"type":"track","event":"e","userId":"cio_a3"}`:                        "cio_a3",
		`{"type":"track","event":"e","userId":"","anonymousId":"v"}`:            "v",
		`{"type":"track","event":"e","anonymousId":"v","traits":{"userId":""}}`: "v",
	} {
		if op, _ := mapOne(t, m, value); op.Key != sink.KeyHashString(key) {
			t.Errorf("%s: another key than that of %s", value, key)
		}
	}
}

// TestOneKeyForOnePerson: what Customer.io does not tell apart shares an ordering key.
func TestOneKeyForOnePerson(t *testing.T) {
	m := newMapper(t, transform.Options{Identifiers: transform.Identifiers{UserID: transform.UserIDCioID}})
	const external = `{"type":"track","event":"e","context":{"externalId":[{"type":"CUSTOMERIO-1","id":"a3","identifierType":"cio_id"}]}}`
	for _, value := range []string{`{"type":"track","event":"e","userId":"cio_a3"}`, `{"type":"track","event":"e","userId":"a3"}`, external} {
		if op, _ := mapOne(t, m, value); op.Key != sink.KeyHashString("cio_a3") {
			t.Errorf("%s: another key than that of cio_a3", value)
		}
	}
}

// TestWhatGoesFirst: where attributes are too many, an address and what somebody subscribed to stay.
func TestWhatGoesFirst(t *testing.T) {
	m := newMapper(t, transform.Options{Subscriptions: []transform.Subscription{{Trait: "newsletter", Sets: "topic_3"}}})
	var b strings.Builder
	for i := range 310 {
		fmt.Fprintf(&b, `"n%03d":%d,`, i, i)
	}
	op, _ := mapOne(t, m, `{"type":"identify","userId":"u","traits":{`+b.String()+`"newsletter":false,"email":"a@b.de","unsubscribed":true}}`)
	attrs := schema.Value(op.Body).Member("attributes")
	for name, want := range map[string]string{
		"email": `"a@b.de"`, "unsubscribed": "true", "cio_subscription_preferences.topics.topic_3": "false", "n000": "0", "n309": "",
	} {
		if got := string(attrs.Member(name)); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
}

func TestAtMost300Attributes(t *testing.T) {
	var b strings.Builder
	for i := range 310 {
		fmt.Fprintf(&b, `,"n%03d":%d`, i, i)
	}
	value := `{"type":"identify","userId":"u","anonymousId":"v","traits":{` + b.String()[1:] + `,"n000":"again"}}`
	op, out := mapOne(t, newMapper(t, transform.Options{}), value)
	n, first := 0, ""
	for m := schema.Value(op.Body).Member("attributes").Members(); m.Next(); n++ {
		if string(m.Name) == "n000" {
			first = string(m.Value)
		}
	}
	if n != customerio.Attrs-1 || first != `"again"` {
		t.Errorf("%d attributes, n000 = %s", n, first)
	}
	var left []sink.Change
	for i := 297; i < 310; i++ { // created_at, anonymous_id and the time take three places
		left = append(left, sink.Change{Field: fmt.Sprintf("traits.n%03d", i), Why: sink.WhyAttrCount})
	}
	// The event has no time of its own.
	left = append([]sink.Change{{Field: "timestamp", Why: sink.WhyTimeOfRecord}}, left...)
	if diff := cmp.Diff(left, out.Changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

func TestLargeEvents(t *testing.T) {
	m := newMapper(t, transform.Options{})
	event := func(properties int) string {
		return `{"type":"track","event":"e","userId":"u","properties":{"x":"` + strings.Repeat("x", properties-8) + `"}}`
	}
	op, out := mapOne(t, m, event(customerio.EventDataBytes))
	if !out.Mapped() || len(op.Body) < customerio.EventDataBytes {
		t.Errorf("at the limit: %+v", out)
	}
	_, out = mapOne(t, m, event(customerio.EventDataBytes+1))
	want := sink.Outcome{
		Reason: sink.ReasonTooLarge, Field: "properties",
		Detail: "the properties are 100001 bytes long, Customer.io takes 100000",
	}
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("over the limit (-want +got):\n%s", diff)
	}
}

// TestValueAtTheLimit: a text is measured without quotes and escapes, all else as JSON.
func TestValueAtTheLimit(t *testing.T) {
	m := newMapper(t, transform.Options{})
	for value, fits := range map[string]bool{
		strconv.Quote(strings.Repeat("x", 1000)):   true,
		strconv.Quote(strings.Repeat("x", 1001)):   false,
		strconv.Quote(strings.Repeat(`"`, 1000)):   true,
		strconv.Quote(strings.Repeat("é", 501)):    false,
		"[" + strings.Repeat("1", 998) + "]":       true,
		"[" + strings.Repeat("1", 999) + "]":       false,
		`{"a":"` + strings.Repeat("x", 992) + `"}`: true,
		`{"a":"` + strings.Repeat("x", 993) + `"}`: false,
	} {
		op, _ := mapOne(t, m, `{"type":"identify","userId":"u","traits":{"x":`+value+`}}`)
		if got := schema.Value(op.Body).Member("attributes").Member("x") != nil; got != fits {
			t.Errorf("value of %d bytes: kept = %t, want %t", len(value), got, fits)
		}
	}
}

// TestConcurrentMapping maps the corpus in many goroutines and wants the bytes that one makes.
func TestConcurrentMapping(t *testing.T) {
	m := newMapper(t, transform.Options{})
	bodies := func() (all []string) {
		for _, line := range events.All() {
			evs, err := schema.Decode(nil, line, schema.Limits{})
			if err != nil {
				t.Error(err)
				continue
			}
			ops, out := m.Map(nil, &evs[0], schema.Source{Time: recordTime()})
			all = append(all, string(out.Reason))
			for i := range ops {
				all = append(all, string(ops[i].Body))
			}
		}
		return all
	}
	want := bodies()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if diff := cmp.Diff(want, bodies()); diff != "" {
				t.Errorf("other bytes beside others (-alone +beside):\n%s", diff)
			}
		})
	}
	wg.Wait()
}

// TestMapKeepsNothing: operations are their own memory.
func TestMapKeepsNothing(t *testing.T) {
	m := newMapper(t, transform.Options{})
	value := []byte(`{"type":"identify","userId":"user","messageId":"m","traits":{"plan":"gold","address":{"zip":"1"}}}`)
	evs, err := schema.Decode(nil, value, schema.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	ops, _ := m.Map(nil, &evs[0], schema.Source{Time: recordTime()})
	before := string(ops[0].Body)
	for i := range value {
		value[i] = 'x'
	}
	mapOne(t, m, `{"type":"track","event":"another","userId":"another"}`)
	if diff := cmp.Diff(before, string(ops[0].Body)); diff != "" {
		t.Errorf("the operation has changed:\n%s", diff)
	}
}

// TestChangesOfRulesAreBoundedToo: rules of the configuration tell their changes after others, and before more.
func TestChangesOfRulesAreBoundedToo(t *testing.T) {
	m := newMapper(t, transform.Options{Shaping: shape.Options{Rules: []shape.Rule{{Keep: []string{"a", "b", "city"}}}}})
	var many strings.Builder
	for i := range 500 {
		fmt.Fprintf(&many, `,"%x":1`, i)
	}
	_, out := mapOne(t, m, `{"type":"identify","userId":"u","messageId":"m","originalTimestamp":"yesterday",
		"traits":{"city":"A","address":{"city":"B"}`+many.String()+`}}`)
	if len(out.Changes) != sink.MaxChanges || out.Changes[0].Why != sink.WhyCollision {
		t.Errorf("%d changes, the first of them %v", len(out.Changes), out.Changes[:1])
	}
}

// TestHostileEvents: what is huge in one direction is mapped in time linear in its size, within
// bounds, and leaves nothing behind for the next event.
func TestHostileEvents(t *testing.T) {
	m := newMapper(t, transform.Options{})
	var many strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&many, `,"%x":1`, i)
	}
	op, out := mapOne(t, m, `{"type":"identify","userId":"u","messageId":"m","traits":{`+many.String()[1:]+`}}`)
	if len(out.Changes) != sink.MaxChanges || len(op.Body) > 300*20 {
		t.Errorf("%d changes, item of %d bytes", len(out.Changes), len(op.Body))
	}
	long := strings.Repeat("x", 3<<20)
	for _, value := range []string{
		`{"type":"track","event":"` + long + `","userId":"u"}`,
		`{"type":"track","event":"e","userId":"u","messageId":"` + long + `"}`,
		`{"type":"screen","name":"` + long + `","userId":"u"}`,
		`{"type":"identify","userId":"u","traits":{"` + long + `":1}}`,
	} {
		if op, out := mapOne(t, m, value); !out.Mapped() || len(op.Body) > 1000 {
			t.Errorf("%.40s…: %v", value, out.Reason)
		}
	}
	if _, out := mapOne(t, m, `{"type":"track","event":"e","userId":"`+long+`"}`); out.Field != "userId" {
		t.Errorf("long user id: %v", out)
	}
}
