package customeriotest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzBody sends any body to all endpoints that take one: none may panic, and what is not JSON by
// encoding/json's opinion must be refused.
func FuzzBody(f *testing.F) {
	for _, row := range invalidItems() {
		if len(row.item) < 4000 {
			f.Add(batch(row.item, eventOf("1", 1)))
			f.Add(row.item)
		}
	}
	for _, broken := range []string{
		`{"batch":[{"type":1 "x":2}]}`, `{"batch":[{"type"}]}`, `{"batch":[{type:1}]}`, `{"batch":[{"type:1}]}`, `{"batch":[{"attributes":{"a"}}]}`,
		`{"batch":[{"attributes":{"a":1,}}]}`, `{"batch":[{"x":{"a:1}}]}`, `{"batch":[{"x":"\u00zz"}]}`, `{"batch":[{},]}`, `{"batch":[{}}`, `{"batch":[{}]`,
		`{"batch":[{"x":{1:2}}]}`, `{"batch":[{"x":{"a":1`, `{"a":1`, `{"a`, `{`,
	} {
		f.Add(broken)
	}
	f.Add(`{"name":"n","id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","data":{"a\"\\":"\\"}}`)
	f.Add(`{"device":{"id":"t","platform":"ios"},"cio_relationships":{"action":"delete_relationships","relationships":[{"identifiers":{}}]}}`)
	f.Fuzz(func(t *testing.T, body string) {
		s, _ := start(Settings{})
		for _, to := range [][2]string{
			{"POST", batchPath},
			{"POST", "/api/v2/entity"},
			{"PUT", "/api/v1/customers/1"},
			{"PUT", "/api/v1/customers/1/devices"},
			{"POST", "/api/v1/customers/1/events"},
			{"POST", "/api/v1/merge_customers"},
		} {
			status, answer := do(t, s, to[0], to[1], body)
			if !slices.Contains([]int{http.StatusOK, http.StatusMultiStatus, http.StatusBadRequest}, status) || !json.Valid([]byte(answer)) {
				t.Errorf("%s: %d %s", to[1], status, answer)
			}
			isJSON := utf8.ValidString(body) && json.Valid([]byte(body))
			if status != http.StatusBadRequest && !isJSON {
				t.Errorf("%s: %d for what is not JSON", to[1], status)
			}
			isObject := isJSON && strings.HasPrefix(strings.TrimLeft(body, " \n\t\r"), "{")
			if refused := strings.Contains(answer, "must be valid JSON") || strings.Contains(answer, "malformed JSON"); refused && isObject && to[1] != batchPath {
				t.Errorf("%s: %s for what is", to[1], answer)
			}
		}
		s.People()
		s.Ledger(0)
		s.Events(EventFilter{})
	})
}

// FuzzScan compares what is taken for JSON with encoding/json's opinion.
func FuzzScan(f *testing.F) {
	for _, text := range []string{
		` {"a" : [1,-0.5e+10,"\u00e9\n\"",true,false,null,{}] } `, `[1,]`, `{"a":1,}`, `{"a"}`, `{,}`, `[`, `"`, `"\`, `"\u12`,
		`"12345678`, "\"1234567\x01\"", "\"12345678\x1f\"", `01`, `-`, `1.`, `1e`, `.5`, `tru`, `nul`, `{"a":1}}`, `"\x"`, "\"\x01n\"", "\"\x1f/\"", `[1;2]`, `{"a":1;"b":2}`, "\v1", `[1 2]`, `{"a":1 "b":2}`, ``, `1 2`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := valid([]byte(text)), json.Valid([]byte(text)); got != want {
			t.Errorf("%q is JSON: %v, want %v", text, got, want)
		}
	})
}
