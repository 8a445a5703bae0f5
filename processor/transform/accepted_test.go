package transform_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

// TestCorpusIsAccepted sends what the real events become to the strict stand-in, each file as one
// batch to a workspace of its own. Nothing is refused, and the only drops and warnings are those that
// the events themselves call for.
func TestCorpusIsAccepted(t *testing.T) {
	m := newMapper(t, transform.Options{})
	bodies := map[string][][]byte{}
	for file, line := range events.All() {
		evs, err := schema.Decode(nil, line, schema.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		ops, _ := m.Map(nil, &evs[0], schema.Source{Time: recordTime()})
		for i := range ops {
			bodies[file] = append(bodies[file], ops[i].Body)
		}
	}
	got := map[string]int{}
	for file, items := range bodies {
		s := customeriotest.New(customeriotest.Settings{Now: recordTime, StrictFields: true, StrictDevices: true})
		send(t, s.Handler(), file, items)
		if n := len(s.Ledger(0)); n != len(items) {
			t.Errorf("%s: the ledger has %d items of %d", file, n, len(items))
		}
		for _, n := range s.Drops() {
			got["dropped "+n.Reason]++
		}
		for _, n := range s.Warnings() {
			got["warned "+n.Reason]++
		}
	}
	want := map[string]int{
		// As it should be: the events that RudderStack put on the topic twice are in Customer.io once.
		"dropped duplicate_event": 3,
		// Browsers keep the anonymous id when one user logs out and the next one in; only reset(true)
		// renews it.
		"warned anonymous_id_reused": 25,
		// One phone, and users who take turns on it.
		"warned device_on_two_people": 2,
		// An identify that came twice beside another one of the same second: times are in seconds.
		"warned same_second_conflict": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("drops and warnings (-want +got):\n%s", diff)
	}
}

// send posts items as one batch and wants them all to be taken.
func send(t fataler, h http.Handler, name string, items [][]byte) {
	t.Helper()
	body := append([]byte(`{"batch":[`), bytes.Join(items, []byte(","))...)
	r := httptest.NewRequest(http.MethodPost, "/api/v2/batch", bytes.NewReader(append(body, "]}"...)))
	r.SetBasicAuth("site", "key")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if answer := w.Body.String(); w.Code != http.StatusOK || answer != "{}\n" {
		t.Fatalf("%s: answer %d %s", name, w.Code, answer)
	}
}
