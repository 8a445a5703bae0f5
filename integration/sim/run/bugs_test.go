package main

import (
	"slices"
	"testing"
)

// TestBugsCanBePlanted says early that a text which a bug replaces has changed.
func TestBugsCanBePlanted(t *testing.T) {
	t.Chdir("../../..")
	var names []string
	for _, b := range bugs() {
		if slices.Contains(names, b.name) {
			t.Errorf("two bugs are called %s", b.name)
		}
		names = append(names, b.name)
		if _, err := plant(t.TempDir(), b); err != nil {
			t.Errorf("%s, %s: %v", b.name, b.what, err)
		}
	}
}
