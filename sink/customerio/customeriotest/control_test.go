package customeriotest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// ask sends a request to the control plane.
func ask(t *testing.T, s *Server, method, path, body string, answer any) int {
	t.Helper()
	w := httptest.NewRecorder()
	s.Control().ServeHTTP(w, httptest.NewRequest(method, "/control/"+path, strings.NewReader(body)))
	if answer != nil {
		if err := json.Unmarshal(w.Body.Bytes(), answer); err != nil {
			t.Fatalf("%s %s: %s: %v", method, path, w.Body, err)
		}
	}
	return w.Code
}

func TestQueries(t *testing.T) {
	s, _ := start(Settings{KeepEvents: true, KeepBodies: true})
	device := `{"type":"person","action":"add_device","identifiers":{"id":"1"},"device":{"token":"t","platform":"ios"}}`
	anonymous := strings.Replace(eventOf("a", 8), `"id":"a"`, `"anonymous_id":"a"`, 1)
	must(t, s, identifyOf("1", noon, `"a":"<b>"`), eventOf("1", 1), eventOf("1", 1), eventOf("2", 2), eventOf("2", 1), device, anonymous,
		act("suppress", `"id":"7"`))
	for _, row := range []struct {
		path string
		want int // elements of the list
	}{
		{"people", 2},
		{"events", 3},
		{"events?person=1", 1},
		{"events?since=4", 1},
		{"events?name=x", 0},
		{"events?kind=page", 0},
		{"ledger", 8},
		{"ledger?since=6", 2},
		{"ledger?person=2", 2},
		{"ledger?limit=3", 3},
		{"requests", 1},
		{"requests?since=2", 0},
		{"drops", 2},
		{"warnings", 0},
		{"order", 0},
		{"suppressed", 1},
		{"faults", 0},
	} {
		var list []json.RawMessage
		if status := ask(t, s, "GET", row.path, "", &list); status != 200 || len(list) != row.want {
			t.Errorf("%s: %d with %d elements: %s", row.path, status, len(list), list)
		}
	}
	var one Person
	if status := ask(t, s, "GET", "people?id=1", "", &one); status != 200 || string(one.Attributes["a"]) != `"<b>"` || len(one.Devices) != 1 {
		t.Errorf("%d %+v", status, one)
	}
	if status := ask(t, s, "GET", "people?email=a@b.co", "", nil); status != http.StatusNotFound {
		t.Error(status)
	}
	var left struct{ Events int }
	if ask(t, s, "GET", "anonymous/a", "", &left); left.Events != 1 {
		t.Errorf("%+v", left)
	}
	events := s.Events(EventFilter{Person: "1"})
	if events[0].Attributes != `{"_seq":1}` || events[0].Times != 3 || events[0].EventID != ulidOf(1) {
		t.Errorf("%+v", events[0])
	}
	r := s.Requests(0)[0]
	if r.Items != 8 || r.Status != 200 || !strings.HasPrefix(r.Body, `{"batch"`) || r.Header.Get("Authorization") != "" {
		t.Errorf("%+v", r)
	}
}

func TestCommands(t *testing.T) {
	s, _ := start(Settings{SiteID: "site", APIKey: "key"})
	send := func() int {
		status, _ := do(t, s, http.MethodPost, batchPath, batch(eventOf("1", 1)))
		return status
	}
	for _, row := range []struct {
		method, path, body string
		status, then       int
	}{
		{"PUT", "outage", `{"status":503}`, 200, 503},
		{"PUT", "outage", `{"status":0}`, 200, 200},
		{"PUT", "credentials", `{"site_id":"site","api_key":"other"}`, 200, 401},
		{"PUT", "credentials", `{"site_id":"site","api_key":"key"}`, 200, 200},
		{"PUT", "settings", `{"batch_bytes":20,"oversize_status":413}`, 200, 413},
		{"PUT", "settings", `{"bytes":20}`, 400, 413},
		{"PUT", "settings", `{"batch_bytes":500000}`, 200, 200},
		{"POST", "faults", `{"action":"status","status":500}`, 200, 500},
		{"DELETE", "faults/9", ``, 404, 500},
		{"DELETE", "faults/1", ``, 204, 200},
		{"POST", "faults", `{"action":"throttle"}`, 200, 429},
		{"DELETE", "faults", ``, 204, 200},
		{"PUT", "pause", `{"on":true}`, 200, 200},
		{"POST", "process", ``, 200, 200},
		{"PUT", "clock", `{"advance":"5m"}`, 200, 200},
		{"PUT", "clock", `{"advance":"x"}`, 400, 200},
		{"POST", "assert", `{"deliveries":[{"person":"1","seq":1}]}`, 200, 200},
		{"GET", "nothing", ``, 404, 200},
		{"POST", "reset", ``, 200, 200},
	} {
		if status := ask(t, s, row.method, row.path, row.body, nil); status != row.status {
			t.Errorf("%s %s: %d", row.method, row.path, status)
		}
		if status := send(); status != row.then {
			t.Errorf("after %s %s %s: %d", row.method, row.path, row.body, status)
		}
	}
	var st Stats
	if ask(t, s, "GET", "stats", "", &st); st.Requests != 1 || st.Stored != 1 || st.Resent != 0 || st.Waiting != 0 {
		t.Errorf("after the reset: %+v", st)
	}
}

func TestRequestLogIsBounded(t *testing.T) {
	s, _ := start(Settings{RequestLog: 3})
	for i := range 5 {
		must(t, s, eventOf("1", i))
	}
	list := s.Requests(0)
	if len(list) != 3 || list[0].Number != 3 || list[2].Number != 5 {
		t.Errorf("%+v", list)
	}
}
