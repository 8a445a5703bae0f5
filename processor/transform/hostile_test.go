package transform_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events/hostile"
	"github.com/pintle-io/pintle/sink"
)

// TestHostileInputs holds what becomes of every hostile value, in both profiles, against
// testdata/hostile.txt, and wants it to be the same the second time.
func TestHostileInputs(t *testing.T) {
	const path = "testdata/hostile.txt"
	profiles := []transform.Profile{transform.Guide, transform.Current}
	mappers, again := map[transform.Profile]*transform.Mapper{}, map[transform.Profile]*transform.Mapper{}
	for _, p := range profiles {
		mappers[p], again[p] = newMapper(t, transform.Options{Profile: p}), newMapper(t, transform.Options{Profile: p})
	}
	var got bytes.Buffer
	n := 0
	for name, value := range hostile.All() {
		n++
		fmt.Fprintf(&got, "%s %s\n", name, abridged(value))
		var became []string
		for _, p := range profiles {
			text := fate(mappers[p], value)
			if second := fate(again[p], value); second != text {
				t.Errorf("%s, profile %s: another outcome the second time:\n%s", name, p, cmp.Diff(text, second))
			}
			became = append(became, text)
		}
		if became[0] == became[1] {
			fmt.Fprintf(&got, "  both: %s\n", became[0])
			continue
		}
		for i, p := range profiles {
			fmt.Fprintf(&got, "  %s: %s\n", p, became[i])
		}
	}
	if n < 300 {
		t.Errorf("%d hostile values, want 300 at least", n)
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
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("outcomes (-file +mapping); -update writes it anew:\n%s", diff)
	}
}

// TestHostileOperationsAreAccepted holds what the hostile values become against the rules of the API and
// sends it to the strict stand-in.
func TestHostileOperationsAreAccepted(t *testing.T) {
	for _, p := range []transform.Profile{transform.Guide, transform.Current} {
		t.Run(string(p), func(t *testing.T) {
			j := newJudge(t, transform.Options{Profile: p})
			for _, value := range hostile.All() {
				evs, _ := schema.Decode(nil, value, schema.Limits{}) // what is no event makes no operation
				for i := range evs {
					j.judgeEvent(&evs[i])
				}
			}
			j.workspace.flush()
			for what, n := range j.workspace.excuses {
				t.Logf("%d times %s", n, what)
			}
		})
	}
}

// fate returns what becomes of a value, in one line: of each of its events the outcome, the operations
// and what was changed on the way.
func fate(m *transform.Mapper, value []byte) string {
	evs, err := schema.Decode(nil, value, schema.Limits{})
	if err != nil {
		return "letter decode: " + err.Error()
	}
	var each []string
	for i := range evs {
		ops, out := m.Map(nil, &evs[i], schema.Source{Time: recordTime()})
		each = append(each, outcomeText(ops, &out))
	}
	if len(each) > 3 && strings.Count(strings.Join(each, "\n")+"\n", each[0]+"\n") == len(each) {
		return fmt.Sprintf("%d times %s", len(each), each[0])
	}
	return strings.Join(each, " | ")
}

func outcomeText(ops []sink.Op, out *sink.Outcome) string {
	var b strings.Builder
	switch {
	case out.Filtered:
		fmt.Fprintf(&b, "filtered %s", out.Reason)
	case !out.Mapped():
		fmt.Fprintf(&b, "letter %s %s", out.Reason, out.Field)
	}
	for i := range ops {
		if i > 0 {
			b.WriteString(" + ")
		}
		item := schema.Value(ops[i].Body)
		b.WriteString(ops[i].Kind.String())
		for m := item.Members(); m.Next(); {
			switch string(m.Name) {
			case "type", "action", "id":
			default:
				fmt.Fprintf(&b, " %s=%s", m.Name, clip(m.Value, 90))
			}
		}
	}
	for _, c := range out.Changes {
		fmt.Fprintf(&b, ", %s %s", clip([]byte(c.Field), 30), c.Why)
		if b.Len() > 400 {
			fmt.Fprintf(&b, " … of %d changes", len(out.Changes))
			break
		}
	}
	return b.String()
}

// abridged returns a value for people to read, without what nearly all of the events have.
func abridged(value []byte) string {
	short := value
	for _, common := range []string{`,"messageId":"m"`, `,"timestamp":"2026-11-23T12:00:00Z"`} {
		short = bytes.ReplaceAll(short, []byte(common), nil)
	}
	return clip(short, 140)
}

// clip cuts a text in its middle. What could not be read is quoted.
func clip(text []byte, limit int) string {
	s := string(text)
	if len(s) > limit {
		from, to := limit-20, len(s)-10
		for !utf8.RuneStart(s[from]) && from > 0 {
			from--
		}
		for to < len(s) && !utf8.RuneStart(s[to]) {
			to++
		}
		s = s[:from] + "…" + s[to:] + " (" + strconv.Itoa(len(s)) + " bytes)"
	}
	for _, r := range s {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return strconv.QuoteToASCII(s)
		}
	}
	return s
}
