package transform_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// recordTime is when the records of the tests were written: after the events of the corpus.
func recordTime() time.Time { return time.Date(2026, time.November, 24, 0, 0, 0, 0, time.UTC) }

// TestGuide shows what events become, one rule a file. A file tells its rule at its top; then come
// pairs of sections, "event: what is special about it" and "becomes: the same". The operation is
// shown indented; the bytes sent have no blanks.
func TestGuide(t *testing.T) {
	update := flag.Lookup("update").Value.String() == "true"
	paths, err := filepath.Glob("testdata/guide/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	m := newMapper(t, transform.Options{DeviceEvents: []string{"Signed In On Device"}})
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			file, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := txtar.Format(file)
			got := &txtar.Archive{Comment: file.Comment}
			for _, section := range file.Files {
				title, ok := strings.CutPrefix(section.Name, "event: ")
				if !ok {
					continue // written anew
				}
				got.Files = append(got.Files, section, txtar.File{
					Name: "becomes: " + title,
					Data: describe(m, section.Data),
				})
			}
			if len(got.Files) == 0 {
				t.Error("the file shows no event")
			}
			if update {
				if err := os.WriteFile(path, txtar.Format(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want), string(txtar.Format(got))); diff != "" {
				t.Errorf("%s (-file +mapping); -update writes it anew:\n%s", path, diff)
			}
		})
	}
}

// describe returns what one event becomes, for people to read.
func describe(m *transform.Mapper, value []byte) []byte {
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
		ops, out := m.Map(nil, &evs[i], schema.Source{Time: recordTime()})
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
