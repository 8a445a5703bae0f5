package main

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

	"github.com/pintle-io/pintle/schema/events/hostile"
)

// TestPreview runs the command lines of testdata/preview: each file holds what is on the command line,
// the files that are there, and what is said.
func TestPreview(t *testing.T) {
	paths, err := filepath.Glob("testdata/preview/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal(err, "no golden files")
	}
	for _, path := range paths {
		path, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			scene, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			got := &txtar.Archive{Comment: scene.Comment}
			var args []string
			var stdin []byte
			for _, f := range scene.Files {
				switch f.Name {
				case "args":
					args = strings.Fields(string(f.Data))
				case "stdin":
					stdin = f.Data
				case "stdout", "stderr":
					continue
				default:
					if err := os.WriteFile(f.Name, f.Data, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				got.Files = append(got.Files, f)
			}
			stdout, stderr, code := runPreview(t, stdin, args...)
			got.Files = append(got.Files, txtar.File{Name: "stdout", Data: stdout},
				txtar.File{Name: "stderr", Data: fmt.Appendf(stderr, "exit %d\n", code)})
			if flag.Lookup("update").Value.String() == "true" {
				if err := os.WriteFile(path, txtar.Format(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(txtar.Format(scene)), string(txtar.Format(got))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// runPreview runs the command as a shell would, all files being written at one and the same time.
func runPreview(t *testing.T, stdin []byte, args ...string) (stdout, stderr []byte, code int) {
	t.Helper()
	var out, talk bytes.Buffer
	p := &program{stdout: &out, stderr: &talk, version: "test"}
	c := p.command()
	c.SetIn(bytes.NewReader(stdin))
	c.SetArgs(append([]string{"preview", "--at", "2026-11-24T00:00:00Z"}, args...))
	err := c.ExecuteContext(t.Context())
	p.report(err)
	return out.Bytes(), talk.Bytes(), exitCode(err)
}

// TestPreviewOfHostileFiles: whatever a file holds, each of its lines has an outcome, and the exit code
// is one of those that are documented.
func TestPreviewOfHostileFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	n := 0
	for name, value := range hostile.All() {
		n++
		if err := os.WriteFile("value", value, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, profile := range []string{"guide", "current"} {
			stdout, stderr, code := runPreview(t, nil, "-o", "json", "--profile", profile, "value")
			want := 0
			for line := range bytes.Lines(value) {
				if len(bytes.TrimSpace(line)) > 0 {
					want = 1 // at least: a file may be one value, and a value may hold several events
				}
			}
			got := lines(t, string(stdout))
			switch {
			case code != exitDone && code != exitBadInput && code != exitNothing:
				t.Errorf("%s: exit %d: %s", name, code, stderr)
			case len(got) < want, len(got) == 0 && code != exitNothing:
				t.Errorf("%s: exit %d and %d outcomes: %s", name, code, len(got), stderr)
			}
			for _, l := range got {
				if bad := l.Reason == "decode"; bad && code != exitBadInput {
					t.Errorf("%s: exit %d with a record that is no event", name, code)
				}
			}
		}
	}
	if n < 300 {
		t.Errorf("%d files, want at least 300", n)
	}
}

// TestPreviewCommandLines that cannot be meant.
func TestPreviewCommandLines(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, f := range []struct{ name, text string }{{"e.jsonl", "{}"}, {"bad.yaml", "kafka: 1"}, {"topic", "{}"}} {
		if err := os.WriteFile(f.name, []byte(f.text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for command, says := range map[string]string{
		"-o xml e.jsonl":                   "write text or json",
		"--profile best e.jsonl":           "write guide or current",
		"--diff nowhere.yaml e.jsonl":      "nowhere.yaml: there is no such file",
		"-c nowhere.yaml e.jsonl":          "nowhere.yaml: there is no such file",
		"-c bad.yaml e.jsonl":              "bad.yaml:1:",
		"--summary --diff current e.jsonl": "take one of them",
		"-n 0 e.jsonl":                     "write a number from 1",
		"--at noon e.jsonl":                "write a time such as",
		"e.jsonl nowhere.jsonl":            "there is no file nowhere.jsonl",
		".":                                "is a directory: name files",
		"events/0@7":                       "name it with --config",
		"topic/0@7":                        "name it with --config",
		"events/99999999999@7":             "there is no file events/99999999999@7",
	} {
		stdout, stderr, code := runPreview(t, nil, strings.Fields(command)...)
		if code != exitBadInput || len(stdout) > 0 || !bytes.Contains(stderr, []byte(says)) {
			t.Errorf("%s: exit %d, stdout %q, stderr %q, want it to say %q", command, code, stdout, stderr, says)
		}
	}
}
