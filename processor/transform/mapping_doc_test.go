package transform_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
)

// section is one part of docs/mapping.md.
type section struct {
	typ, title, text string
	example          string // an event; empty: none
}

func sections() []section {
	return []section{
		{"", "Every event", "Who gets an event is asked first (`filters`), then rules of the configuration shape its traits or properties (`shaping`), then it is mapped: limits and reserved names hold for what the rules leave. Whom an event is about and when it happened is found the same way for every type.", ""},
		{
			"identify", "identify", "Creates the person or updates it. An attribute that is null goes as null: Customer.io removes it.",
			`{"type":"identify","userId":"my-userID","anonymousId":"v-1","messageId":"m-1","timestamp":"2026-11-20T08:00:00Z","context":{"traits":{"plan":"free","name":"Tintin"}},"traits":{"plan":"pro","createdAt":"2024-03-05T08:09:10Z","address":{"city":"Brussels","floor":2}}}`,
		},
		{
			"track", "track", "An event under the person's Activities, unless its name says that it is about a device or the person itself.",
			`{"type":"track","userId":"my-userID","event":"Order Completed","messageId":"m-1","timestamp":"2026-11-20T08:00:00Z","properties":{"revenue":12.5}}`,
		},
		{
			"device", "Device events", "Track events that say something about the device they come from. Order is kept for each person: when a phone changes hands, the old owner's removal and the new one's registration are two people's, and can arrive in either order.",
			`{"type":"track","userId":"my-userID","event":"Application Opened","messageId":"m-1","timestamp":"2026-11-20T08:00:00Z","properties":{"version":"2.3.0","from_background":false},"context":{"device":{"token":"t-1","type":"Android","model":"Pixel 8"},"os":{"name":"Android"}}}`,
		},
		{
			"page", "page", "A page view.",
			`{"type":"page","userId":"my-userID","name":"Home","messageId":"m-1","timestamp":"2026-11-20T08:00:00Z","properties":{"url":"https://example.com/"}}`,
		},
		{
			"screen", "screen", "An event, or by the profile current the view of a screen.",
			`{"type":"screen","userId":"my-userID","event":"Main","messageId":"m-1","timestamp":"2026-11-20T08:00:00Z"}`,
		},
		{
			"group", "group", "An object, and the person's relationship to it. Customer.io takes no time of an object: what arrives last counts. Order is kept for the person who comes with the group, not for the object: what two people say of one group within moments can arrive in either order, and so can a deletion.",
			`{"type":"group","userId":"my-userID","groupId":"company-77","messageId":"m-1","timestamp":"2026-11-20T08:00:00Z","traits":{"name":"Example GmbH","employees":120}}`,
		},
		{
			"alias", "alias", "A merge, which Customer.io does not undo. Before it goes an identify without attributes, since Customer.io ignores a merge into somebody it does not know: it has been acknowledged before the merge goes, but Customer.io processes what it has acknowledged later, so a small risk stays. The order of events is kept for the user id; events of the previous id that are still on their way can arrive after the merge, and then make that person anew.",
			`{"type":"alias","userId":"new-ID","previousId":"my-userID","messageId":"m-1","timestamp":"2026-11-20T08:00:00Z"}`,
		},
	}
}

// TestMappingDoc holds docs/mapping.md to the rules that run. -update writes it anew.
func TestMappingDoc(t *testing.T) {
	const path = "../../docs/mapping.md"
	got := mappingDoc(t)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-file +rules); -update writes it anew:\n%s", path, diff)
	}
}

// TestEveryRuleIsInTheDoc: a rule of a type without a section would be told nowhere.
func TestEveryRuleIsInTheDoc(t *testing.T) {
	doc, codes := string(mappingDoc(t)), map[string]bool{}
	for _, r := range transform.Rules() {
		if !strings.Contains(doc, "| `"+r.Code+"` |") || codes[r.Code] || r.How == "" || len(r.In) == 0 {
			t.Errorf("rule %q is not told, told twice, or says too little", r.Code)
		}
		codes[r.Code] = true
	}
}

