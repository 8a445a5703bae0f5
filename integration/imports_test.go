package integration

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/pintle-io/pintle"

// listed is what `go list -json` tells about a package.
type listed struct {
	ImportPath string
	Dir        string
	Doc        string
	GoFiles    []string
	Imports    []string
}

// arrow says which of our packages the packages under From may import, and why no others. The
// first rule that matches a package is its rule; tests may import more.
type arrow struct {
	From string
	May  []string
	Why  string
}

func arrows() []arrow {
	return []arrow{
		{"schema/events", nil, "the corpus is data"},
		{"schema", nil, "what an event is does not depend on who reads it or where it goes"},
		{"sink/customerio/customeriotest", nil, "the stand-in must not share the client's idea of the wire"},
		{"sink/customerio", []string{"sink"}, "the wire knows only what an op and an answer are"},
		{"sink", nil, "delivery knows neither events, nor Kafka, nor Customer.io"},
		{"processor/transform/option", nil, "a fault of an option is a key and a text"},
		{"processor/transform/expression", []string{"schema", "processor/transform/option"}, "expressions read events"},
		{"processor/transform/filter", []string{"schema", "sink", "processor/transform/option", "processor/transform/expression"}, "who gets it is decided before mapping"},
		{"processor/transform/shape", []string{"schema", "sink", "processor/transform/option", "processor/transform/expression"}, "shaping is from event to event"},
		{"processor/transform", []string{"processor/transform/option", "processor/transform/filter", "processor/transform/shape", "processor/transform/expression", "schema", "sink", "sink/customerio"}, "mapping is a pure function from event to ops"},
		{"processor/deadletter", nil, "a letter holds bytes and headers"},
		{"processor/replay", []string{"processor", "processor/deadletter"}, "a replay is a bounded run of the same processor"},
		{"processor/internal", nil, "inner parts of the processor are plain data structures"},
		{"processor", []string{"schema", "sink", "processor/deadletter", "processor/internal"}, "the stream takes any mapper and any sender"},
		{"cmd/standin", []string{"sink/customerio/customeriotest"}, "the stand-in's program is the stand-in and nothing else"},
		{"cmd/pintle", []string{"cmd/internal", "sink", "schema", "processor"}, "the program's parts are under cmd/internal"},
		{"cmd/internal", []string{"cmd/internal", "schema", "sink", "processor"}, "the composition root sees everything but the tests of the whole"},
		{"integration/history", nil, "the judge of a run must know nothing of how it came about"},
		{"integration", []string{"integration", "schema", "sink", "processor"}, "tests of the whole see everything but cmd, which they run as programs"},
	}
}

// outside are other people's packages that belong to few of ours.
func outside() []arrow {
	return []arrow{
		{"github.com/twmb/franz-go", []string{"processor", "cmd/internal", "integration"}, "Kafka belongs to the processor and its surroundings"},
		{"github.com/twmb/franz-go/pkg/kfake", []string{"cmd/internal/demo", "integration/soak"}, "the in-process broker is for tests and the demo"},
		{"net/http", []string{"sink/customerio", "cmd", "integration"}, "only the wire, the program and tests speak HTTP"},
		{"go.opentelemetry.io/otel/sdk", []string{"cmd/internal/telemetry"}, "OpenTelemetry is set up in one place"},
	}
}

// within reports whether path is root or below it.
func within(path, root string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}

func withinAny(path string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return within(path, root) })
}

func TestArrows(t *testing.T) {
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		if room(from) < 0 {
			t.Errorf("%s: no rule: the house of design §3 has no such room", from)
			continue
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module+"/")
			if ours && !permits(from, to) {
				t.Errorf("%s imports %s: %s", from, to, arrows()[room(from)].Why)
			}
			for _, o := range outside() {
				if within(imported, o.From) && !withinAny(from, o.May) {
					t.Errorf("%s imports %s: %s", from, imported, o.Why)
				}
			}
		}
	}
}

// room is the rule of one of our packages, -1 when there is none.
func room(path string) int {
	return slices.IndexFunc(arrows(), func(a arrow) bool { return within(path, a.From) })
}

// permits applies the rules. Those of the libraries name packages, those of cmd and integration trees.
func permits(from, to string) bool {
	rule := arrows()[room(from)]
	switch {
	case room(from) == room(to):
		return true
	case within(from, "cmd"), within(from, "integration"):
		return withinAny(to, rule.May)
	default:
		return slices.Contains(rule.May, arrows()[room(to)].From)
	}
}

// TestRulesBite runs the rules on imports that they must refuse, so that a rule with a slip in it shows.
func TestRulesBite(t *testing.T) {
	for _, c := range []struct{ from, to string }{
		{"schema", "sink"},
		{"sink", "sink/customerio"},
		{"sink/customerio", "sink/customerio/customeriotest"},
		{"sink/customerio/customeriotest", "sink"},
		{"processor", "processor/transform"},
		{"processor", "sink/customerio"},
		{"processor/transform", "processor"},
		{"processor/deadletter", "sink"},
		{"cmd/internal/app", "integration/kafka"},
		{"integration", "cmd/internal/app"},
		{"integration/history", "processor"},
	} {
		if permits(c.from, c.to) {
			t.Errorf("%s may import %s", c.from, c.to)
		}
	}
}

func TestHouse(t *testing.T) {
	forbidden := []string{"util", "utils", "common", "helpers", "types", "misc", "shared"}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		if p.Doc == "" && len(p.GoFiles) > 0 {
			t.Errorf("%s: no package comment", name)
		}
		for part := range strings.SplitSeq(name, "/") {
			if slices.Contains(forbidden, part) {
				t.Errorf("%s: %q says nothing about what lives there", name, part)
			}
		}
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		var commented []string
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if lines := bytes.Count(text, []byte("\n")); lines > 350 {
				t.Errorf("%s: %d lines, more than 350: is it one role?", filepath.Join(name, filepath.Base(file)), lines)
			}
			if packageComment(text) {
				commented = append(commented, filepath.Base(file))
			}
		}
		if len(commented) > 1 {
			t.Errorf("%s: package comments in %v, want one", name, commented)
		}
	}
}

// packageComment reports whether a comment stands right above the package clause.
func packageComment(source []byte) bool {
	before := ""
	for line := range strings.Lines(string(source)) {
		if strings.HasPrefix(line, "package ") {
			return strings.HasPrefix(before, "//") && !strings.HasPrefix(before, "//go:") || strings.HasSuffix(before, "*/\n")
		}
		before = line
	}
	return false
}

// packages lists ours, the ones that hold only tests included.
func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json", module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
	if len(all) < 5 {
		t.Fatalf("go list found %d packages", len(all))
	}
	return all
}
