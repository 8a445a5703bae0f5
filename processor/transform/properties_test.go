package transform_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// withLast returns an event with members that count in the place of its own: the last of a name does.
func withLast(value []byte, members string) []byte {
	sep := ","
	if string(value) == "{}" {
		sep = ""
	}
	return fmt.Appendf(nil, "%s%s%s}", value[:len(value)-1], sep, members)
}

// eachSingle draws events that are not in an envelope, each with a number.
func eachSingle(t *rapid.T, n int, use func(i int, pick func(int) int, value []byte)) {
	pick := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).IntN
	g := newGrammar(pick)
	for i := 0; i < n; {
		if value := g.value(); value[0] == '{' && !bytes.HasPrefix(value, []byte(`{"sentAt":null`)) {
			use(i, pick, value)
			i++
		}
	}
}

func mapValue(t fataler, m *transform.Mapper, dst []sink.Op, value []byte) ([]sink.Op, sink.Outcome) {
	t.Helper()
	evs, err := schema.Decode(nil, value, schema.Limits{})
	if err != nil || len(evs) != 1 {
		t.Fatalf("%s: %d events, %v", value, len(evs), err)
	}
	return m.Map(dst, &evs[0], schema.Source{Time: recordTime()})
}

// TestEventIDsComeFromMessageAndKind maps events that have nothing in common but, now and then, their
// message id: the id is the same where message and kind are the same, and another wherever one of them is.
func TestEventIDsComeFromMessageAndKind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids, owners := map[string]string{}, map[string]string{}
		eachSingle(t, 40, func(_ int, pick func(int) int, value []byte) {
			m := mustNew(t, drawOptions(pick, []transform.Profile{transform.Guide, transform.Current}[pick(2)]))
			message := fmt.Sprintf("message %d", pick(5))
			ops, _ := mapValue(t, m, nil, withLast(value, `"messageId":"`+message+`"`))
			for i := range ops {
				id := string(schema.Value(ops[i].Body).Member("id"))
				if id == "" {
					continue
				}
				owner := ops[i].Kind.String() + " of " + message
				if before, ok := ids[owner]; ok && before != id {
					t.Fatalf("%s has the ids %s and %s, of %s", owner, before, id, value)
				}
				if before, ok := owners[id]; ok && before != owner {
					t.Fatalf("%s and %s have the id %s", before, owner, id)
				}
				ids[owner], owners[id] = id, owner
			}
		})
	})
}

// TestEventIDsWithoutAMessage: an event without a message id is known by its bytes.
func TestEventIDsWithoutAMessage(t *testing.T) {
	m := newMapper(t, transform.Options{})
	id := func(value string) string {
		ops, _ := mapValue(t, m, nil, []byte(value))
		return string(schema.Value(ops[0].Body).Member("id"))
	}
	for _, messageID := range []string{"null", `""`, "true", "{}", `["m"]`} {
		const event = `{"type":"track","event":"e","userId":"u","timestamp":"2026-11-20T08:00:00Z","messageId":%s,"n":%d}`
		one, same, other := fmt.Sprintf(event, messageID, 1), fmt.Sprintf(event, messageID, 1), fmt.Sprintf(event, messageID, 2)
		if id(one) != id(same) || id(one) == id(other) {
			t.Errorf("messageId %s: %s, again %s, of other bytes %s", messageID, id(one), id(same), id(other))
		}
	}
}

// TestOrderOfAUser maps many events of one user: their operations stand in the order of the events, behind
// those that were there, and share the ordering key.
func TestOrderOfAUser(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ops []sink.Op
		var want []string // the bodies as each event by itself makes them
		m := mustNew(t, transform.Options{})
		eachSingle(t, 50, func(i int, _ func(int) int, value []byte) {
			value = withLast(value, `"userId":"one","context":{},"x":`+strconv.Itoa(i))
			alone, _ := mapValue(t, m, nil, value)
			for j := range alone {
				want = append(want, string(alone[j].Body))
			}
			ops, _ = mapValue(t, m, ops, value)
		})
		var got []string
		for i := range ops {
			got = append(got, string(ops[i].Body))
			if ops[i].Key != sink.KeyHashString("one") {
				t.Fatalf("another key: %s", ops[i].Body)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("operations (-by themselves +in a row):\n%s", diff)
		}
	})
}

