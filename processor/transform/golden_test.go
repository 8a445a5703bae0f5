package transform_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
	"github.com/pintle-io/pintle/sink"
)

// recordTime is when the records of the tests were written: after the events of the corpus.
func recordTime() time.Time { return time.Date(2026, time.November, 24, 0, 0, 0, 0, time.UTC) }

// TestGoldens shows what events become, one rule a file: testdata/guide has the guide's rules,
// testdata/options what the options change. A file tells its rule at its top; then come the options, if
// any, and pairs of sections, "event: what is special about it" and "becomes: the same". The operation
// is shown indented; the bytes sent have no blanks. Every rule of the mapping is shown.
func TestGoldens(t *testing.T) {
	paths, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	shown := map[string]bool{}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) { golden(t, path, shown) })
	}
	for _, rule := range transform.Rules() {
		if !shown[rule.Code] {
			t.Errorf("no golden file shows the rule %s", rule.Code)
		}
	}
}

// TestRulesTellTheirPlaces: whatever a field is made of stands in a place that its rule names, in the
// profile that the rule is for.
func TestRulesTellTheirPlaces(t *testing.T) {
	rules := map[string]transform.Rule{}
	for _, r := range transform.Rules() {
		rules[r.Code] = r
	}
	for _, profile := range []transform.Profile{transform.Guide, transform.Current} {
		m := newMapper(t, transform.Options{Profile: profile})
		for file, line := range events.All() {
			evs, err := schema.Decode(nil, line, schema.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			_, _, how := m.Explain(&evs[0], schema.Source{Time: recordTime()})
			for _, f := range how.Fields {
				rule, ok := rules[f.By]
				named := func(place string) bool { return f.From == place || strings.HasPrefix(f.From, place+".") }
				switch {
				case !ok:
					t.Errorf("%s: %s is made by the rule %q, which there is not", file, f.Path, f.By)
				case f.From != "" && !slices.ContainsFunc(rule.In, named):
					t.Errorf("%s: %s comes from %s, the rule %s looks in %v", file, f.Path, f.From, f.By, rule.In)
				case rule.Profile != "" && rule.Profile != profile:
					t.Errorf("%s: the rule %s of the profile %s makes %s in the profile %s", file, f.By, rule.Profile, f.Path, profile)
				}
			}
		}
	}
}

// golden holds one file against the mapping, and marks the rules that it shows.
func golden(t *testing.T, path string, shown map[string]bool) {
	t.Helper()
	file, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := txtar.Format(file)
	got := &txtar.Archive{Comment: file.Comment}
	options := transform.Options{DeviceEvents: []string{"Signed In On Device"}}
	m := newMapper(t, options)
	for _, section := range file.Files {
		title, isEvent := strings.CutPrefix(section.Name, "event: ")
		switch {
		case section.Name == "options":
			options = transform.Options{}
			if err := json.Unmarshal(section.Data, &options); err != nil {
				t.Fatal(err)
			}
			m = newMapper(t, options)
			got.Files = append(got.Files, section)
		case isEvent:
			got.Files = append(got.Files, section, txtar.File{Name: "becomes: " + title, Data: describe(m, section.Data, shown)})
		}
	}
	if len(got.Files) == 0 {
		t.Error("the file shows no event")
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, txtar.Format(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want), string(txtar.Format(got))); diff != "" {
		t.Errorf("%s (-file +mapping); -update writes it anew:\n%s", path, diff)
	}
}

// describe returns what one event becomes, for people to read, and marks the rules that it shows.
func describe(m *transform.Mapper, value []byte, shown map[string]bool) []byte {
	var b bytes.Buffer
	var line bytes.Buffer // as on a topic
	if err := json.Compact(&line, value); err != nil {
		line.Write(value)
	}
	evs, err := schema.Decode(nil, line.Bytes(), schema.Limits{})
	if err != nil {
		fmt.Fprintf(&b, "letter, reason decode: %v\n", err)
		return b.Bytes()
	}
	for i := range evs {
		ops, out, how := m.Explain(&evs[i], schema.Source{Time: recordTime()})
		for _, field := range how.Fields {
			shown[field.By] = true
		}
		switch {
		case out.Filtered:
			fmt.Fprintf(&b, "filtered, reason %s\n", out.Reason)
		case !out.Mapped():
			fmt.Fprintf(&b, "letter, reason %s, field %s: %s\n", out.Reason, out.Field, out.Detail)
		}
		for j := range ops {
			describeOp(&b, &ops[j])
		}
		for _, c := range out.Changes {
			fmt.Fprintf(&b, "changed %s: %s\n", c.Field, c.Why)
		}
	}
	return b.Bytes()
}

func describeOp(b *bytes.Buffer, op *sink.Op) {
	fmt.Fprintf(b, "%s", op.Kind)
	if op.Barrier {
		b.WriteString(", alone in its lane")
	}
	b.WriteByte('\n')
	if err := json.Indent(b, op.Body, "", "  "); err != nil {
		fmt.Fprintf(b, "%s\nNOT JSON: %v", op.Body, err)
	}
	b.WriteByte('\n')
}

func newMapper(tb testing.TB, o transform.Options) *transform.Mapper {
	tb.Helper()
	m, err := transform.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}
