package customeriotest

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWholeRequests(t *testing.T) {
	const (
		notJSON = `{"errors":[{"reason":"invalid","field":"body","message":"must be valid JSON"}]}`
		empty   = `{"errors":[{"reason":"required","field":"batch","message":"must not be empty"}]}`
	)
	for _, row := range []struct {
		name, method, path, body string
		status                   int
		answer                   string
	}{
		{"path", "POST", "/api/v3/batch", ``, 404, `{"meta":{"error":"not found"}}`},
		{"no person in the path", "PUT", "/api/v1/customers/", `{}`, 404, `{"meta":{"error":"not found"}}`},
		{"method", "PUT", batchPath, ``, 405, `{"meta":{"error":"method not allowed"}}`},
		{"v2 not JSON", "POST", batchPath, `{"batch":[`, 400, notJSON},
		{"v2 more than JSON", "POST", batchPath, `{"batch":[{}]} x`, 400, notJSON},
		{"v2 no body", "POST", batchPath, ``, 400, notJSON},
		{"v2 no batch", "POST", batchPath, `{}`, 400, notJSON},
		{"v2 batch an object", "POST", batchPath, `{"batch":{}}`, 400, notJSON},
		{"v2 batch twice", "POST", batchPath, `{"x":[1,{"batch":[]}],"batch":[{}],"y":"\\\"","batch":[]}`, 400, empty},
		{"v2 item a text", "POST", batchPath, `{"batch":[{},"x"]}`, 400, notJSON},
		{"v2 item cut off", "POST", batchPath, `{"batch":[{"type":"person","attributes":{"a":1]}`, 400, notJSON},
		{"v2 not UTF-8", "POST", batchPath, "{\"batch\":[{\"type\":\"\xff\"}]}", 400, notJSON},
		{"v2 nested too deeply", "POST", batchPath, `{"batch":[{}],"x":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `}`, 400, notJSON},
		{"entity not UTF-8", "POST", "/api/v2/entity", "{\"type\":\"\xff\"}", 400, notJSON},
		{"v1 not UTF-8", "PUT", "/api/v1/customers/1", "{\"a\":\"\xff\"}", 400, `{"meta":{"error":"malformed JSON"}}`},
		{"v2 empty batch", "POST", batchPath, `{"batch":[ ]}`, 400, empty},
		{"entity a list", "POST", "/api/v2/entity", `[]`, 400, notJSON},
		{"v1 not JSON", "PUT", "/api/v1/customers/1", `{"a":}`, 400, `{"meta":{"error":"malformed JSON"}}`},
		{"v1 not an object", "POST", "/api/v1/customers/1/events", `[]`, 400, `{"meta":{"errors":["malformed JSON"]}}`},
		{"region", "GET", "/api/v1/accounts/region", ``, 200, `{"environment_id":1,"region":"us","url":"https://track.customer.io"}`},
		{"auth", "GET", "/auth", ``, 200, `{}`},
	} {
		s, _ := start(Settings{})
		if status, answer := do(t, s, row.method, row.path, row.body); status != row.status || answer != row.answer {
			t.Errorf("%s: answer %d %s", row.name, status, answer)
		}
		if n := s.Stats().Items; n != 0 {
			t.Errorf("%s: %d items are booked", row.name, n)
		}
	}
}

func TestV1(t *testing.T) {
	list := func(text string) string { return `{"meta":{"errors":["` + text + `"]}}` }
	one := func(text string) string { return `{"meta":{"error":"` + text + `"}}` }
	const customer, events, devices = "/api/v1/customers/1", "/api/v1/customers/1/events", "/api/v1/customers/1/devices"
	for _, row := range []struct {
		name, method, path, body string
		status                   int
		answer                   string
	}{
		{"identify", "PUT", customer, `{"_timestamp":1,"a":"b"}`, 200, `{}`},
		{"empty id", "PUT", customer, `{"id":""}`, 400, one("id attribute cannot be an empty string")},
		{"number as id", "PUT", customer, `{"id":5}`, 400, one("id attribute must be a string value")},
		{"301 attributes", "PUT", customer, `{` + attributes(301) + `}`, 400, one("cannot identify more than 300 attributes in one request")},
		{"name of attribute", "PUT", customer, `{"` + long(151) + `":1}`, 400, one("attribute name cannot be longer than 150 bytes")},
		{"value", "PUT", customer, `{"a":"` + long(1001) + `"}`, 400, one("value for attribute 'a' cannot be longer than 1000 bytes")},
		{"time", "PUT", customer, `{"_timestamp":"x"}`, 400, one("timestamp must be a unix timestamp")},
		{"long id", "PUT", "/api/v1/customers/" + long(151), `{}`, 400, one("invalid id")},
		{"delete", "DELETE", customer, ``, 200, `{}`},
		{"event", "POST", events, `{"name":"n","timestamp":1,"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","data":{"a":1}}`, 200, `{}`},
		{"no name", "POST", events, `{}`, 400, list("event name must not be blank")},
		{"long name", "POST", events, `{"name":"` + long(101) + `"}`, 400, list("event name cannot be longer than 100 bytes")},
		{"data", "POST", events, `{"name":"n","data":1}`, 400, list("event data must be a hash")},
		{"large data", "POST", events, `{"name":"n","data":{"a":"` + long(99_993) + `"}}`, 400, list("event data cannot be longer than 100000 bytes")},
		{"data that fits", "POST", events, `{"name":"n","data":{"a":"` + long(99_992) + `"}}`, 200, `{}`},
		{"ULID", "POST", events, `{"name":"n","id":"1"}`, 400, list("id must be a valid ULID")},
		{"several", "POST", events, `{"name":"","id":"1"}`, 400, `{"meta":{"errors":["event name must not be blank","id must be a valid ULID"]}}`},
		{"anonymous", "POST", "/api/v1/events", `{"name":"n","anonymous_id":"a"}`, 200, `{}`},
		{"device", "PUT", devices, `{"device":{"id":"t","platform":"ios","last_used":"1700000000"}}`, 200, `{}`},
		{"token under the key of v2", "PUT", devices, `{"device":{"token":"t","platform":"ios"}}`, 400, list("device id must be present")},
		{"platform", "PUT", devices, `{"device":{"id":"t","platform":"web"}}`, 400, list("device platform must be one of android or ios")},
		{"delete device", "DELETE", devices + "/t%2F1", ``, 200, `{}`},
		{"merge", "POST", "/api/v1/merge_customers", `{"primary":{"id":"1"},"secondary":{"id":"2"}}`, 200, `{}`},
		{"half a merge", "POST", "/api/v1/merge_customers", `{"primary":{"id":"1"}}`, 400, one("secondary must have exactly one identifier")},
		{"merge with itself", "POST", "/api/v1/merge_customers", `{"primary":{"id":"1"},"secondary":{"id":"1"}}`, 400, one("primary and secondary must differ")},
		{"suppress", "POST", customer + "/suppress", ``, 200, `{}`},
		{"unsuppress", "POST", customer + "/unsuppress", ``, 200, `{}`},
	} {
		s, _ := start(Settings{})
		if status, answer := do(t, s, row.method, row.path, row.body); status != row.status || answer != row.answer {
			t.Errorf("%s: answer %d %s, want %d %s", row.name, status, answer, row.status, row.answer)
		}
	}
}

func TestV1Path(t *testing.T) {
	s, _ := start(Settings{})
	for _, path := range []string{"a@b.co", "%2B14155550100", "a%2Fb%20c"} {
		if status, answer := do(t, s, "PUT", "/api/v1/customers/"+path, `{"_timestamp":1}`); status != 200 {
			t.Fatalf("%s: %d %s", path, status, answer)
		}
	}
	cio := profile(t, s, "email", "A@b.co").CioID
	if status, _ := do(t, s, "PUT", "/api/v1/customers/cio_"+cio, `{"_timestamp":2,"id":"7"}`); status != 200 {
		t.Fatal(status)
	}
	if p := profile(t, s, "id", "7"); p.Email != "a@b.co" {
		t.Errorf("the cio_id led to %+v", p)
	}
	profile(t, s, "id", "+14155550100")
	profile(t, s, "id", "a/b c")
	counts(t, "drops", s.Stats().Drops, `{}`)
}

func TestCredentials(t *testing.T) {
	s, _ := start(Settings{SiteID: "site", APIKey: "k>?~"})
	ask := func(header, path string) (int, string) {
		req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(batch(eventOf("1", 1))))
		if header != "" {
			req.Header.Set("Authorization", header)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, req)
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	const v2 = `{"errors":[{"reason":"unauthorized","field":"","message":"Unauthorized request"}]}`
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if status, answer := ask("Basic "+enc.EncodeToString([]byte("site:k>?~")), batchPath); status != http.StatusOK {
			t.Errorf("answer %d %s", status, answer)
		}
	}
	for _, header := range []string{"", "Bearer x", "Basic !", "Basic " + base64.StdEncoding.EncodeToString([]byte("site:other"))} {
		if status, answer := ask(header, batchPath); status != http.StatusUnauthorized || answer != v2 {
			t.Errorf("%s: answer %d %s", header, status, answer)
		}
	}
	s.SetCredentials("new", "pair")
	if status, answer := ask("Basic "+base64.StdEncoding.EncodeToString([]byte("site:k>?~")), "/api/v1/events"); status != http.StatusUnauthorized ||
		answer != `{"meta":{"error":"Unauthorized request"}}` {
		t.Errorf("after the revocation: %d %s", status, answer)
	}
}

func TestAnswerHeaders(t *testing.T) {
	s, _ := start(Settings{})
	req := httptest.NewRequest(http.MethodPost, batchPath, strings.NewReader(batch(eventOf("1", 1))))
	req.SetBasicAuth("a", "b")
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, req)
	want := http.Header{
		"Content-Length": {"3"}, "Content-Type": {"application/json; charset=utf-8"}, "Via": {"1.1 google"},
		"Cache-Control": {"no-cache, no-store, must-revalidate, max-age=0"}, "Access-Control-Allow-Origin": {"*"},
		"Strict-Transport-Security": {"max-age=31536000"},
	}
	if diff := cmp.Diff(want, w.Header()); diff != "" {
		t.Error(diff)
	}
	counts(t, "warnings", s.Stats().Warnings, `{"content_type":1}`)
}

func TestRegions(t *testing.T) {
	for _, row := range []struct {
		account, listener string
		status            int
		location          string
	}{
		{"us", "us", 200, ""},
		{"eu", "eu", 200, ""},
		{"eu", "us", 301, "http://eu.example/api/v2/batch?x=1"},
		{"us", "eu", 401, ""},
	} {
		s, _ := start(Settings{Region: row.account, Listener: row.listener, Elsewhere: "http://eu.example"})
		req := httptest.NewRequest(http.MethodPost, batchPath+"?x=1", strings.NewReader(batch(eventOf("1", 1))))
		req.SetBasicAuth("a", "b")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, req)
		if w.Code != row.status || w.Header().Get("Location") != row.location {
			t.Errorf("%s at %s: %d to %q", row.account, row.listener, w.Code, w.Header().Get("Location"))
		}
		if status, _ := do(t, s, "GET", "/auth", ""); status != 200 {
			t.Errorf("%s at %s: auth answers %d", row.account, row.listener, status)
		}
	}
}

func TestSwitches(t *testing.T) {
	digits := `{"type":"person","action":"event","identifiers":{"id":"1"},"name":"n","timestamp":"1700000000","id":"01ARZ3NDEKTSV4RRFFQ69G5FAV"}`
	for _, row := range []struct {
		name         string
		set          Settings
		item         string
		before, then int
		warning      string
	}{
		{"numeric id", Settings{NumericID: true}, act("delete", `"id":42`), 400, 200, "numeric_id"},
		{"digits as time", Settings{TextTimestamp: true}, digits, 400, 200, ""},
		{"any id", Settings{NoStrictULID: true}, strings.NewReplacer(`"1700000000"`, `17`, "01ARZ3ND", "evt").Replace(digits), 400, 200, ""},
		{"phone", Settings{Phone: true}, act("delete", `"phone":"+14155550100"`), 400, 200, ""},
		{"phone in another form", Settings{Phone: true}, act("delete", `"phone":"4155550100"`), 400, 400, ""},
		{"no id", Settings{NoID: true}, act("delete", `"id":"1"`), 200, 400, ""},
		{"no email", Settings{NoEmail: true}, act("delete", `"email":"a@b.co"`), 200, 400, ""},
		{"no anonymous", Settings{NoV2Anonymous: true}, strings.NewReplacer(`"1700000000"`, `17`, `"id":"1"`, `"anonymous_id":"1"`).Replace(digits), 200, 400, ""},
		{"unknown fields", Settings{StrictFields: true}, `{"type":"person","action":"delete","identifiers":{"id":"1"},"x":1}`, 200, 400, ""},
		{
			"devices",
			Settings{StrictDevices: true},
			`{"type":"person","action":"add_device","identifiers":{"id":"1"},"device":{"token":"t","platform":"ios","attributes":{"a":1}}}`, 200, 400, "",
		},
	} {
		s, _ := start(Settings{})
		if status, answer := do(t, s, "POST", "/api/v2/entity", row.item); status != row.before {
			t.Errorf("%s: at first %d %s", row.name, status, answer)
		}
		s, _ = start(row.set)
		if status, answer := do(t, s, "POST", "/api/v2/entity", row.item); status != row.then {
			t.Errorf("%s: then %d %s", row.name, status, answer)
		}
		if row.warning != "" && s.Stats().Warnings[row.warning] != 1 {
			t.Errorf("%s: warnings %v", row.name, s.Stats().Warnings)
		}
	}
}
