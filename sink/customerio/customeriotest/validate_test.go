package customeriotest

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func long(n int) string { return strings.Repeat("x", n) }

// attributes returns n attributes.
func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"a` + strings.Repeat("y", i/26) + string(rune('a'+i%26)) + `":1`)
	}
	return b.String()
}

const (
	onePer  = "must contain exactly one of id, email or cio_id"
	aTime   = "must be a unix timestamp"
	persons = "must be one of add_device, add_relationships, delete, delete_device, delete_relationships, event, identify, merge, page, screen, suppress or unsuppress"
	objects = "must be one of add_relationships, delete, delete_relationships, identify or identify_anonymous"
	types   = "must be one of delivery, object or person"
)

type invalidItem struct {
	name string
	item string
	want []string // reason, field and message of each error
}

func invalidItems() []invalidItem {
	ev := func(rest string) string {
		return `{"type":"person","action":"event","identifiers":{"id":"1"},"timestamp":1,"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"` + rest + `}`
	}
	id := func(rest string) string {
		return `{"type":"person","action":"identify","identifiers":{"id":"1"},"timestamp":1` + rest + `}`
	}
	who := func(identifiers string) string { return act("delete", identifiers) }
	dev := func(device string) string {
		return `{"type":"person","action":"add_device","identifiers":{"id":"1"},"device":` + device + `}`
	}
	mrg := func(rest string) string { return `{"type":"person","action":"merge"` + rest + `}` }
	obj := func(rest string) string { return `{"type":"object"` + rest + `}` }
	return []invalidItem{
		{"no type", `{"action":"delete"}`, []string{"required|type|" + types}},
		{"null type", `{"type":null}`, []string{"required|type|" + types}},
		{"type", `{"type":"animal"}`, []string{"invalid|type|" + types}},
		{"object without action", obj(``), []string{"required|action|" + objects}},
		{"object action", obj(`,"action":"event"`), []string{"invalid|action|" + objects}},
		{"no action", `{"type":"person"}`, []string{"required|action|" + persons}},
		{"action", `{"type":"person","action":"track"}`, []string{"invalid|action|" + persons}},
		{"no identifiers", `{"type":"person","action":"delete"}`, []string{"required|identifiers|must be present"}},
		{"no identifier", who(``), []string{"invalid|identifiers|" + onePer}},
		{"two identifiers", who(`"id":"1","email":"a@b.co"`), []string{"invalid|identifiers|" + onePer}},
		{"identifiers a list", `{"type":"person","action":"delete","identifiers":["id"]}`, []string{"invalid|identifiers|" + onePer}},
		{"phone is off", who(`"phone":"+14155550100"`), []string{"invalid|identifiers|" + onePer}},
		{"anonymous delete", who(`"anonymous_id":"a"`), []string{"invalid|identifiers|" + onePer}},
		{"blank id", who(`"id":"  "`), []string{"invalid|identifiers.id|must be a non-empty string"}},
		{"number as id", who(`"id":42`), []string{"invalid|identifiers.id|must be a non-empty string"}},
		{"long id", who(`"id":"` + long(151) + `"`), []string{"invalid|identifiers.id|cannot be longer than 150 bytes"}},
		{"long id in bytes", who(`"id":"` + long(149) + `é"`), []string{"invalid|identifiers.id|cannot be longer than 150 bytes"}},
		{"email", who(`"email":"Jo <jo@b.co>"`), []string{"invalid|identifiers.email|must be a valid email address"}},
		{"cio_id with prefix", who(`"cio_id":"cio_a3"`), []string{"invalid|identifiers.cio_id|invalid cio_id"}},
		{"no name", ev(``), []string{"required|name|must be present"}},
		{"blank name", ev(`,"name":" "`), []string{"required|name|must be present"}},
		{"long name", ev(`,"name":"` + long(101) + `"`), []string{"invalid|name|cannot be longer than 100 bytes"}},
		{"long name in bytes", ev(`,"name":"` + long(99) + `é"`), []string{"invalid|name|cannot be longer than 100 bytes"}},
		{"event attributes", ev(`,"name":"n","attributes":[]`), []string{"invalid|attributes|must be an object"}},
		{
			"ULID", `{"type":"person","action":"page","identifiers":{"id":"1"},"name":"n","timestamp":1,"id":"evt_123"}`,
			[]string{"invalid|id|must be a valid ULID"},
		},
		{
			"ULID above the range", `{"type":"person","action":"page","identifiers":{"id":"1"},"name":"n","timestamp":1,"id":"81ARZ3NDEKTSV4RRFFQ69G5FAV"}`,
			[]string{"invalid|id|must be a valid ULID"},
		},
		{"text timestamp", `{"type":"person","action":"identify","identifiers":{"id":"1"},"timestamp":"1700000000"}`, []string{"invalid|timestamp|" + aTime}},
		{"fraction", `{"type":"person","action":"identify","identifiers":{"id":"1"},"timestamp":1700000000.5}`, []string{"invalid|timestamp|" + aTime}},
		{"exponent", `{"type":"person","action":"identify","identifiers":{"id":"1"},"timestamp":17e8}`, []string{"invalid|timestamp|" + aTime}},
		{"301 attributes", id(`,"attributes":{` + attributes(301) + `}`), []string{"invalid|attributes|cannot have more than 300 attributes"}},
		{"attribute name", id(`,"attributes":{"` + long(151) + `":1}`), []string{"invalid|attributes." + long(151) + "|property name cannot be longer than 150 bytes"}},
		{"attribute value", id(`,"attributes":{"a":"` + long(1001) + `"}`), []string{"invalid|attributes.a|property value cannot be longer than 1000 bytes"}},
		{"attribute value in bytes", id(`,"attributes":{"a":"` + long(999) + `é"}`), []string{"invalid|attributes.a|property value cannot be longer than 1000 bytes"}},
		{"attribute object", id(`,"attributes":{"a":["` + long(997) + `"]}`), []string{"invalid|attributes.a|property value cannot be longer than 1000 bytes"}},
		{"no device", `{"type":"person","action":"delete_device","identifiers":{"id":"1"}}`, []string{"required|device.token|must be present"}},
		{"token under the key of v1", dev(`{"id":"t","platform":"ios"}`), []string{"required|device.token|must be present"}},
		{"no platform", dev(`{"token":"t"}`), []string{"required|device.platform|must be one of android or ios"}},
		{"platform", dev(`{"token":"t","platform":"iOS"}`), []string{"invalid|device.platform|must be one of android or ios"}},
		{"last used", dev(`{"token":"t","platform":"ios","last_used":"today"}`), []string{"invalid|device.last_used|" + aTime}},
		{"merge without primary", mrg(`,"secondary":{"id":"1"}`), []string{"required|primary|" + onePer}},
		{"merge of two keys", mrg(`,"primary":{"id":"1"},"secondary":{"id":"1","email":"a@b.co"}`), []string{"invalid|secondary|" + onePer}},
		{"merge with itself", mrg(`,"primary":{"id":"1"},"secondary":{"id":"1"}`), []string{"invalid|primary|primary and secondary must differ"}},
		{"object id", obj(`,"action":"delete","identifiers":{"object_type_id":"1"}`), []string{"required|identifiers.object_id|must be present"}},
		{"object type", obj(`,"action":"delete","identifiers":{"object_id":"1"}`), []string{"required|identifiers.object_type_id|must be present"}},
		{"long object id", obj(`,"action":"delete","identifiers":{"object_type_id":"1","object_id":"` + long(151) + `"}`), []string{"invalid|identifiers.object_id|cannot be longer than 150 bytes"}},
		{"object type a name", obj(`,"action":"delete","identifiers":{"object_type_id":"company","object_id":"1"}`), []string{"invalid|identifiers.object_type_id|must be the number of an object type"}},
		{"object type a number", obj(`,"action":"delete","identifiers":{"object_type_id":1,"object_id":"1"}`), []string{"required|identifiers.object_type_id|must be present"}},
		{"object without identifiers", obj(`,"action":"delete"`), []string{"required|identifiers|must be present"}},
		{"unknown identifier", who(`"name":"Ada"`), []string{"invalid|identifiers|" + onePer}},
		{"attributes a list", id(`,"attributes":[1]`), []string{"invalid|attributes|must be an object"}},
		{"email attribute a number", id(`,"attributes":{"email":5}`), []string{"invalid|attributes.email|must be a string"}},
		{"device attributes a list", dev(`{"token":"t","platform":"ios","attributes":[]}`), []string{"invalid|device.attributes|must be an object of strings"}},
		{"name of a device attribute", dev(`{"token":"t","platform":"ios","attributes":{"` + long(151) + `":"v"}}`), []string{"invalid|attributes." + long(151) + "|property name cannot be longer than 150 bytes"}},
		{"device attribute", dev(`{"token":"t","platform":"ios","attributes":{"a":"` + long(1001) + `"}}`), []string{"invalid|attributes.a|property value cannot be longer than 1000 bytes"}},
		{"delivery without identifiers", `{"type":"delivery","name":"opened","attributes":{"x":1,"device_token":"t"}}`, []string{"required|identifiers|must be present"}},
		{"delivery without a token", `{"type":"delivery","identifiers":{"id":"d"},"name":"opened"}`, []string{"required|attributes.device_token|must be present"}},
		{"no relationships", act("add_relationships", `"id":"1"`), []string{"required|cio_relationships|must be present"}},
		{"delivery", `{"type":"delivery","action":"event","identifiers":{"id":"d"},"name":"lost","attributes":{"device_token":"t"}}`, []string{"invalid|name|must be one of converted, delivered or opened"}},
		{"several", ev(`,"name":"","attributes":1`), []string{"required|name|must be present", "invalid|attributes|must be an object"}},
		{"too large", ev(`,"name":"n","attributes":{"a":"` + long(32_000) + `"}`), []string{"invalid|body|must be 32kb or smaller"}},
	}
}

// answered reads the errors of an answer.
func answered(t *testing.T, answer string) (list []string, indexes []int) {
	t.Helper()
	var got struct {
		Errors []itemError `json:"errors"`
	}
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		t.Fatalf("the answer %s: %v", answer, err)
	}
	for _, e := range got.Errors {
		list = append(list, e.Reason+"|"+e.Field+"|"+e.Message)
		if e.Index != nil {
			indexes = append(indexes, *e.Index)
		}
	}
	return list, indexes
}

func TestInvalidItems(t *testing.T) {
	for _, row := range invalidItems() {
		t.Run(row.name, func(t *testing.T) {
			s, _ := start(Settings{})
			status, answer := do(t, s, http.MethodPost, "/api/v2/entity", row.item)
			got, indexes := answered(t, answer)
			if status != http.StatusBadRequest || len(indexes) > 0 {
				t.Errorf("the entity is answered %d with indexes %v", status, indexes)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("entity (-want +got):\n%s", diff)
			}
			for at := range 3 {
				items := []string{eventOf("g", 10*at), eventOf("g", 10*at+1), eventOf("g", 10*at+2)}
				items[at] = row.item
				status, answer := do(t, s, http.MethodPost, batchPath, batch(items...))
				got, indexes := answered(t, answer)
				if status != http.StatusMultiStatus {
					t.Errorf("at %d the answer is %d", at, status)
				}
				if diff := cmp.Diff(row.want, got); diff != "" {
					t.Errorf("at %d (-want +got):\n%s", at, diff)
				}
				for _, i := range indexes {
					if i != at {
						t.Errorf("at %d the index is %d", at, i)
					}
				}
			}
			if st := s.Stats(); st.Stored != 6 || st.Items != st.Stored+st.Rejected {
				t.Errorf("stored %d, rejected %d of %d: the valid items of a batch count", st.Stored, st.Rejected, st.Items)
			}
		})
	}
}

func TestAttributesAtTheEdge(t *testing.T) {
	s, _ := start(Settings{})
	must(t, s, identifyOf("1", noon, attributes(300)))
	if n := len(profile(t, s, "id", "1").Attributes); n != 300 {
		t.Errorf("%d attributes are kept", n)
	}
}

func TestAttributesTwice(t *testing.T) {
	for _, last := range []string{`{"b":2}`, `null`} {
		s, _ := start(Settings{})
		must(t, s, `{"type":"person","action":"identify","identifiers":{"id":"1"},"timestamp":1,"attributes":{"a":1},"attributes":`+last+`}`)
		if got := attr(t, s, "a"); got != "" {
			t.Errorf("the first of two attributes set %s although the second is %s", got, last)
		}
	}
}

func TestAllInvalid(t *testing.T) {
	s, _ := start(Settings{})
	body := batch(`{}`, `{"type":"person"}`)
	if status, answer := do(t, s, http.MethodPost, batchPath, body); status != http.StatusMultiStatus || !strings.Contains(answer, `"batch_index":1`) {
		t.Errorf("answer %d %s", status, answer)
	}
	s.Configure(Settings{AllInvalidStatus: http.StatusBadRequest})
	if status, answer := do(t, s, http.MethodPost, batchPath, body); status != http.StatusBadRequest || strings.Contains(answer, "batch_index") {
		t.Errorf("answer %d %s", status, answer)
	}
}

func TestSizes(t *testing.T) {
	s, _ := start(Settings{})
	fill := func(n int) string {
		head := `{"type":"person","action":"event","identifiers":{"id":"1"},"name":"n","timestamp":1,"attributes":{"a":"`
		return head + long(n-len(head)-3) + `"}}`
	}
	whole := func(n int) string {
		items := make([]string, 0, 17)
		left := n - len(batch())
		for left > 33_000 {
			items = append(items, fill(32_000))
			left -= 32_001
		}
		for half := left / 2; left > 0; left = 0 {
			items = append(items, fill(half), fill(left-half-1))
		}
		return batch(items...)
	}
	for _, row := range []struct {
		name, path, body string
		size, want       int
	}{
		{"batch", batchPath, whole(500_000), 500_000, http.StatusOK},
		{"larger batch", batchPath, whole(500_001), 500_001, http.StatusBadRequest},
		{"entity", "/api/v2/entity", fill(32_000), 32_000, http.StatusOK},
		{"larger entity", "/api/v2/entity", fill(32_001), 32_001, http.StatusBadRequest},
		{"item", batchPath, batch(fill(32_000)), 32_012, http.StatusOK},
		{"larger item", batchPath, batch(fill(32_001)), 32_013, http.StatusMultiStatus},
	} {
		if len(row.body) != row.size {
			t.Fatalf("%s: the test made %d bytes", row.name, len(row.body))
		}
		if status, answer := do(t, s, http.MethodPost, row.path, row.body); status != row.want {
			t.Errorf("%s: answer %d %s", row.name, status, answer)
		}
	}
	s.Configure(Settings{OversizeStatus: http.StatusRequestEntityTooLarge})
	if status, answer := do(t, s, http.MethodPost, batchPath, whole(500_001)); status != http.StatusRequestEntityTooLarge || !strings.Contains(answer, "<html>") {
		t.Errorf("answer %d %s", status, answer)
	}
}

