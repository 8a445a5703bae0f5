package customeriotest

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const noon = 1_700_000_000

func TestStaleAttribute(t *testing.T) {
	s, _ := start(Settings{})
	must(t, s, identifyOf("1", noon+5, `"plan":"new","kept":1`), identifyOf("1", noon, `"plan":"old","city":"Oslo"`))
	if got := attr(t, s, "plan"); got != `"new"` {
		t.Errorf("the older identify set %s", got)
	}
	if got := attr(t, s, "city"); got != `"Oslo"` {
		t.Errorf("the attribute that was not known is %s", got)
	}
	counts(t, "drops", s.Stats().Drops, `{"stale_attribute":1}`)
	if got := s.Drops()[0]; got.Detail != "plan" || got.Index != 1 || got.Person != "1" {
		t.Errorf("the drop is %+v", got)
	}

	s, _ = start(Settings{StaleProfile: true})
	must(t, s, identifyOf("1", noon+5, `"plan":"new"`), identifyOf("1", noon, `"city":"Oslo"`))
	if got := attr(t, s, "city"); got != "" {
		t.Errorf("the older identify set %s", got)
	}
}

func TestSameSecond(t *testing.T) {
	s, _ := start(Settings{})
	must(t, s, identifyOf("1", noon, `"a":1,"_seq":1`), identifyOf("1", noon, `"a":1,"_seq":2`), identifyOf("1", noon, `"a":2,"_seq":3`))
	counts(t, "warnings", s.Stats().Warnings, `{"same_second_conflict":1}`)
	if got := attr(t, s, "a"); got != "2" {
		t.Errorf("a is %s, the later processed wins", got)
	}
}

func TestRemovedAttributeStaysRemoved(t *testing.T) {
	s, _ := start(Settings{})
	must(t, s, identifyOf("1", noon, `"a":1,"b":2`), identifyOf("1", noon+2, `"a":null,"b":""`), identifyOf("1", noon+1, `"a":3`))
	if p := profile(t, s, "id", "1"); len(p.Attributes) != 0 {
		t.Errorf("attributes %v", p.Attributes)
	}
	counts(t, "drops", s.Stats().Drops, `{"stale_attribute":1}`)
}

func TestSameULID(t *testing.T) {
	s, _ := start(Settings{})
	must(t, s, eventOf("1", 1), eventOf("1", 1))
	must(t, s, eventOf("1", 1), eventOf("1", 2))
	events := s.Events(EventFilter{})
	if len(events) != 2 || events[0].Times != 3 || events[1].Times != 1 {
		t.Errorf("events %+v", events)
	}
	st := s.Stats()
	if st.Resent != 2 || st.Duplicates != 0 || st.OrderViolations != 0 || st.Drops["duplicate_event"] != 2 {
		t.Errorf("stats %+v", st)
	}
	if n := len(profile(t, s, "id", "1").Events); n != 2 {
		t.Errorf("the person has %d events", n)
	}
}

func TestDedupeWindow(t *testing.T) {
	s, clock := start(Settings{DedupeWindow: time.Hour})
	must(t, s, eventOf("1", 1))
	clock.Time = clock.Add(2 * time.Hour)
	must(t, s, eventOf("1", 1))
	if st := s.Stats(); st.Resent != 0 || st.Duplicates != 1 {
		t.Errorf("resent %d, duplicates %d", st.Resent, st.Duplicates)
	}
}

func TestDuplicates(t *testing.T) {
	s, _ := start(Settings{})
	other := `{"type":"person","action":"event","identifiers":{"id":"1"},"name":"e","id":"` + ulidOf(77) + `","timestamp":1700000000,"attributes":{"_seq":1}}`
	without := `{"type":"person","action":"event","identifiers":{"id":"1"},"name":"e","timestamp":1700000000}`
	must(t, s, eventOf("1", 1), other, without, without)
	if st := s.Stats(); st.Duplicates != 2 || st.Resent != 1 {
		t.Errorf("duplicates %d, resent %d: one has another id, one has none", st.Duplicates, st.Resent)
	}
}

