package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/cmd/internal/demo"
)

// runDemoCommand runs the command as a user would, and returns what it wrote to stdout and stderr.
func runDemoCommand(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, talk bytes.Buffer
	c := (&program{stdout: &out, stderr: &talk, version: "test"}).command()
	c.SetArgs(append([]string{"demo"}, args...))
	err = c.ExecuteContext(t.Context())
	return out.String(), talk.String(), err
}

// result reads exactly one JSON object with exactly the fields of the API.
func result(t *testing.T, stdout string) demo.Result {
	t.Helper()
	var r demo.Result
	d := json.NewDecoder(strings.NewReader(stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Errorf("there is more than one object: %s", stdout)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(stdout), &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"consumed", "delivered", "filtered", "dead_lettered", "in_flight", "requests", "retries", "resent",
		"duplicates", "order_violations", "elapsed_seconds", "reasons",
	} {
		if _, ok := fields[name]; !ok {
			t.Errorf("the object has no %s: %s", name, stdout)
		}
	}
	return r
}

// TestDemoTalk: what is shown and what is logged come from goroutines of their own, and a line at a time.
func TestDemoTalk(t *testing.T) {
	var out bytes.Buffer
	display, log, restore := demoDisplay(&out, false)
	var both sync.WaitGroup
	both.Go(func() {
		for range 100 {
			display.Show(&demo.Snapshot{})
		}
	})
	both.Go(func() {
		for range 100 {
			log.Info("the gate moved")
		}
	})
	both.Wait()
	restore()
	shown, logged := 0, 0
	for line := range strings.Lines(out.String()) {
		switch {
		case strings.HasPrefix(line, "  0 s  consumed=0") && strings.HasSuffix(line, "books=balance\n"):
			shown++
		case strings.HasPrefix(line, "time=") && strings.HasSuffix(line, `msg="the gate moved"`+"\n"):
			logged++
		}
	}
	if shown != 100 || logged != 100 {
		t.Errorf("%d lines of the display and %d of the log, want 100 of each:\n%s", shown, logged, out.String())
	}
}

// TestDemo: every event ends, in order and once, whatever Customer.io does meanwhile.
func TestDemo(t *testing.T) {
	for _, tc := range []struct {
		name            string
		args            []string
		retries, reject bool
	}{
		{name: "plain"},
		{name: "outage", args: []string{"--outage", "1s@500ms"}, retries: true},
		{name: "reject", args: []string{"--reject", "0.05"}, reject: true},
		{name: "outage and reject", args: []string{"--outage", "1s@400ms", "--reject", "0.05", "--seed", "9"}, retries: true, reject: true},
		{name: "key", args: []string{"--revoke-key", "1s@400ms"}, retries: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			stdout, stderr, err := runDemoCommand(t, append(tc.args, "--events", "3000", "--output", "json")...)
			if err != nil {
				t.Fatalf("%v\n%s", err, stderr)
			}
			r := result(t, stdout)
			t.Logf("%+v", r)
			if r.Consumed != 3000 || r.InFlight != 0 || r.Consumed != r.Delivered+r.Filtered+r.DeadLettered {
				t.Errorf("the books: %+v", r)
			}
			if r.OrderViolations != 0 || r.Duplicates != 0 || r.Resent != 0 {
				t.Errorf("what arrived: %+v", r)
			}
			reasons := int64(0)
			for _, n := range r.Reasons {
				reasons += n
			}
			if reasons != r.Filtered+r.DeadLettered {
				t.Errorf("%d reasons for %d events", reasons, r.Filtered+r.DeadLettered)
			}
			for _, reason := range []string{"decode", "invalid", "too_large", "tombstone"} {
				if r.Reasons[reason] != 3 {
					t.Errorf("%d events with the reason %s, want 3", r.Reasons[reason], reason)
				}
			}
			if (r.Reasons["rejected"] > 0) != tc.reject || (r.Retries > 0) != tc.retries {
				t.Errorf("%d are rejected, %d requests repeated", r.Reasons["rejected"], r.Retries)
			}
			if r.Requests == 0 || r.Delivered/r.Requests < 5 || r.ElapsedSeconds <= 0 {
				t.Errorf("%d requests, %v s", r.Requests, r.ElapsedSeconds)
			}
		})
	}
}

// TestDemoText: people read on stdout how it ended and how to look further, and on stderr how it goes.
func TestDemoText(t *testing.T) {
	stdout, stderr, err := runDemoCommand(t, "--events", "2500", "--rate", "2000")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2,500 events", "dead-lettered", "balance", "in order", "Look further", "pintle run --config"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("stdout does not say %q:\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout+stderr, "\x1b") {
		t.Error("it writes colours to what is no terminal")
	}
	if !strings.Contains(stderr, "gate=open books=balance\n") {
		t.Errorf("stderr has no line of how it goes:\n%s", stderr)
	}
}

func TestDemoUsage(t *testing.T) {
	got := map[string]string{}
	codes := map[string]int{}
	for _, args := range []string{"--outage 5s", "--output yaml", "--reject 2", "--events -1", "--admin nowhere"} {
		stdout, _, err := runDemoCommand(t, append(strings.Fields(args), "--events", "10")...)
		if args == "--events -1" {
			stdout, _, err = runDemoCommand(t, strings.Fields(args)...)
		}
		if err == nil {
			t.Errorf("%s is taken", args)
			continue
		}
		codes[args] = exitCode(err)
		if stdout != "" {
			t.Errorf("%s: stdout has %q", args, stdout)
		}
		for _, word := range []string{"LENGTH@START", "text or json", "share", "how many events", "free address"} {
			if strings.Contains(err.Error(), word) {
				got[args] = word
			}
		}
	}
	want := map[string]string{
		"--outage 5s": "LENGTH@START", "--output yaml": "text or json", "--reject 2": "share", "--events -1": "how many events",
		"--admin nowhere": "free address",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the errors say to do (-want +got):\n%s", diff)
	}
	wantCodes := map[string]int{
		"--outage 5s": exitBadInput, "--output yaml": exitBadInput, "--reject 2": exitBadInput, "--events -1": exitBadInput,
		"--admin nowhere": exitFailed,
	}
	if diff := cmp.Diff(wantCodes, codes); diff != "" {
		t.Errorf("exit codes (-want +got):\n%s", diff)
	}
}
