package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestTour: without flags the demo shows four scenes and ends by itself; what it has found is data. The
// README shows what it says.
func TestTour(t *testing.T) {
	stdout, stderr, err := runDemoCommand(t, "--scene", "500ms", "--output", "json")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	r := result(t, stdout)
	if r.InFlight != 0 || r.Consumed != r.Delivered+r.Filtered+r.DeadLettered || r.OrderViolations+r.Duplicates != 0 {
		t.Errorf("it does not balance: %+v", r)
	}
	if r.Tour == nil || r.DeadLettered != 1 || r.Reasons["invalid"] != 1 || r.Retries == 0 {
		t.Fatalf("there was no outage, or no poison event alone: %+v", r)
	}
	l := r.Tour.DeadLetter
	if l.Topic != "rudder.events" || l.Reason != "invalid" || l.Detail == "" || l.Field != "event" {
		t.Errorf("the dead letter: %+v", l)
	}
	if r.Tour.OutageSeconds < 0.5 || r.Tour.FirstDeliverySeconds <= 0 || r.Tour.RecoverySeconds < r.Tour.FirstDeliverySeconds {
		t.Errorf("the outage: %+v", r.Tour)
	}
	if strings.Contains(stderr, "\x1b") {
		t.Error("it writes colours to what is no terminal")
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	figure := regexp.MustCompile(`[0-9][0-9.,]*`)
	shown, rest := figure.ReplaceAllString(string(readme), "0"), stderr
	for _, part := range []string{
		"pintle demo: ", "1/4 ", "were delivered", "2/4 ", "events wait", "3/4 ", "First delivery", "4/4 ", "rudder.events.dlq", "pintle.reason",
		"pintle.detail", "pintle.field", "original ", "value ", "went on",
	} {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("it does not say %q, or not in its turn:\n%s", part, stderr)
		}
		rest = after
		after, _, _ = strings.Cut(after, "\n")
		if line := figure.ReplaceAllString(part+after, "0"); !strings.Contains(shown, line) {
			t.Errorf("the README does not show %q", line)
		}
	}
}

// TestTourStopped: a tour that is stopped ends, and does not count as a success.
func TestTourStopped(t *testing.T) {
	p := start(t, "demo")
	p.until(t, "2/4")
	p.signal(t)
	if code, said := p.end(); code != exitFailed || !strings.Contains(said, "the tour was stopped before its end") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
}

// TestFollow: it goes on until it is stopped, which is a success.
func TestFollow(t *testing.T) {
	p := start(t, "demo", "--follow")
	p.until(t, "gate=open books=balance")
	p.until(t, "gate=open books=balance")
	p.signal(t)
	if code, said := p.end(); code != exitDone {
		t.Errorf("exit code %d:\n%s", code, said)
	}
}

// TestDemoReaderGone: a demo whose reader has gone ends, and does not go on for nobody.
func TestDemoReaderGone(t *testing.T) {
	for _, args := range [][]string{{"demo"}, {"demo", "--follow"}} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		c := exec.CommandContext(ctx, os.Args[0], args...)
		c.Env = append(os.Environ(), asProgram+"=1")
		pipe, err := c.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(pipe).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		_ = pipe.Close()
		if err := c.Wait(); err == nil || ctx.Err() != nil {
			t.Errorf("%v ended with %v, %v", args, err, ctx.Err())
		}
	}
}