func TestOrder(t *testing.T) {
	s, _ := start(Settings{})
	must(t, s, eventOf("1", 1), eventOf("2", 9), eventOf("1", 3))
	must(t, s, eventOf("1", 1), eventOf("2", 9), eventOf("1", 3), eventOf("2", 10), eventOf("1", 4))
	if st := s.Stats(); st.OrderViolations != 0 || st.Resent != 3 {
		t.Errorf("violations %d, resent %d: repeats are in order", st.OrderViolations, st.Resent)
	}
	must(t, s, identifyOf("1", noon, `"_seq":2`), eventOf("1", 5))
	want := []Disorder{{Request: 3, Index: 0, Kind: "id", Person: "1", Seq: 2, After: 4}}
	if diff := cmp.Diff(want, s.Order()); diff != "" {
		t.Error(diff)
	}
	if p := profile(t, s, "id", "1"); p.LastSeq != 5 {
		t.Errorf("the last number is %d", p.LastSeq)
	}
}

func TestAnonymousWindow(t *testing.T) {
	anonymous := func(n int) string {
		return fmt.Sprintf(`{"type":"person","action":"event","identifiers":{"anonymous_id":"a"},"name":"e","id":%q,"timestamp":%d}`, ulidOf(n), noon)
	}
	for _, row := range []struct {
		late  time.Duration
		have  int
		drops string
	}{
		{4*time.Minute + 59*time.Second, 2, `{}`},
		{5*time.Minute + time.Second, 1, `{"anonymous_after_window":1}`},
	} {
		s, clock := start(Settings{})
		must(t, s, anonymous(1), identifyOf("1", noon, `"anonymous_id":"a"`))
		clock.Time = clock.Add(row.late)
		must(t, s, anonymous(2))
		if n := len(profile(t, s, "id", "1").Events); n != row.have {
			t.Errorf("%v late: the person has %d events", row.late, n)
		}
		counts(t, "drops", s.Stats().Drops, row.drops)
		must(t, s, identifyOf("2", noon, `"anonymous_id":"a"`))
		counts(t, "warnings", s.Stats().Warnings, `{"anonymous_id_reused":1}`)
	}
}

func TestMergeBeforeItsPrimary(t *testing.T) {
	s, _ := start(Settings{})
	merging := `{"type":"person","action":"merge","primary":{"id":"1"},"secondary":{"email":"a@b.co"}}`
	must(t, s, `{"type":"person","action":"identify","identifiers":{"email":"a@b.co"},"timestamp":5,"attributes":{"city":"Oslo"}}`)
	s.Pause(true)
	must(t, s, identifyOf("1", noon, `"a":1`), merging)
	if n := s.Stats().Waiting; n != 2 {
		t.Fatalf("%d wait", n)
	}
	s.Process(1)
	counts(t, "drops", s.Stats().Drops, `{"merge_no_primary":1}`)
	s.Pause(false)
	must(t, s, merging)
	if p := profile(t, s, "id", "1"); string(p.Attributes["city"]) != `"Oslo"` || len(p.Merged) != 1 {
		t.Errorf("merged into %+v", p)
	}
	if _, ok := s.Person("email", "a@b.co"); ok {
		t.Error("the secondary is still there")
	}
	must(t, s, merging)
	counts(t, "drops", s.Stats().Drops, `{"merge_no_primary":1,"merge_no_secondary":1}`)
}

func TestIDThatLooksLikeAnEmail(t *testing.T) {
	s, _ := start(Settings{})
	if status, _ := do(t, s, "PUT", "/api/v1/customers/a@b.co", `{"_timestamp":5}`); status != 200 {
		t.Fatal(status)
	}
	must(t, s, identifyOf("a@b.co", noon, ``))
	if n := len(s.People()); n != 2 {
		t.Errorf("%d people", n)
	}
	counts(t, "warnings", s.Stats().Warnings, `{"id_looks_like_email":1}`)
}

