package customeriotest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestRelations(t *testing.T) {
	const (
		element = `{"identifiers":{"object_type_id":"1","object_id":"acme"},"relationship_attributes":{"r":1}}`
		object  = `{"type":"object","identifiers":{"object_type_id":"1","object_id":"acme"}`
		people  = `"cio_relationships":[{"identifiers":{"id":"1"}},{"identifiers":{"id":"nobody"}}]}`
		byCioID = `{"type":"object","action":"delete_relationships","identifiers":{"cio_object_id":%q},"cio_relationships":[{"identifiers":{"id":"1"}}]}`
	)
	s, _ := start(Settings{})
	has := func(step string, want bool) {
		t.Helper()
		if _, got := profile(t, s, "id", "1").Relations["1/acme"]; got != want {
			t.Errorf("after %s: %v", step, got)
		}
	}
	v1 := func(action string) {
		t.Helper()
		body := `{"_timestamp":5,"cio_relationships":{"action":"` + action + `","relationships":[` + element + `]}}`
		if status, answer := do(t, s, "PUT", "/api/v1/customers/1", body); status != 200 {
			t.Fatalf("%d %s", status, answer)
		}
	}
	v1("add_relationships")
	has("v1 adds", true)
	v1("delete_relationships")
	has("v1 removes", false)
	must(t, s, `{"type":"person","action":"add_relationships","identifiers":{"id":"1"},"cio_relationships":[`+element+`]}`)
	has("the person adds", true)
	must(t, s, `{"type":"person","action":"delete_relationships","identifiers":{"id":"1"},"cio_relationships":[`+element+`]}`)
	has("the person removes", false)
	must(t, s, object+`,"action":"add_relationships",`+people)
	has("the object adds", true)
	counts(t, "drops", s.Stats().Drops, `{"unknown_person":1}`)
	must(t, s, fmt.Sprintf(byCioID, s.Objects()["1/acme"].CioID), fmt.Sprintf(byCioID, "ob99"))
	has("the object removes", false)
	counts(t, "drops", s.Stats().Drops, `{"unknown_object":1,"unknown_person":1}`)
	must(t, s, object+`,"action":"identify_anonymous","cio_relationships":[{"identifiers":{"anonymous_id":"x"}}]}`)
	has("somebody anonymous is added", false)
	must(t, s, identifyOf("1", noon, `"anonymous_id":"x"`))
	has("the person turns out to be the anonymous one", true)
	must(t, s, fmt.Sprintf(byCioID, s.Objects()["1/acme"].CioID),
		object+`,"action":"identify_anonymous","cio_relationships":[{"identifiers":{"anonymous_id":"x"}}]}`)
	has("the anonymous id is known", true)
	counts(t, "drops", s.Stats().Drops, `{"unknown_object":1,"unknown_person":1}`)
	must(t, s, object+`,"action":"identify","attributes":{"a":null}}`, object+`,"action":"identify_anonymous"}`,
		`{"type":"delivery","action":"event","identifiers":{"id":"d"},"name":"opened","attributes":{"device_token":"t"}}`)
}

func TestMerge(t *testing.T) {
	s, clock := start(Settings{})
	device := func(id string) string {
		return `{"type":"person","action":"add_device","identifiers":{"id":"` + id + `"},"device":{"token":"t` + id + `","platform":"ios"}}`
	}
	must(t, s, eventOf("old", 1))
	clock.Time = clock.Add(31 * 24 * time.Hour)
	must(t, s, identifyOf("old", noon, `"a":1,"b":2,"anonymous_id":"x"`), identifyOf("new", noon, `"b":3`), eventOf("old", 2), device("old"), device("new"),
		`{"type":"person","action":"add_relationships","identifiers":{"id":"old"},"cio_relationships":[{"identifiers":{"object_type_id":"1","object_id":"o"}}]}`,
		`{"type":"person","action":"merge","primary":{"id":"new"},"secondary":{"id":"old"}}`)
	p := profile(t, s, "id", "new")
	if string(p.Attributes["a"]) != "1" || string(p.Attributes["b"]) != "3" || len(p.Devices) != 2 || len(p.Relations) != 1 {
		t.Errorf("the merged is %+v", p)
	}
	if len(p.Events) != 1 || s.Ledger(0)[p.Events[0]].EventID != ulidOf(2) {
		t.Errorf("the events are %v: those of the last 30 days are moved", p.Events)
	}
	if got, _ := s.Person("anonymous_id", "x"); got.CioID != p.CioID {
		t.Errorf("the anonymous id leads to %+v", got)
	}
}

func TestEncodings(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	fmt.Fprint(w, batch(eventOf("1", 1)))
	w.Close()
	plain := batch(eventOf("1", 2))
	for _, row := range []struct {
		name, encoding, body string
		set                  Settings
		status               int
		warnings             string
	}{
		{"gzip", "gzip", packed.String(), Settings{}, 400, `{}`},
		{"gzip that is taken", "gzip", packed.String(), Settings{AcceptGzip: true}, 200, `{}`},
		{"gzip cut off", "gzip", packed.String()[:40], Settings{AcceptGzip: true}, 400, `{}`},
		{"gzip that is none", "gzip", plain, Settings{}, 200, `{"redundant_gzip_header":1}`},
		{"identity", "identity", plain, Settings{}, 200, `{}`},
		{"brotli", "br", plain, Settings{}, 400, `{}`},
		{"no content type", "-", plain, Settings{}, 200, `{"content_type":1}`},
		{"no content type, strictly", "-", plain, Settings{StrictContentType: true}, 400, `{"content_type":1}`},
	} {
		s, _ := start(row.set)
		req := httptest.NewRequest(http.MethodPost, batchPath, bytes.NewReader([]byte(row.body)))
		req.SetBasicAuth("a", "b")
		if row.encoding != "-" {
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Content-Encoding", row.encoding)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, req)
		if w.Code != row.status {
			t.Errorf("%s: %d %s", row.name, w.Code, w.Body)
		}
		counts(t, row.name, s.Stats().Warnings, row.warnings)
	}
}
