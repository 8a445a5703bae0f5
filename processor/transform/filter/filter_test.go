package filter_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor/transform/expression"
	"github.com/pintle-io/pintle/processor/transform/filter"
	"github.com/pintle-io/pintle/processor/transform/option"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
	"github.com/pintle-io/pintle/sink"
)

// judge returns what a filter makes of one event.
func judge(tb testing.TB, o filter.Options, value string) sink.Outcome {
	tb.Helper()
	f, err := filter.New(o)
	if err != nil {
		tb.Fatalf("%+v: %v", o, err)
	}
	evs, err := schema.Decode(nil, []byte(value), schema.Limits{})
	if err != nil {
		tb.Fatalf("%s: %v", value, err)
	}
	var env expression.Env
	env.Reset(&evs[0])
	return f.Judge(&evs[0], &env)
}

// judgement is a case of the tests: an empty reason means that the event passes.
type judgement struct {
	value string
	want  sink.Reason
}

func check(t *testing.T, o filter.Options, cases []judgement) {
	t.Helper()
	for _, c := range cases {
		want := sink.Outcome{Filtered: c.want != "", Reason: c.want}
		if diff := cmp.Diff(want, judge(t, o, c.value)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.value, diff)
		}
	}
}

func TestEvents(t *testing.T) {
	cases := func(shop, other, nameless sink.Reason) []judgement {
		return []judgement{
			{`{"type":"track","event":"Shop Opened"}`, shop},
			{`{"type":"track","event":" Shop Opened\t"}`, shop},
			{`{"type":"track","event":"Shop\u0020Opened"}`, shop},
			{`{"type":"track","event":"shop opened"}`, other},
			{`{"type":"track","event":"Shop"}`, other},
			{`{"type":"track"}`, nameless},
			{`{"type":"track","event":" "}`, nameless},
			{`{"type":"track","event":["Shop Opened"]}`, nameless},
			{`{"type":"page","event":"Shop Opened","name":"Shop Opened"}`, ""},
			{`{"type":"identify"}`, ""},
		}
	}
	const off = sink.ReasonEventFiltered
	check(t, filter.Options{AllowEvents: []string{"Shop Opened ", "Gone"}}, cases("", off, off))
	check(t, filter.Options{DenyEvents: []string{" Shop Opened", "Gone"}}, cases(off, "", ""))
	check(t, filter.Options{AllowEvents: []string{"Shop Opened"}, DenyEvents: []string{"Gone"}}, cases("", off, off))
	number := `{"type":"track","event":12345}`
	check(t, filter.Options{DenyEvents: []string{"12345"}}, []judgement{{number, off}})
	check(t, filter.Options{AllowEvents: []string{"12345"}}, []judgement{{number, ""}})
}

func TestChannelsAndSources(t *testing.T) {
	const off = sink.ReasonEventFiltered
	check(t, filter.Options{ExcludeChannels: []string{" Web", "sources"}}, []judgement{
		{`{"type":"track","channel":"web"}`, off},
		{`{"type":"identify","channel":"WEB"}`, off},
		{`{"type":"track","channel":" sources "}`, off},
		{`{"type":"track","channel":"mobile"}`, ""},
		{`{"type":"track","channel":["web"]}`, ""},
		{`{"type":"track"}`, ""},
	})
	check(t, filter.Options{ExcludeSources: []string{"s-1", " RudderLabs JavaScript SDK"}}, []judgement{
		{`{"type":"track","sourceId":"s-1"}`, off},
		{`{"type":"page","context":{"sourceId":"s-1"}}`, off},
		{`{"type":"page","context":{"library":{"name":"RudderLabs JavaScript SDK"}}}`, off},
		{`{"type":"track","sourceId":"S-1","context":{"sourceId":"s-2","library":{"name":"analytics"}}}`, ""},
		{`{"type":"track","sourceId":1}`, ""},
		{`{"type":"track"}`, ""},
	})
}

