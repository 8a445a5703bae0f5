package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadmeShowsPreview holds what the README shows of preview to what it says.
func TestReadmeShowsPreview(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(readme), "$ sed -n 7p schema/events/android-1.28.0.jsonl | bin/pintle preview\n")
	shown, _, found := strings.Cut(shown, "```")
	if !found {
		t.Fatal("the README has no such example")
	}
	events, err := os.ReadFile("../../schema/events/android-1.28.0.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	stdout, _, _ := runPreview(t, bytes.Split(events, []byte("\n"))[6])
	if diff := cmp.Diff(strings.TrimSpace(shown), strings.TrimSpace(string(stdout))); diff != "" {
		t.Errorf("the README shows (-) and preview says (+):\n%s", diff)
	}
}