func mappingDoc(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(`# Mapping

What events become at Customer.io, field by field. This page is made from the rules that run (` + "`go test ./processor/transform -run TestMappingDoc -update`" + `); ` + "`pintle preview`" + ` shows them at work on events of yours and names the rule of each field. The files in ` + "`processor/transform/testdata`" + ` show every rule by examples, [differences.md](differences.md) what RudderStack's own code makes of the same events.

Two profiles choose the defaults: ` + "`guide`" + ` (what RudderStack's guide for this destination promises; the default) and ` + "`current`" + ` (what RudderStack's code does today, without its faults). Each setting can be set alone, see [configuration.md](configuration.md).

| setting | guide | current |
| --- | --- | --- |
| ` + "`mapping.screens`: a screen is" + ` | an event | a screen |
| ` + "`mapping.created_at`: without a trait that says it" + ` | the event's time | left out |
| ` + "`mapping.identifiers.without_user_id`" + ` | ` + "`anonymous_as_id`" + ` | ` + "`email`, `anonymous_event`" + ` |

A place that is named first goes before those after it. *In* is where a rule looks in the event, *out* what it fills in the operation.
`)
	m := newMapper(t, transform.Options{})
	for _, s := range sections() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| rule | in | out | what it does | profile |\n| --- | --- | --- | --- | --- |\n", s.title, s.text)
		for _, r := range transform.Rules() {
			if r.Type == s.typ || s.typ != "" && strings.Contains(r.Type, s.typ) {
				writeRule(&b, r)
			}
		}
		if s.example != "" {
			writeExample(t, &b, m, s.example)
		}
	}
	b.WriteString(whatIsLeftOut)
	return b.Bytes()
}

func writeRule(b *bytes.Buffer, r transform.Rule) {
	profile := "both"
	if r.Profile != "" {
		profile = string(r.Profile)
	}
	fmt.Fprintf(b, "| `%s` | `%s` | `%s` | %s | %s |\n", r.Code, strings.Join(r.In, "`, `"), r.Out, r.How, profile)
}

// writeExample shows an event and what it becomes by the profile guide.
func writeExample(t *testing.T, b *bytes.Buffer, m *transform.Mapper, event string) {
	t.Helper()
	evs, err := schema.Decode(nil, []byte(event), schema.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	ops, out := m.Map(nil, &evs[0], schema.Source{Time: recordTime()})
	if !out.Mapped() {
		t.Fatalf("%s is not mapped: %+v", event, out)
	}
	b.WriteString("\n```json\n")
	indented(t, b, []byte(event))
	b.WriteString("```\n\nbecomes\n\n```json\n")
	for i := range ops {
		indented(t, b, ops[i].Body)
	}
	b.WriteString("```\n")
}

func indented(t *testing.T, b *bytes.Buffer, value []byte) {
	t.Helper()
	if err := json.Indent(b, value, "", "  "); err != nil {
		t.Fatal(err)
	}
	b.WriteByte('\n')
}

const whatIsLeftOut = `
## What does not become an operation

| outcome | when |
| --- | --- |
| filtered ` + "`unsupported_type`" + ` | the type is none of the six |
| filtered ` + "`loop`" + ` | the event came from Customer.io, by context.integration.name or context.library.name |
| filtered ` + "`integration_off`" + ` | ` + "`integrations`" + ` says false for Customer.io, in any of its spellings, or for All and has no entry for it |
| filtered ` + "`event_filtered`" + ` | filters of the configuration pass it over |
| filtered ` + "`consent`" + ` | the user did not agree to what ` + "`filters.consent`" + ` asks for |
| filtered ` + "`anonymous_identify`" + ` | an identify of a visitor, where anonymous events are on: the later identify of the user carries the traits |
| filtered ` + "`anonymous`" + ` | there is no user id, and ` + "`mapping.identifiers.without_user_id`" + ` lets nothing stand in |
| filtered ` + "`same_person`" + ` | an alias of somebody to the same person |
| letter ` + "`invalid`" + ` | an id, name, action or type is missing or cannot be one; an expression fails (the field is then the key of the configuration) |
| letter ` + "`too_large`" + ` | properties over 100,000 bytes |

## Limits

Customer.io's limits are applied before anything is sent, and what is changed is told by ` + "`pintle preview`" + ` and counted by the metric ` + "`pintle_mapping_changes_total`" + `.

| what | limit | what happens |
| --- | --- | --- |
| name of an event, page, screen | 100 bytes | cut at the end of a character: ` + "`name_cut`" + ` |
| id of a person or object | 150 bytes | letter ` + "`invalid`" + ` |
| name of an attribute | 150 bytes, not empty | left out: ` + "`attribute_name`" + ` |
| value of an attribute of a person, object, device, relationship | 1,000 bytes | left out: ` + "`attribute_value`" + ` |
| attributes of one identify, object or device | 300 | the rest left out: ` + "`attribute_count`" + ` |
| an operation | 32,000 bytes in a batch | events up to 100,000 bytes of properties and identifies of any size go by the v1 endpoint |
| an object | 32,000 bytes | attributes left out: ` + "`item_size`" + ` |
`
