package shape_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/pintle-io/pintle/processor/transform/expression"
	"github.com/pintle-io/pintle/processor/transform/shape"
	"github.com/pintle-io/pintle/schema"
)

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files anew")
	flag.Parse()
	m.Run() // its result is the exit code
}

// key is the key of the hashes in the tests.
const key = "0123456789abcdef"

// parse reads rules in the form of the golden files: a line for each of a rule's parts, a blank line
// between rules. Names are separated by commas.
func parse(tb testing.TB, text string) shape.Options {
	tb.Helper()
	o := shape.Options{HashKey: []byte(key)}
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		var r shape.Rule
		for line := range strings.Lines(block) {
			what, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			list := strings.Split(rest, ",")
			for i := range list {
				list[i] = strings.TrimSpace(list[i])
			}
			switch what {
			case "types":
				r.Types = list
			case "events":
				r.Events = list
			case "where":
				r.Where = rest
			case "keep":
				r.Keep = list
			case "drop":
				r.Drop = list
			case "hash":
				r.Hash = list
			case "rename":
				from, to, _ := strings.Cut(rest, " ->")
				r.Rename = append(r.Rename, shape.Pair{Name: from, Value: strings.TrimSpace(to)})
			case "set":
				name, value, _ := strings.Cut(rest, " =")
				r.Set = append(r.Set, shape.Pair{Name: name, Value: strings.TrimSpace(value)})
			default:
				tb.Fatalf("no part of a rule: %s", line)
			}
		}
		o.Rules = append(o.Rules, r)
	}
	return o
}

// TestGolden holds what becomes of events against testdata: in each file the rules, the events and
// what they become.
func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) < 5 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s, err := shape.New(parse(t, string(archive.Files[0].Data)))
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			for line := range bytes.Lines(archive.Files[1].Data) {
				describe(t, &got, s, bytes.TrimSpace(line))
			}
			if flag.Lookup("update").Value.String() == "true" {
				archive.Files = append(archive.Files[:2], txtar.File{Name: "out", Data: got.Bytes()})
				if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if len(archive.Files) < 3 {
				t.Fatal("no file out; -update writes it")
			}
			if diff := cmp.Diff(string(archive.Files[2].Data), got.String()); diff != "" {
				t.Errorf("(-file +shape); -update writes it anew:\n%s", diff)
			}
		})
	}
}

// describe writes what becomes of one event: its attributes, the changes, the outcome.
func describe(t *testing.T, w *bytes.Buffer, s *shape.Shaper, value []byte) {
	t.Helper()
	evs, err := schema.Decode(nil, value, schema.Limits{})
	if err != nil {
		t.Fatalf("%s: %v", value, err)
	}
	ev, before := &evs[0], bytes.Clone(value)
	var env expression.Env
	env.Reset(ev)
	changes, out := s.Shape(ev, &env)
	if !bytes.Equal(value, before) {
		t.Errorf("the record was changed: %s, before %s", value, before)
	}
	fmt.Fprintf(w, "%s\n", ev.Type)
	for _, object := range []struct {
		name  string
		value schema.Value
	}{{"properties", ev.Properties}, {"traits", ev.Traits}, {"context.traits", ev.Context.Traits}} {
		if object.value != nil {
			fmt.Fprintf(w, "  %s %s\n", object.name, object.value)
		}
	}
	for _, c := range changes {
		fmt.Fprintf(w, "  %s: %s\n", c.Field, c.Why)
	}
	if !out.Mapped() || out.Changes != nil {
		fmt.Fprintf(w, "  %s, %s: %s\n", out.Reason, out.Field, out.Detail)
	}
}
