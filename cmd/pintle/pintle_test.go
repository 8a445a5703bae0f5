package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pintle-io/pintle/cmd/internal/config"
	"github.com/pintle-io/pintle/processor"
)

// run runs the program as a shell would and returns what it wrote and its exit code.
func run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, talk bytes.Buffer
	p := &program{stdout: &out, stderr: &talk, version: "v1.2.3"}
	code = p.run(t.Context(), args)
	return out.String(), talk.String(), code
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pintle.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const fine = `
kafka: {brokers: ["127.0.0.1:1"], topic: t, group: g}
dead_letters: {topic: t.dlq}
customerio: {site_id: s, api_key: hunter2}
admin: {listen: "127.0.0.1:0"}
`

func TestCheckTellsFineFromFaulty(t *testing.T) {
	stdout, stderr, code := run(t, "check", "--config", file(t, fine))
	if code != exitDone || !strings.HasSuffix(stdout, ": ok\n") || strings.Count(stderr, "note: mapping.created_at") != 1 {
		t.Errorf("a fine file: exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	for _, decided := range []string{"mapping: {created_at: event_time}", "mapping: {profile: guide, created_at: given}", "mapping: {profile: current}"} {
		if _, stderr, code = run(t, "check", "-c", file(t, fine+decided)); code != exitDone || stderr != "" {
			t.Errorf("with %s: exit %d, stderr %q", decided, code, stderr)
		}
	}
	stdout, stderr, code = run(t, "check", "-c", file(t, strings.Replace(fine, "topic: t,", "tpoic: t,", 1)))
	if code != exitBadInput || stdout != "" || !strings.Contains(stderr, "did you mean topic?") || !strings.Contains(stderr, ":2:") {
		t.Errorf("a faulty file: exit %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	if strings.Contains(stderr, "hunter2") {
		t.Errorf("a secret is shown: %s", stderr)
	}
	if _, stderr, code = run(t, "run", "-c", "nowhere.yaml"); code != exitBadInput || !strings.Contains(stderr, "pintle.example.yaml") {
		t.Errorf("no file: exit %d, %q", code, stderr)
	}
}

func TestCommandLinesThatCannotBeMeant(t *testing.T) {
	for _, args := range [][]string{
		{"chekc"}, {"check", "--confg", "x"}, {"check", "x"}, {"version", "-o", "xml"}, {"demo", "--output", "xml"}, {"demo", "--outage", "5s"}, {"demo", "x"},
	} {
		if stdout, stderr, code := run(t, args...); code != exitBadInput || stdout != "" || stderr == "" {
			t.Errorf("%v: exit %d, stdout %q, stderr %q", args, code, stdout, stderr)
		}
	}
}

func TestVersion(t *testing.T) {
	stdout, _, code := run(t, "version", "-o", "json")
	var got map[string]string
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitDone || got["version"] != "v1.2.3" {
		t.Errorf("exit %d, %q: %v", code, stdout, err)
	}
}

func TestHealthAsksReadiness(t *testing.T) {
	ready := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" || !ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprintln(w, "{}")
	}))
	defer server.Close()
	if _, _, code := run(t, "health", "--admin", server.URL); code != exitDone {
		t.Errorf("ready: exit %d", code)
	}
	ready = false
	if _, _, code := run(t, "health", "--admin", server.URL); code != exitUnreachable {
		t.Errorf("not ready: exit %d", code)
	}
	server.Close()
	if _, stderr, code := run(t, "health", "--admin", server.URL); code != exitUnreachable || !strings.Contains(stderr, "admin.listen") {
		t.Errorf("not there: exit %d, %q", code, stderr)
	}
}

func TestExitCodes(t *testing.T) {
	for want, errs := range map[int][]error{
		exitDone:        {nil},
		exitFailed:      {errors.New("boom")},
		exitBadInput:    {config.Problems{{}}, &usageError{errors.New("x")}, &processor.NoTopicError{}, &processor.BadStartError{}},
		exitRefused:     {&processor.NoStartError{}},
		exitUnreachable: {processor.ErrUnreachable, errNotReady},
	} {
		for _, err := range errs {
			if err != nil {
				err = fmt.Errorf("while testing: %w", err)
			}
			if got := exitCode(err); got != want {
				t.Errorf("%v: exit %d, want %d", err, got, want)
			}
		}
	}
}
