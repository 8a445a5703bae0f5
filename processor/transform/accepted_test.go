package transform_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
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

// known is how many people every workspace has from the start. Their cio_ids are a30000000001 and so on:
// nobody but Customer.io can make a cio_id, so one that is to be found must be one of these.
const known = 8

// workspace sends operations to the strict stand-in, through the client, such that none of them meets
// what another event left there: as soon as an event names somebody or something that one before it named,
// the stand-in starts anew. Whatever is then dropped or warned of comes from the operation's own form.
// What an operation needs is there before it: the two people of a merge, the member of a group, the
// person of an update that must not make one, the type of an object.
type workspace struct {
	t       fataler
	noEmail bool // it knows nobody by an e-mail address
	excused func(reason string, it *item) (why string)

	ops     []*sink.Op
	items   []*item
	origins [][]byte // the event of each
	names   map[string]bool

	accepted int
	excuses  map[string]int
	restarts int
	warned   int // of the people in the present workspace
}

// batchBytes and batchOps keep a request well below what the API takes.
const (
	batchBytes = 400_000
	batchOps   = 400
)

// shown is how much is shown of an event or an operation that fails.
const shown = 1200

// add sends the operations of one event, sooner or later. Its value is shown if something is wrong.
func (w *workspace) add(value []byte, ops []sink.Op) {
	w.t.Helper()
	items := make([]*item, len(ops))
	met := false
	for i := range ops {
		items[i] = readItem(&ops[i])
		if items[i].fault != "" {
			w.t.Fatalf("%s\nbecomes %s\nwhich breaks a rule: %s", clip(value, shown), clip(ops[i].Body, shown), items[i].fault)
		}
		met = met || slices.ContainsFunc(items[i].names, func(name string) bool { return w.names[name] })
	}
	if met || len(w.ops) >= batchOps {
		w.flush()
	}
	for i := range ops {
		w.ops, w.items, w.origins = append(w.ops, &ops[i]), append(w.items, items[i]), append(w.origins, bytes.Clone(value))
		for _, name := range items[i].names {
			w.names[name] = true
		}
	}
}

// flush sends what was added to a new workspace and looks at what became of it.
func (w *workspace) flush() {
	w.t.Helper()
	if len(w.ops) == 0 {
		return
	}
	set := customeriotest.Settings{Now: recordTime, StrictFields: true, StrictDevices: true, NoEmail: w.noEmail, ObjectTypes: []string{}}
	for _, it := range w.items {
		set.ObjectTypes = append(set.ObjectTypes, it.objectType)
	}
	s := customeriotest.New(set)
	client, err := customerio.New(customerio.Config{
		Endpoint: "http://stand-in.example", SiteID: customerio.NewSecret("site"), APIKey: customerio.NewSecret("key"), Transport: inProcess{s.Handler()},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.prepare(s)
	w.deliver(client, s)
	w.restarts++
	w.ops, w.items, w.origins, w.names = nil, nil, nil, map[string]bool{}
}

// prepare makes the people whom the operations need.
func (w *workspace) prepare(s *customeriotest.Server) {
	const identify = `{"type":"person","action":"identify","identifiers":{%s:%s},"timestamp":1,"attributes":{}}`
	var people [][]byte
	add := func(who identifier) {
		if who.key == "id" || who.key == "email" {
			people = append(people, fmt.Appendf(nil, identify, customerio.AppendText(nil, []byte(who.key)), customerio.AppendText(nil, []byte(who.value))))
		}
	}
	for i := range known {
		add(identifier{"id", fmt.Sprintf("known %d", i+1)})
	}
	for _, it := range w.items {
		if it.what == "person merge" || it.updateOnly {
			add(it.who)
			add(it.secondary)
		}
		for _, who := range it.related {
			add(who)
		}
	}
	send(w.t, s.Handler(), "people", people)
	if d := s.Drops(); len(d) > 0 {
		w.t.Fatalf("the people who were to be there are not: %v", d)
	}
	w.warned = len(s.Warnings())
}

// deliver sends the operations, those that are too large for a batch alone, and wants an excuse for each
// drop and warning.
func (w *workspace) deliver(client *customerio.Client, s *customeriotest.Server) {
	w.t.Helper()
	first := map[int64]int{} // by the number of the request, its first operation
	for from := 0; from < len(w.ops); {
		to := from + w.fits(from)
		answer := client.Send(context.Background(), &sink.Request{Ops: w.ops[from:to], Attempt: 1})
		switch {
		case answer.Verdict == sink.Done && len(answer.Items) == 0:
			first[s.Stats().Requests] = from
			w.accepted += to - from
		case to-from == 1 && answer.Verdict == sink.Reject && answer.Status == 0:
			w.excuse("no endpoint takes it", from)
		default:
			for _, bad := range answer.Items {
				w.t.Fatalf("%s\nbecomes %s\nwhich is refused: %+v", clip(w.origins[from+bad.Index], shown), clip(w.ops[from+bad.Index].Body, shown), bad)
			}
			w.t.Fatalf("%s\nbecomes %s\nwhich, with %d others, is refused: %+v", clip(w.origins[from], shown), clip(w.ops[from].Body, shown), to-from-1, answer)
		}
		from = to
	}
	for _, n := range append(s.Drops(), s.Warnings()[w.warned:]...) {
		w.excuse(n.Reason, first[int64(n.Request)]+n.Index)
	}
}

// fits returns how many operations, from one on, go in one request.
func (w *workspace) fits(from int) int {
	n, size := 0, 0
	for _, op := range w.ops[from:] {
		if n > 0 && (size+len(op.Body) > batchBytes || size > customerio.ItemBytes && n == 1 || len(op.Body) > customerio.ItemBytes) {
			break
		}
		n++
		size += len(op.Body)
	}
	return n
}

// excuse counts a drop or a warning that is none of the mapping's faults.
func (w *workspace) excuse(reason string, i int) {
	w.t.Helper()
	why := w.excused(reason, w.items[i])
	if why == "" {
		w.t.Fatalf("%s\nbecomes %s\nof which the stand-in says: %s", clip(w.origins[i], shown), clip(w.ops[i].Body, shown), reason)
	}
	w.excuses[reason+": "+why]++
}

// inProcess carries requests to a handler without a network.
type inProcess struct{ handler http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w.Result(), nil
}
