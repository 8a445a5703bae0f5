package preview

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"
	"unicode"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
	"github.com/pintle-io/pintle/schema/events/hostile"
)

// everything yields all events there are, the real ones and the hostile ones, as records.
func everything() iter.Seq2[string, *Record] {
	return func(yield func(string, *Record) bool) {
		for _, all := range []iter.Seq2[string, []byte]{events.All(), hostile.All()} {
			for name, value := range all {
				r := &Record{
					Place: Place{File: name, Line: 1}, Value: value, Size: int64(len(value)),
					Key: []byte("k\xff"), Time: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC),
				}
				if !yield(name, r) {
					return
				}
			}
		}
	}
}

func rules(t *testing.T, o transform.Options) *Rules {
	t.Helper()
	r, err := NewRules(o, schema.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestTableIsFitForATerminal: whatever an event holds, the table keeps to its width, and moves no
// cursor.
func TestTableIsFitForATerminal(t *testing.T) {
	guide, current := rules(t, transform.Options{}), rules(t, transform.Options{Profile: transform.Current})
	for _, width := range []int{narrow, 80, 140} {
		for name, r := range everything() {
			var out bytes.Buffer
			table := NewTable(&colorprofile.Writer{Forward: &out, Profile: colorprofile.NoTTY}, width)
			before, after := guide.Apply(nil, r), current.Apply(nil, r)
			if err := table.Show(before); err != nil {
				t.Fatal(err)
			}
			for _, d := range Compare(before, after) {
				if err := table.ShowDifference(&d); err != nil {
					t.Fatal(err)
				}
			}
			for line := range strings.SplitSeq(out.String(), "\n") {
				if n := lipgloss.Width(line); n > width {
					t.Errorf("%s: a line of %d columns, want at most %d: %q", name, n, width, line)
				}
				if i := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
					t.Errorf("%s: a character that a terminal may obey: %q", name, line[i:])
				}
			}
		}
	}
}

// TestLinesAreJSON: each event is one line of JSON with all members, and the bodies are the very
// items.
func TestLinesAreJSON(t *testing.T) {
	p := rules(t, transform.Options{})
	for name, r := range everything() {
		all := p.Apply(nil, r)
		var out bytes.Buffer
		if err := NewLines(&out).Show(all); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != len(all) {
			t.Fatalf("%s: %d lines for %d events", name, len(lines), len(all))
		}
		for i, line := range lines {
			var got struct {
				MessageID, Type, Outcome, Reason, Detail, Field, Key *string
				Ops                                                  []struct {
					Endpoint string
					Body     json.RawMessage
				}
				Changes []struct{ Field, Why string }
				Record  struct {
					File string
					Line int
				}
			}
			d := json.NewDecoder(strings.NewReader(strings.Replace(line, `{"message_id":`, `{"messageid":`, 1)))
			d.DisallowUnknownFields()
			if err := d.Decode(&got); err != nil {
				t.Fatalf("%s: %v: %s", name, err, line)
			}
			for _, member := range []*string{got.MessageID, got.Type, got.Outcome, got.Reason, got.Detail, got.Field, got.Key} {
				if member == nil {
					t.Fatalf("%s: a member is missing: %s", name, line)
				}
			}
			if got.Ops == nil || got.Changes == nil || got.Record.Line != 1 {
				t.Errorf("%s: a list or the place is missing: %s", name, line)
			}
			for j, op := range got.Ops {
				if want := all[i].Ops[j].Body; fmt.Sprintf("%q", op.Body) != fmt.Sprintf("%q", want) {
					t.Errorf("%s: the body is %s, want %s", name, op.Body, want)
				}
			}
		}
	}
}

// TestTableShowsBothSidesWhereThereIsRoom: a narrow table shows a value once if it stayed what it was.
func TestTableShowsBothSidesWhereThereIsRoom(t *testing.T) {
	r := &Record{Place: Place{Topic: "t", Partition: 3, Offset: 7}, Value: []byte(
		`{"type":"track","event":"Order Completed","userId":"u1","messageId":"m","timestamp":"2026-11-23T12:00:00Z","properties":{"total":12.50}}`,
	)}
	r.Time = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for width, want := range map[int]string{
		80: `
t/3@7  track "Order Completed"                                         delivered
  id m · key u1 · lane 319 · 136 bytes

  ▸ POST /api/v2/batch  event · 171 of 32,000 bytes
  event                       becomes                           by
  userId                      identifiers.id    u1              person.user_id
  event                       name              Order Complet…  track.name
  messageId  m                id                01JGGZXFK3SWC…  event.id
  timestamp  2026-11-23T12:…  timestamp         1795435200      time
  properties.total            attributes.total  12.50           event.properties

`,
		115: `
t/3@7  track "Order Completed"                                                                            delivered
  id m · key u1 · lane 319 · 136 bytes

  ▸ POST /api/v2/batch  event · 171 of 32,000 bytes
  event                                   becomes                                       by
  userId            u1                    identifiers.id    u1                          person.user_id
  event             Order Completed       name              Order Completed             track.name
  messageId         m                     id                01JGGZXFK3SWCBTSH6NGM6XTS4  event.id
  timestamp         2026-11-23T12:00:00Z  timestamp         1795435200                  time
  properties.total  12.50                 attributes.total  12.50                       event.properties

`,
	} {
		var out bytes.Buffer
		table := NewTable(&colorprofile.Writer{Forward: &out, Profile: colorprofile.NoTTY}, width)
		if err := table.Show(rules(t, transform.Options{}).Apply(nil, r)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, "\n"+out.String()); diff != "" {
			t.Errorf("%d columns (-want +got):\n%s", width, diff)
			t.Log("\n" + out.String())
		}
	}
}
