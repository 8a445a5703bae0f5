package transform_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
	"github.com/pintle-io/pintle/schema/events/hostile"
	"github.com/pintle-io/pintle/sink/customerio"
)

// TestCorpus holds the outcome of every real event against testdata/corpus.txt.
func TestCorpus(t *testing.T) {
	const path = "testdata/corpus.txt"
	m := newMapper(t, transform.Options{})
	var got bytes.Buffer
	place := map[string]int{}
	for file, line := range events.All() {
		place[file]++
		evs, err := schema.Decode(nil, line, schema.Limits{})
		if err != nil {
			t.Fatalf("%s:%d: %v", file, place[file], err)
		}
		ops, out := m.Map(nil, &evs[0], schema.Source{Time: recordTime()})
		fmt.Fprintf(&got, "%s:%d %s → ", file, place[file], evs[0].Type)
		switch {
		case out.Filtered:
			fmt.Fprintf(&got, "filtered %s", out.Reason)
		case !out.Mapped():
			fmt.Fprintf(&got, "letter %s %s", out.Reason, out.Field)
		}
		for i := range ops {
			if i > 0 {
				got.WriteString(" + ")
			}
			fmt.Fprintf(&got, "%s", ops[i].Kind)
			if !jsontext.Value(ops[i].Body).IsValid() || len(ops[i].Body) > customerio.ItemBytes {
				t.Errorf("%s:%d: no fit item: %s", file, place[file], ops[i].Body)
			}
		}
		for _, c := range out.Changes {
			fmt.Fprintf(&got, ", %s %s", c.Field, c.Why)
		}
		got.WriteByte('\n')
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("outcomes (-file +mapping); -update writes it anew:\n%s", diff)
	}
}

// TestRedeliveredEventsKeepTheirIDs maps the events that the SDK sent twice because an answer was
// lost: what has the same message id and kind has the same id, although the times differ.
func TestRedeliveredEventsKeepTheirIDs(t *testing.T) {
	m := newMapper(t, transform.Options{})
	ids, pairs := map[string]string{}, 0
	for file, line := range events.All() {
		if file != "node-3.0.13-redelivered" {
			continue
		}
		evs, err := schema.Decode(nil, line, schema.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		ops, out := m.Map(nil, &evs[0], schema.Source{Time: recordTime()})
		if !out.Mapped() {
			t.Fatalf("not mapped: %+v", out)
		}
		id := string(schema.Value(ops[0].Body).Member("id"))
		key := string(evs[0].MessageID) + ops[0].Kind.String()
		if before, ok := ids[key]; ok {
			pairs++
			if before != id {
				t.Errorf("message %s has the ids %s and %s", key, before, id)
			}
		}
		ids[key] = id
	}
	if pairs != 5 {
		t.Errorf("%d events came twice, want 5", pairs)
	}
}

// FuzzMap maps whatever decodes, in both profiles: no panic, an outcome for each event, operations that keep
// to the rules of the API, the same bytes each time, and an explanation that tells of all of them.
func FuzzMap(f *testing.F) {
	for _, line := range events.All() {
		f.Add(line)
	}
	for _, value := range hostile.All() {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		evs, err := schema.Decode(nil, value, schema.Limits{})
		if err != nil {
			return
		}
		for _, o := range []transform.Options{
			{DeviceEvents: []string{"Signed In"}, Groups: transform.Groups{RelationshipTraits: []string{"name"}}},
			{Profile: transform.Current, DeleteEvents: []string{"e"}, Subscriptions: []transform.Subscription{{Trait: "plan", Sets: "topic_1"}}},
		} {
			j := newJudge(t, o)
			j.workspace = nil // a stand-in for each value would be slow
			for i := range evs {
				j.judgeEvent(&evs[i])
			}
		}
	})
}