func TestConsent(t *testing.T) {
	said := func(members string) string {
		return `{"type":"track","context":{"consentManagement":` + members + `}}`
	}
	const off = sink.ReasonConsent
	for _, c := range []struct {
		management string
		// The outcome when a and b are asked for: all or any, leniently or strictly.
		all, any, allStrict, anyStrict sink.Reason
	}{
		{`{}`, "", "", off, off},
		{`null`, "", "", off, off},
		{`"odd"`, "", "", off, off},
		{`{"allowedConsentIds":"a","deniedConsentIds":"a"}`, "", "", off, off},
		{`{"allowedConsentIds":{"a":"b"},"deniedConsentIds":{"a":"b"}}`, "", "", off, off},
		{`{"allowedConsentIds":["a","b"],"deniedConsentIds":[]}`, "", "", "", ""},
		{`{"allowedConsentIds":["c"],"deniedConsentIds":["d"]}`, "", "", off, off},
		{`{"allowedConsentIds":[1,null,["a"],"\u0061"]}`, "", "", off, ""},
		{`{"allowedConsentIds":["b"],"deniedConsentIds":["a"]}`, off, "", off, ""},
		{`{"deniedConsentIds":[{},"\u0061"]}`, off, "", off, off},
		{`{"deniedConsentIds":["b","a"]}`, off, off, off, off},
		{`{"allowedConsentIds":["a","b"],"deniedConsentIds":["a"]}`, off, "", off, ""},
		{`{"allowedConsentIds":["A","B"],"deniedConsentIds":["A","B"]}`, "", "", off, off},
	} {
		for _, way := range []struct {
			any, strict bool
			want        sink.Reason
		}{{false, false, c.all}, {true, false, c.any}, {false, true, c.allStrict}, {true, true, c.anyStrict}} {
			o := filter.Options{Consent: filter.Consent{IDs: []string{"a", " b "}, Any: way.any, Strict: way.strict}}
			got := judge(t, o, said(c.management))
			if diff := cmp.Diff(sink.Outcome{Filtered: way.want != "", Reason: way.want}, got); diff != "" {
				t.Errorf("%s, any %v, strict %v (-want +got):\n%s", c.management, way.any, way.strict, diff)
			}
		}
	}
	check(t, filter.Options{Consent: filter.Consent{IDs: []string{"a"}}}, []judgement{{`{"type":"track"}`, ""}, {`{"type":"track","context":[]}`, ""}})
	check(t, filter.Options{Consent: filter.Consent{IDs: []string{"a"}, Strict: true}}, []judgement{{`{"type":"track"}`, off}, {`{"type":"track","context":[]}`, off}})
}

func TestWhere(t *testing.T) {
	o := filter.Options{Where: `type != "track" or properties.total > 10`}
	check(t, o, []judgement{
		{`{"type":"track","properties":{"total":11}}`, ""},
		{`{"type":"track","properties":{"total":10}}`, sink.ReasonEventFiltered},
		{`{"type":"identify"}`, ""},
	})
	want := sink.Outcome{
		Reason: sink.ReasonInvalid,
		Field:  "filters.where",
		Detail: "the expression fails on this event at line 1, column 37: an operand has another type than it needs, or is missing; " +
			"guard it, for example with (properties.price ?? 0) or context.page?.url",
	}
	if diff := cmp.Diff(want, judge(t, o, `{"type":"track","properties":{"total":"many"}}`)); diff != "" {
		t.Errorf("an expression that fails (-want +got):\n%s", diff)
	}
}

// TestOrder judges events to which several rules apply: the earlier one is told.
func TestOrder(t *testing.T) {
	o := filter.Options{
		DenyEvents:      []string{"Off"},
		ExcludeChannels: []string{"off"},
		Consent:         filter.Consent{IDs: []string{"a"}},
		Where:           `properties.x > 1`, // fails on all of these
	}
	member := []string{
		`"context":{"integration":{"name":"Customer.io"},"consentManagement":{"deniedConsentIds":["a"]}}`,
		`"integrations":{"All":false}`, `"channel":"off"`, `"context":{"consentManagement":{"deniedConsentIds":["a"]}}`, `"event":"Off"`,
	}
	check(t, o, []judgement{
		{`{"type":"track",` + strings.Join([]string{member[0], member[1], member[2], member[4]}, ",") + `}`, sink.ReasonLoop},
		{`{"type":"track",` + strings.Join(member[1:], ",") + `}`, sink.ReasonIntegrationOff},
		{`{"type":"track",` + strings.Join(member[2:], ",") + `}`, sink.ReasonEventFiltered},
		{`{"type":"track",` + strings.Join(member[3:], ",") + `}`, sink.ReasonConsent},
		{`{"type":"track",` + strings.Join(member[4:], ",") + `}`, sink.ReasonEventFiltered},
	})
	if out := judge(t, o, `{"type":"track","event":"On"}`); out.Field != "filters.where" {
		t.Errorf("%+v, want the expression to fail", out)
	}
}

