package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// helper is the file that asks which mutant is in force, and takes note of those that are asked about. A
// mutant may eat memory without end; it shall not take the machine with it.
const helper = `package %s

import (
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
)

var (
	mutantInForce, _ = strconv.Atoi(os.Getenv("PINTLE_MUTANT"))
	mutantsSeen      [%d + 1]atomic.Bool
	mutantsFile      = func() *os.File {
		_ = syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: 4 << 30, Max: 4 << 30})
		file, _ := os.OpenFile(os.Getenv("PINTLE_MUTANTS_SEEN"), os.O_APPEND|os.O_WRONLY, 0)
		return file
	}()
)

func mutant(number int) bool {
	if mutantsFile != nil && !mutantsSeen[number].Swap(true) {
		_, _ = mutantsFile.WriteString(strconv.Itoa(number) + "\n")
	}
	return number == mutantInForce
}
`

// stage is a built package with all of its mutants in it.
type stage struct {
	source  *source
	binary  string
	mutants []mutant
	tests   []test
}

// test is a test of the package, how long it takes, and which mutants it meets.
type test struct {
	name  string
	takes time.Duration
	meets map[int]bool
	fails string // how it failed
}

// newStage plants all mutants of a package and builds its tests.
func newStage(ctx context.Context, pkg, dir string) (*stage, error) {
	s, err := load(ctx, pkg)
	if err != nil {
		return nil, err
	}
	st := &stage{source: s, binary: filepath.Join(dir, s.name+".test")}
	replace := map[string]string{}
	for _, d := range of(pkg) {
		text, err := s.plant(d, &st.mutants)
		if err != nil {
			return nil, err
		}
		if err := overlay(replace, dir, d.file, text); err != nil {
			return nil, err
		}
	}
	if err := overlay(replace, dir, filepath.Join(pkg, "mutant_in_force.go"), fmt.Sprintf(helper, s.name, len(st.mutants))); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err //nolint:wrapcheck // cannot be
	}
	list := filepath.Join(dir, s.name+".json")
	if err := os.WriteFile(list, raw, 0o600); err != nil {
		return nil, err //nolint:wrapcheck // says what it was about
	}
	out, err := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", list, "-o", st.binary, "./"+pkg).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s does not build with its mutants in it: %w\n%s", pkg, err, out)
	}
	return st, nil
}

// overlay writes a file that stands in for one of the repository.
func overlay(replace map[string]string, dir, path, text string) error {
	whole, err := filepath.Abs(path)
	if err != nil {
		return err //nolint:wrapcheck // says what it was about
	}
	replace[whole] = filepath.Join(dir, strings.ReplaceAll(path, string(filepath.Separator), "-"))
	return os.WriteFile(replace[whole], []byte(text), 0o600)
}

// run runs some tests of the package with a mutant in force, 0 for none, for so long at most.
func (s *stage) run(ctx context.Context, tests []string, number int, seen string, most time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	args := []string{"-test.failfast", "-test.run", "^(" + strings.Join(tests, "|") + ")$"}
	if s.source.rapid { // the same draws each time, and no files of what failed
		args = append(args, "-rapid.seed=1", "-rapid.nofailfile", "-rapid.shrinktime=1ms")
	}
	cmd := exec.CommandContext(ctx, s.binary, args...)
	cmd.Dir = s.source.dir
	cmd.Env = append(os.Environ(), "PINTLE_MUTANT="+strconv.Itoa(number), "PINTLE_MUTANTS_SEEN="+seen)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return out, err //nolint:wrapcheck // the tests said why
}

// rehearse runs each test by itself without a mutant, to see how long it takes and which mutants it meets. One
// that fails is told, and left out.
func (s *stage) rehearse(ctx context.Context, dir string, workers int, out io.Writer) error {
	list := exec.CommandContext(ctx, s.binary, "-test.list", ".")
	list.Dir = s.source.dir
	names, err := list.Output()
	if err != nil {
		return fmt.Errorf("the tests of %s: %w", s.source.dir, err)
	}
	for _, name := range regexp.MustCompile(`(?m)^(Test|Fuzz|Example)\w*$`).FindAll(names, -1) {
		s.tests = append(s.tests, test{name: string(name), meets: map[int]bool{}})
	}
	err = each(ctx, workers, len(s.tests), func(ctx context.Context, i int) error {
		t := &s.tests[i]
		seen := filepath.Join(dir, t.name)
		if err := os.WriteFile(seen, nil, 0o600); err != nil {
			return err //nolint:wrapcheck // says what it was about
		}
		began := time.Now()
		if said, err := s.run(ctx, []string{t.name}, 0, seen, 5*time.Minute); err != nil {
			t.fails = verdict(said)
			return nil // told below
		}
		t.takes = time.Since(began)
		numbers, err := os.ReadFile(seen) //nolint:gosec // a file of our own
		if err != nil {
			return err //nolint:wrapcheck // says what it was about
		}
		for line := range bytes.Lines(numbers) {
			number, err := strconv.Atoi(string(bytes.TrimSpace(line)))
			if err != nil {
				return err //nolint:wrapcheck // quotes it
			}
			t.meets[number] = true
		}
		return nil
	})
	for _, t := range s.tests {
		if t.fails != "" {
			fmt.Fprintf(out, "LEFT OUT: %s fails without any mutant: %s\n", t.name, t.fails)
		}
	}
	s.tests = slices.DeleteFunc(s.tests, func(t test) bool { return t.fails != "" })
	return err
}
