package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = `package sample

type counter struct{ n int }

func (c *counter) add(by int) (full bool) {
	if by < 0 || c.n == 9 {
		return false
	}
	c.n += by
	return c.n*2 > 9
}

func twice(n int) (int, error) {
	n++
	return n * 2, nil
}
`

func TestEveryMistakeIsMadeOnceAndTheFileStillBuilds(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "go.mod", "module "+strings.TrimSuffix(module, "/")+"\n\ngo 1.26\n")
	if err := os.Mkdir("sample", 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, "sample/sample.go", sample)
	s, err := load(t.Context(), "sample")
	if err != nil {
		t.Fatal(err)
	}
	var list []mutant
	text, err := s.plant(decision{file: "sample/sample.go"}, &list)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range list {
		names = append(names, strings.TrimPrefix(m.name, "sample/sample.go "))
	}
	want := []string{
		"counter.add: c.n += by → -=",
		"counter.add: c.n += by → nothing",
		"counter.add: by < 0 || c.n == 9 → &&",
		"counter.add: by < 0 → <=",
		"counter.add: by < 0 → >=",
		"counter.add: c.n == 9 → !=",
		"counter.add: return false → not",
		"counter.add: c.n*2 > 9 → >=",
		"counter.add: c.n*2 > 9 → <=",
		"counter.add: c.n*2 → /",
		"twice: n++ → --",
		"twice: n++ → nothing",
		"twice: return n * 2, nil → zero",
		"twice: n * 2 → /",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
	write(t, "sample/sample.go", text+"\nfunc mutant(int) bool { return false }\n")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "./sample").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, text)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestExplanationsAreOfMutantsThatExist says early that a line which an explanation is about has changed.
func TestExplanationsAreOfMutantsThatExist(t *testing.T) {
	why, err := explanations()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("../..")
	var list []mutant
	for _, pkg := range packages() {
		s, err := load(t.Context(), pkg)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range of(pkg) {
			if _, err := s.plant(d, &list); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, reason := range why {
		if reason == "" {
			t.Errorf("explained.txt names, and does not explain: %s", name)
		}
		if !slices.ContainsFunc(list, func(m mutant) bool { return m.name == name }) {
			t.Errorf("explained.txt explains what is no mutant any more: %s", name)
		}
	}
}

func TestCoverageCountsWhatDecides(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("sample", 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join("sample", "sample.go"), sample)
	blocks, err := parseProfile("mode: set\n" +
		module + "sample/sample.go:5.43,6.25 1 1\n" +
		module + "sample/sample.go:6.25,8.3 1 0\n" +
		module + "sample/sample.go:9.2,10.18 2 1\n" +
		module + "sample/sample.go:13.32,16.2 2 0\n" +
		module + "sample/other.go:6.25,8.3 9 0\n")
	if err != nil {
		t.Fatal(err)
	}
	statements, uncovered, where, err := decision{file: "sample/sample.go", but: []string{"twice"}}.covered(blocks)
	if err != nil || statements != 4 || uncovered != 1 || !slices.Equal(where, []string{"6"}) {
		t.Errorf("%d statements, %d not run at %v, %v; want 4, 1 at line 6", statements, uncovered, where, err)
	}
	if _, _, _, err := (decision{file: "sample/sample.go", but: []string{"thrice"}}).covered(blocks); err == nil {
		t.Error("a function that is not there may be left out")
	}
}
