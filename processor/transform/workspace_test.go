package transform_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

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
func (w *workspace) add(value []byte, ops []sink.Op, items []*item) {
	w.t.Helper()
	met := slices.ContainsFunc(items, func(it *item) bool {
		return slices.ContainsFunc(it.names, func(name string) bool { return w.names[name] })
	})
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

// excused says why a drop or a warning of the stand-in does not come from the form of an operation, and
// nothing when it does. There is no other excuse than these.
func excused(reason string, it *item, o *transform.Options) string {
	who := append([]identifier{it.who, it.secondary}, it.related...)
	has := func(is func(identifier) bool) bool { return slices.ContainsFunc(who, is) }
	strange := has(func(id identifier) bool { return id.key == "cio_id" && !strings.HasPrefix(id.value, "a3000000000") })
	ids := o.Identifiers.UserID == transform.UserIDID || o.Identifiers.EmailsAreIDs
	for _, x := range []struct {
		reason string
		when   bool
		why    string
	}{
		{"unknown_cio_id", strange, "a cio_id that nobody has: only Customer.io gives them"},
		{"unknown_person", strange, "a cio_id that nobody has: only Customer.io gives them"},
		{"merge_no_primary", strange, "a cio_id that nobody has: only Customer.io gives them"},
		{"merge_no_secondary", strange, "a cio_id that nobody has: only Customer.io gives them"},
		{"id_looks_like_email", ids, "the options say that such an id is an id"},
		{"id_has_cio_prefix", ids, "the options say that such an id is an id"},
		{"id_has_cio_prefix", has(func(id identifier) bool { return !isCioID(id.value) }), "behind the prefix stands no cio_id: the paths of v1 take it for an id too"},
		{"id_looks_like_email", has(func(id identifier) bool { return strings.Contains(id.value, "@[") }), "an address of an IP, which is an odd id rather than anybody's e-mail address"},
		{"no endpoint takes it", has(isOddID) && len(it.raw) > 32_000, "v1, which takes large items, would take the id for an e-mail address or a cio_id"},
	} {
		if x.reason == reason && x.when {
			return x.why
		}
	}
	return ""
}

// isOddID reports whether an id has the look of another kind of identifier.
func isOddID(id identifier) bool {
	return id.key == "id" && (strings.Contains(id.value, "@") || strings.HasPrefix(id.value, "cio_"))
}

// isCioID reports whether an id is cio_ and letters and digits.
func isCioID(id string) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(id), "cio_")
	return ok && rest != "" && strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