func TestSuppressed(t *testing.T) {
	s, _ := start(Settings{})
	device := `{"type":"person","action":"add_device","identifiers":{"id":"1"},"device":{"token":"t","platform":"ios"}}`
	must(t, s, identifyOf("1", noon, `"email":"a@b.co","a":1`), eventOf("1", 1), act("suppress", `"id":"1"`))
	must(t, s, identifyOf("1", noon+1, `"a":1`), eventOf("1", 2), device, act("delete", `"email":"A@b.co"`))
	counts(t, "drops", s.Stats().Drops, `{"suppressed":4}`)
	must(t, s, act("unsuppress", `"id":"1"`), identifyOf("1", noon+2, `"b":1`))
	if p := profile(t, s, "id", "1"); len(p.Events) != 0 || len(p.Attributes) != 1 {
		t.Errorf("what comes back is %+v", p)
	}
	s.Configure(Settings{SuppressedStatus: http.StatusBadRequest})
	if status, answer := do(t, s, "POST", "/api/v2/entity", act("delete", `"email":"a@b.co"`)); status != 400 {
		t.Errorf("answer %d %s", status, answer)
	}
}

func TestIdentifiers(t *testing.T) {
	for _, row := range []struct {
		name, first, then string
		people            int
		drops             string
	}{
		{"found by the body", act("identify", `"email":"a@b.co"`), identifyOf("1", noon, `"email":"A@b.co"`), 1, `{}`},
		{"changed", identifyOf("1", noon, `"email":"a@b.co"`), identifyOf("1", noon, `"email":"c@d.co"`), 1, `{"identifier_change_needs_cio_id":1}`},
		{"conflict", identifyOf("2", noon, `"email":"a@b.co"`), identifyOf("1", noon, `"email":"a@b.co"`), 2, `{"identifier_conflict":1}`},
		{"unknown cio_id", act("identify", `"id":"1"`), act("event", `"cio_id":"zz"`), 1, `{"unknown_cio_id":1}`},
		{"update only", act("identify", `"id":"1"`), identifyOf("2", noon, `"_update":true`), 1, `{"update_only_not_found":1}`},
	} {
		s, _ := start(Settings{})
		then := row.then
		if row.name == "unknown cio_id" {
			then = then[:len(then)-1] + `,"name":"n","id":"` + ulidOf(1) + `"}`
		}
		must(t, s, row.first, then)
		if n := len(s.People()); n != row.people {
			t.Errorf("%s: %d people", row.name, n)
		}
		counts(t, row.name+": drops", s.Stats().Drops, row.drops)
	}
}

func TestAutoMerge(t *testing.T) {
	s, _ := start(Settings{})
	must(t, s, act("identify", `"email":"a@b.co"`), identifyOf("1", noon, `"a":1`), identifyOf("1", noon, `"email":"a@b.co","b":2`))
	people := s.People()
	if len(people) != 1 || people[0].ID != "1" || people[0].Email != "a@b.co" || len(people[0].Attributes) != 2 {
		t.Errorf("people %+v", people)
	}

	s, _ = start(Settings{})
	must(t, s, act("identify", `"email":"a@b.co"`), eventOf("1", 1))
	s.Advance(31 * 24 * time.Hour)
	must(t, s, identifyOf("1", noon, `"email":"a@b.co"`))
	if p := profile(t, s, "id", "1"); len(p.Events) != 0 {
		t.Errorf("the events %v are older than 30 days", p.Events)
	}
}

