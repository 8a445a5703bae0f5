package main

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// hear lets a check say lines of go test -json.
func hear(c check, lines ...string) *outcome {
	o := &outcome{check: c, output: map[string][]string{}, took: 3 * time.Second}
	for _, line := range lines {
		o.read([]byte(line+"\n"), io.Discard, io.Discard)
	}
	return o
}

func say(test, text string) string {
	return fmt.Sprintf(`{"Action":"output","Package":"github.com/pintle-io/pintle/sink","Test":%q,"Output":%q}`, test, text+"\n")
}

func end(test, how string) string {
	return fmt.Sprintf(`{"Action":%q,"Package":"github.com/pintle-io/pintle/sink","Test":%q}`, how, test)
}

// TestTheSummary: it says what ran, what did not and why, and of what failed the reason.
func TestTheSummary(t *testing.T) {
	scenarios := check{name: "real Kafka", depth: 2, what: "scenarios"}
	for _, tc := range []struct {
		name   string
		ci     bool
		o      *outcome
		passed bool
		says   []string
	}{
		{
			"all is well", true, hear(check{name: "packages"}, say("TestA", "fine"), end("TestA", "pass"), end("TestA/part", "pass"), end("", "pass")), true,
			[]string{"make test: passed", "1 tests", "3 s", "1 passed, 0 failed, 0 skipped"},
		},
		{
			"a part fails", false, hear(check{name: "packages"}, say("TestA/part", "=== RUN"), say("TestA/part", "    a_test.go:3: 1, want 2"), end("TestA/part", "fail"), end("TestA", "fail")), false,
			[]string{"make test: FAILED", "0 tests, 1 FAILED", "FAILED  sink TestA/part\n    a_test.go:3: 1, want 2\n", "0 passed, 1 failed"},
		},
		{"it does not build", false, func() *outcome {
			o := hear(check{name: "packages"}, `{"Action":"build-output","ImportPath":"sink","Output":"a.go:7: undefined: x\n"}`)
			o.exit = io.EOF
			return o
		}(), false, []string{"FAILED  packages\n    a.go:7: undefined: x\n"}},
		{
			"nothing ran", false, hear(check{name: "real Kafka", args: []string{"-run=^TestGone$"}}, end("", "pass")), false,
			[]string{"FAILED  real Kafka\n    no test ran: -run=^TestGone$\n"},
		},
		{
			"no Kafka", false, hear(scenarios, say("TestOn", "    b_test.go:1: NOT RUN: TestOn: no Java: install openjdk-17"), end("TestOn", "pass")), true,
			[]string{"real Kafka                           NOT RUN", "not run\n    TestOn: no Java: install openjdk-17\n"},
		},
		{"no Kafka in CI", true, hear(scenarios, say("TestOn", "NOT RUN: TestOn: no Java"), end("TestOn", "pass")), false, []string{"make test: FAILED"}},
		{"scenarios", true, hear(scenarios, end("TestOn/suite/outage", "pass"), end("TestOn/suite", "pass"), end("TestOn", "pass")), true, []string{"1 scenarios"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &summary{name: "make test", begun: time.Now(), ci: tc.ci}
			s.add(tc.o)
			var text strings.Builder
			s.print(&text)
			if s.passed() != tc.passed {
				t.Errorf("passed: %v", s.passed())
			}
			for _, want := range tc.says {
				if !strings.Contains(text.String(), want) {
					t.Errorf("it does not say %q:\n%s", want, text.String())
				}
			}
		})
	}
}