func TestTextAtTheEdge(t *testing.T) {
	s, _ := start(Settings{})
	must(t, s,
		`{"type":"person","action":"identify","identifiers":{"id":"`+long(148)+`é"},"timestamp":1,"attributes":{"a":"`+long(998)+`é","`+long(148)+`é":"`+strings.Repeat(`\u00e9`, 500)+`"}}`,
		`{"type":"person","action":"event","identifiers":{"id":"1"},"timestamp":1,"id":"01arz3ndektsv4rrffq69g5fav","name":"`+long(98)+`é","attributes":{"a":"`+long(2000)+`"}}`)
	counts(t, "warnings", s.Stats().Warnings, `{}`)
}

func TestULID(t *testing.T) {
	for _, text := range []string{"01ARZ3NDEKTSV4RRFFQ69G5FAV", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "00000000000000000000000000", "0123456789ABCDEFGHJKMNPQRS"} {
		id, ok := ulid([]byte(text))
		if !ok || encodeULID(id) != text {
			t.Errorf("%s comes back as %s (%v)", text, encodeULID(id), ok)
		}
	}
	for _, text := range []string{"", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAI", "01ARZ3NDEKTSV4RRFFQ69G5FA\x10", "01ARZ3NDEKTSV4RRFFQ69G5FAé"} {
		if _, ok := ulid([]byte(text)); ok {
			t.Errorf("%q is taken for a ULID", text)
		}
	}
}