func TestOptionErrors(t *testing.T) {
	for _, c := range []struct {
		options filter.Options
		want    option.Error
	}{
		{
			filter.Options{AllowEvents: []string{"A", " \t"}},
			option.Error{Key: "filters.allow_events", Text: "entry 2 is blank: write the name of a track event, or remove the entry"},
		},
		{
			filter.Options{DenyEvents: []string{""}},
			option.Error{Key: "filters.deny_events", Text: "entry 1 is blank: write the name of a track event, or remove the entry"},
		},
		{
			filter.Options{AllowEvents: []string{"A", "B"}, DenyEvents: []string{"C", "B "}},
			option.Error{Key: "filters.deny_events", Text: `the name "B" is in filters.allow_events too: remove it from one of the two`},
		},
		{
			filter.Options{ExcludeChannels: []string{""}},
			option.Error{Key: "filters.exclude_channels", Text: "entry 1 is blank: write a channel such as web, mobile or server, or remove the entry"},
		},
		{
			filter.Options{ExcludeSources: []string{""}},
			option.Error{Key: "filters.exclude_sources", Text: "entry 1 is blank: write the id of a source or the name of a library, or remove the entry"},
		},
		{
			filter.Options{Consent: filter.Consent{IDs: []string{"a", ""}}},
			option.Error{Key: "filters.consent", Text: "entry 2 is blank: write the id of a consent, or remove the entry"},
		},
		{
			filter.Options{Consent: filter.Consent{Strict: true}},
			option.Error{Key: "filters.consent", Text: "it names no consent, so that nothing is asked for: list the ids of those that Customer.io needs, or remove it"},
		},
		{
			filter.Options{Where: "true and\n  propertis.x"},
			option.Error{Key: "filters.where", Line: 2, Column: 3, Text: "unknown name propertis; did you mean properties?"},
		},
		{
			filter.Options{Where: " "},
			option.Error{Key: "filters.where", Line: 1, Column: 1, Text: "an expression is empty; write one, or remove the key"},
		},
	} {
		_, err := filter.New(c.options)
		got, ok := errors.AsType[*option.Error](err)
		if !ok {
			t.Errorf("%+v: %v", c.options, err)
			continue
		}
		if diff := cmp.Diff(c.want, *got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.options, diff)
		}
	}
}

// decoded returns the events of the corpus.
func decoded(tb testing.TB) (evs []schema.Event) {
	tb.Helper()
	for _, line := range events.All() {
		var err error
		if evs, err = schema.Decode(evs, line, schema.Limits{}); err != nil {
			tb.Fatal(err)
		}
	}
	return evs
}

// TestZeroAllocations holds that a Filter of lists, and one of none, takes no memory. An escaped name
// or text in an event does.
func TestZeroAllocations(t *testing.T) {
	all, err := filter.New(filter.Options{
		DenyEvents: []string{"a"}, AllowEvents: []string{"b"}, ExcludeChannels: []string{"c"}, ExcludeSources: []string{"d"},
		Consent: filter.Consent{IDs: []string{"e"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	evs := slices.DeleteFunc(decoded(t), func(ev schema.Event) bool { return bytes.IndexByte(ev.Raw, '\\') >= 0 })
	if len(evs) < 100 {
		t.Fatalf("only %d events", len(evs))
	}
	for name, f := range map[string]*filter.Filter{"zero": new(filter.Filter), "lists": all} {
		if n := testing.AllocsPerRun(10, func() {
			for i := range evs {
				f.Judge(&evs[i], nil)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations for all events", name, n)
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	evs := decoded(b)
	for _, c := range []struct {
		name    string
		options filter.Options
	}{
		{"zero", filter.Options{}},
		{"deny", filter.Options{DenyEvents: []string{"a", "b"}}},
		{"where", filter.Options{Where: `event != "a"`}},
	} {
		b.Run(c.name, func(b *testing.B) {
			f, err := filter.New(c.options)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var env expression.Env
			for i := 0; b.Loop(); i++ {
				ev := &evs[i%len(evs)]
				env.Reset(ev)
				f.Judge(ev, &env)
			}
		})
	}
}