func TestReasonsAmongManyNames(t *testing.T) {
	s, _ := start(Settings{BatchBytes: 100 << 20})
	items := make([]string, 0, 66_000)
	for i := range cap(items) {
		items = append(items, eventOf("person "+strconv.Itoa(i), i))
	}
	must(t, s, append(items, eventOf("person 0", 0))...)
	if got := s.LedgerOf(LedgerFilter{Since: len(items)}); len(got) != 1 || got[0].Reason != "duplicate_event" {
		t.Errorf("the last item is %+v", got)
	}
	if got := s.LedgerOf(LedgerFilter{Person: "person 0"}); len(got) != 2 || got[1].Number != len(items) {
		t.Errorf("the items of the first person are %+v", got)
	}
	if got := s.LedgerOf(LedgerFilter{Person: s.Ledger(0)[0].Person, Limit: 1}); len(got) != 1 || got[0].Identifier != "person 0" {
		t.Errorf("the item of the first person by its cio_id is %+v", got)
	}
}

func TestDevices(t *testing.T) {
	s, _ := start(Settings{})
	device := func(who, rest string) string {
		return `{"type":"person","action":"add_device","identifiers":{"id":"` + who + `"},"device":{"token":"t","platform":"ios"` + rest + `}}`
	}
	must(t, s, device("1", `,"last_used":5,"attributes":{"a":"b"}`), device("2", ``))
	want := map[string]Device{"t": {Platform: "ios", LastUsed: 1_800_000_000}}
	if diff := cmp.Diff(want, s.Devices("id", "2")); diff != "" {
		t.Error(diff)
	}
	counts(t, "warnings", s.Stats().Warnings, `{"device_on_two_people":1}`)
	must(t, s, `{"type":"person","action":"delete_device","identifiers":{"id":"1"},"device":{"token":"t"}}`)
	if d := s.Devices("id", "1"); len(d) != 0 {
		t.Errorf("devices %v", d)
	}
}

func TestObjects(t *testing.T) {
	s, _ := start(Settings{})
	must(t, s,
		`{"type":"person","action":"identify","identifiers":{"id":"1"},"timestamp":1,"cio_relationships":[{"identifiers":{"object_type_id":"1","object_id":"acme"},"relationship_attributes":{"role":"x"}}]}`,
		`{"type":"object","action":"identify","identifiers":{"object_type_id":"1","object_id":"acme"},"timestamp":1,"attributes":{"a":1}}`,
		`{"type":"object","action":"identify","identifiers":{"object_type_id":"9","object_id":"acme"},"timestamp":1}`)
	if p := profile(t, s, "id", "1"); string(p.Relations["1/acme"]) != `{"role":"x"}` {
		t.Errorf("relations %v", p.Relations)
	}
	if o := s.Objects()["1/acme"]; string(o.Attributes["a"]) != "1" {
		t.Errorf("object %+v", o)
	}
	counts(t, "drops", s.Stats().Drops, `{"unknown_object_type":1}`)
	must(t, s, `{"type":"object","action":"delete","identifiers":{"object_type_id":"1","object_id":"acme"}}`)
	if p := profile(t, s, "id", "1"); len(p.Relations) != 0 {
		t.Errorf("relations %v", p.Relations)
	}
}

func TestSilentDamage(t *testing.T) {
	for _, row := range []struct{ item, warning string }{
		{identifyOf("1", 1_700_000_000_000, ``), `{"future_timestamp":1,"ms_timestamp":1}`},
		{`{"type":"person","action":"identify","identifiers":{"id":"1"},"timestamp":1700000000.0}`, `{"fractional_timestamp":1}`},
		{`{"type":"person","action":"identify","identifiers":{"id":"1"}}`, `{"identify_without_timestamp":1}`},
		{`{"type":"person","action":"page","identifiers":{"id":"1"},"name":"p"}`, `{"event_without_id":1,"event_without_timestamp":1}`},
		{identifyOf("1", noon, `"created_at":1700000000000`), `{"ms_timestamp":1}`},
		{act("delete", `"id":"cio_1"`), `{"id_has_cio_prefix":1}`},
		{`{"type":"person","action":"delete","identifiers":{"id":"1"},"extra":1}`, `{"unknown_field":1}`},
	} {
		s, _ := start(Settings{})
		must(t, s, row.item)
		counts(t, row.item, s.Stats().Warnings, row.warning)
	}
}