func mustNew(t fataler, o transform.Options) *transform.Mapper {
	t.Helper()
	m, err := transform.New(o)
	if err != nil {
		t.Fatalf("%+v: %v", o, err)
	}
	return m
}

// sameOps says what differs between the operations of an event and those of the same event.
func sameOps(ops, again []sink.Op) string {
	if len(ops) != len(again) {
		return fmt.Sprintf("%d operations, and then %d", len(ops), len(again))
	}
	for i := range ops {
		a, b := &ops[i], &again[i]
		if !bytes.Equal(a.Body, b.Body) || a.Key != b.Key || a.Kind != b.Kind || a.Barrier != b.Barrier {
			return fmt.Sprintf("another operation %d: %s, and then %s", i, clip(a.Body, shown), clip(b.Body, shown))
		}
	}
	return ""
}

// explainFault says what is wrong with the explanation of an event: it must tell of the same operations
// and the same outcome, and of each part of each operation exactly.
func explainFault(m *transform.Mapper, ev *schema.Event, ops []sink.Op, out *sink.Outcome) string {
	again, outAgain, how := m.Explain(ev, schema.Source{Time: recordTime()})
	if diff := cmp.Diff(*out, outAgain); diff != "" {
		return "another outcome when it is explained: " + diff
	}
	if fault := sameOps(ops, again); fault != "" {
		return "when it is explained: " + fault
	}
	if !out.Mapped() && (how.Key != "" || len(how.Fields) > 0) {
		return "an explanation of what is not mapped"
	}
	told := map[string]int{}
	for _, f := range how.Fields {
		if f.By == "" {
			return f.Path + " by no rule"
		}
		told[fmt.Sprint(f.Op, " ", f.Path)]++
	}
	for i := range ops {
		if ops[i].Key != sink.KeyHashString(how.Key) {
			return "the ordering key is another one than " + how.Key
		}
		for _, path := range parts(ops[i].Body) {
			if told[fmt.Sprint(i, " ", path)] == 0 {
				return fmt.Sprintf("nothing tells where %s of operation %d comes from: %+v", path, i, how.Fields)
			}
		}
		for _, path := range parts(ops[i].Body) {
			delete(told, fmt.Sprint(i, " ", path))
		}
	}
	for path := range told {
		if !strings.HasSuffix(path, " action") { // which is told where the event names it
			return path + " is explained, and is not there"
		}
	}
	return ""
}

// parts returns the paths of all that an explanation has to tell of an item.
func parts(item schema.Value) []string {
	var all []string
	for m := item.Members(); m.Next(); {
		switch name := string(m.Name); name {
		case "type", "action":
		case "identifiers", "primary", "secondary", "attributes":
			all = appendMembers(all, name+".", m.Value)
		case "device":
			for d := m.Value.Members(); d.Next(); {
				if string(d.Name) == "attributes" {
					all = appendMembers(all, "device.attributes.", d.Value)
				} else {
					all = append(all, "device."+string(d.Name))
				}
			}
		case "cio_relationships":
			n := 0
			for e := m.Value.Elements(); e.Next(); n++ {
				for r := e.Value.Members(); r.Next(); {
					all = appendMembers(all, fmt.Sprintf("cio_relationships.%d.%s.", n, r.Name), r.Value)
				}
			}
		default:
			all = append(all, name)
		}
	}
	return all
}

func appendMembers(all []string, object string, v schema.Value) []string {
	for m := v.Members(); m.Next(); {
		all = append(all, object+string(m.Name))
	}
	return all
}
