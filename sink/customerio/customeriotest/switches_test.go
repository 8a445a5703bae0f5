package customeriotest

import (
	"net/http"
	"strings"
	"testing"
)

func TestShapeOfErrors(t *testing.T) {
	const events, customer, name = "/api/v1/customers/1/events", "/api/v1/customers/1", "event name must not be blank"
	for _, row := range []struct {
		set                Settings
		method, path, body string
		want               string
	}{
		{Settings{ErrorShapeV1: "error"}, "POST", events, `{}`, `{"meta":{"error":"` + name + `"}}`},
		{Settings{ErrorShapeV1: "errors"}, "PUT", customer, `{"id":""}`, `{"meta":{"errors":["id attribute cannot be an empty string"]}}`},
		{
			Settings{},
			"POST", events, `{"timestamp":"x"}`, `{"meta":{"errors":["` + name + `","timestamp must be a unix timestamp"]}}`,
		},
		{
			Settings{FirstErrorOnly: true},
			"POST", "/api/v2/entity", strings.Replace(eventOf("1", 1), `"name":"e","id":"01`, `"id":"x`, 1),
			`{"errors":[{"reason":"required","field":"name","message":"must be present"}]}`,
		},
		{
			Settings{MaxBatchItems: 1},
			"POST", batchPath, batch(eventOf("1", 1), eventOf("1", 2)),
			`{"errors":[{"reason":"invalid","field":"batch","message":"has too many items"}]}`,
		},
		{
			Settings{BatchBytes: 3},
			"PUT", customer, `{"a":1}`, `{"meta":{"error":"request body too large"}}`,
		},
	} {
		s, _ := start(row.set)
		if status, answer := do(t, s, row.method, row.path, row.body); status != http.StatusBadRequest || answer != row.want {
			t.Errorf("%s %s: answer %d %s, want %s", row.path, row.body, status, answer, row.want)
		}
	}
}

func TestWorkspaces(t *testing.T) {
	anonymous := strings.Replace(eventOf("x", 1), `"id":"x"`, `"anonymous_id":"x"`, 1)
	for _, row := range []struct {
		name     string
		set      Settings
		items    []string
		before   string // drops or warnings without the settings
		then     string // and with them
		warnings bool
	}{
		{
			name: "email by id", set: Settings{EmailByID: true},
			items:  []string{identifyOf("1", noon, `"email":"a@b.co"`), identifyOf("1", noon, `"email":"c@d.co"`)},
			before: `{"identifier_change_needs_cio_id":1}`, then: `{}`,
		},
		{
			name: "no auto-merge", set: Settings{NoAutoMerge: true},
			items:  []string{act("identify", `"email":"a@b.co"`), identifyOf("1", noon, `"a":1`), identifyOf("1", noon, `"email":"a@b.co"`)},
			before: `{}`, then: `{"identifier_conflict":1}`,
		},
		{
			name: "history", set: Settings{WarnHistory: true}, warnings: true,
			items:  []string{eventOf("1", 1), identifyOf("1", noon, `"seen_at":"2026-11-23T12:00:00Z","at":"2026-11-23T12:00:00Z"`)},
			before: `{}`, then: `{"iso_timestamp_string":1,"no_campaign_72h":1}`,
		},
		{
			name: "future", warnings: true,
			items:  []string{strings.Replace(eventOf("1", 1), "1700000000", "1800000301", 1), strings.Replace(eventOf("1", 2), "1700000000", "1800000300", 1)},
			before: `{"future_timestamp":1}`, then: `{"future_timestamp":1}`,
		},
		{
			name: "creation", warnings: true,
			items:  []string{identifyOf("1", noon, `"created_at":1`), identifyOf("1", noon+1, `"created_at":1`), identifyOf("1", noon+2, `"created_at":2`)},
			before: `{"created_at_changed":1}`, then: `{"created_at_changed":1}`,
		},
		{
			name: "object types", set: Settings{ObjectTypes: []string{"2"}},
			items: []string{
				`{"type":"object","action":"identify","identifiers":{"object_type_id":"1","object_id":"o"},"timestamp":1}`,
				`{"type":"person","action":"add_relationships","identifiers":{"id":"1"},"cio_relationships":[{"identifiers":{"object_type_id":"1","object_id":"o"}}]}`,
			},
			before: `{}`, then: `{"unknown_object_type":2}`,
		},
		{
			name: "no anonymous merge", set: Settings{NoAnonymousMerge: true}, warnings: true,
			items:  []string{anonymous, identifyOf("1", noon, `"anonymous_id":"x"`), identifyOf("2", noon, `"anonymous_id":"x"`)},
			before: `{"anonymous_id_reused":1}`, then: `{}`,
		},
	} {
		for _, step := range []struct {
			set  Settings
			want string
		}{{Settings{}, row.before}, {row.set, row.then}} {
			s, _ := start(step.set)
			must(t, s, row.items...)
			got := s.Stats().Drops
			if row.warnings {
				got = s.Stats().Warnings
			}
			counts(t, row.name, got, step.want)
		}
	}
}

func TestV1Warnings(t *testing.T) {
	for _, row := range []struct{ method, path, body, warnings string }{
		{"POST", "/api/v1/events", `{"name":"n","timestamp":1,"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}`, `{"anonymous_event_without_id":1}`},
		{"POST", "/api/v1/events", `{"name":"n","timestamp":1,"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","data":{"recipient":"a@b.co"}}`, `{}`},
		{"POST", "/api/v1/customers/1/events", `{"name":"n","type":"screen","timestamp":1,"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","x":1}`, `{"unknown_field":1}`},
		{"PUT", "/api/v1/customers/cio_CIO", `{"_timestamp":1,"id":"cio_CIO"}`, `{"id_equals_cio_path":1}`},
	} {
		s, _ := start(Settings{})
		must(t, s, `{"type":"person","action":"identify","identifiers":{"email":"a@b.co"},"timestamp":1}`)
		cio := profile(t, s, "email", "a@b.co").CioID
		if status, answer := do(t, s, row.method, strings.ReplaceAll(row.path, "CIO", cio), strings.ReplaceAll(row.body, "CIO", cio)); status != 200 {
			t.Errorf("%s %s: answer %d %s", row.path, row.body, status, answer)
		}
		counts(t, row.path+" "+row.body, s.Stats().Warnings, row.warnings)
	}
	s, _ := start(Settings{})
	for _, kind := range []string{"page", "screen", "event"} {
		if status, answer := do(t, s, "POST", "/api/v1/customers/1/events", `{"name":"n","type":"`+kind+`"}`); status != 200 {
			t.Errorf("answer %d %s", status, answer)
		}
		if n := len(s.Events(EventFilter{Kind: kind})); n != 1 {
			t.Errorf("%d events are of the kind %s", n, kind)
		}
	}
}
