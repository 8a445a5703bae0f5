package customeriotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const batchPath = "/api/v2/batch"

// clockAt is a clock that tests set.
type clockAt struct{ time.Time }

func (c *clockAt) now() time.Time { return c.Time }

// start returns a stand-in with a clock at a round time.
func start(set Settings) (*Server, *clockAt) {
	clock := &clockAt{time.Unix(1_800_000_000, 0)}
	set.Now = clock.now
	return New(set), clock
}

// do sends one request on the data plane.
func do(t *testing.T, s *Server, method, path, body string) (status int, answer string) {
	t.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth("site", "key")
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, req)
	return w.Code, strings.TrimSuffix(w.Body.String(), "\n")
}

// must sends a batch of items that must all be accepted.
func must(t *testing.T, s *Server, items ...string) {
	t.Helper()
	if status, answer := do(t, s, http.MethodPost, batchPath, batch(items...)); status != http.StatusOK || answer != "{}" {
		t.Fatalf("answer %d %s for %s", status, answer, items)
	}
}

func batch(items ...string) string { return `{"batch":[` + strings.Join(items, ",") + `]}` }

// eventOf returns an event of a person; n makes its id and is its number.
func eventOf(id string, n int) string {
	return fmt.Sprintf(`{"type":"person","action":"event","identifiers":{"id":%q},"name":"e","id":%q,"timestamp":1700000000,"attributes":{"_seq":%d}}`, id, ulidOf(n), n)
}

func ulidOf(n int) string { return fmt.Sprintf("01ARZ3NDEKTSV4RRFF%08d", n) }

// identifyOf returns an identify at a time with attributes, which are JSON without the braces.
func identifyOf(id string, at int64, attributes string) string {
	return fmt.Sprintf(`{"type":"person","action":"identify","identifiers":{"id":%q},"timestamp":%d,"attributes":{%s}}`, id, at, attributes)
}

// act returns an item with nothing but identifiers.
func act(action, identifiers string) string {
	return fmt.Sprintf(`{"type":"person","action":%q,"identifiers":{%s}}`, action, identifiers)
}

func profile(t *testing.T, s *Server, kind, value string) Person {
	t.Helper()
	p, ok := s.Person(kind, value)
	if !ok {
		t.Fatalf("nobody has the %s %s", kind, value)
	}
	return p
}

// attr returns an attribute of the person with the id 1 as JSON, empty if there is none.
func attr(t *testing.T, s *Server, name string) string {
	t.Helper()
	return string(profile(t, s, "id", "1").Attributes[name])
}

// counts checks drops and warnings by reason.
func counts(t *testing.T, what string, got map[string]int64, want string) {
	t.Helper()
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != want {
		t.Errorf("%s %s, want %s", what, b, want)
	}
}

// replaceID gives an item of eventOf another event id.
func replaceID(item string, from, to int) string {
	return strings.Replace(item, ulidOf(from), ulidOf(to), 1)
}
