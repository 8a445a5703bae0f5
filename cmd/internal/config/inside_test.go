package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pintle-io/pintle/processor/transform/filter"
	"github.com/pintle-io/pintle/processor/transform/option"
)

// fault is one at the mark § of an expression, as the mapping would tell it.
func fault(tb testing.TB, key, expression string) *option.Error {
	tb.Helper()
	before, _, ok := strings.Cut(expression, "§")
	if !ok {
		tb.Fatalf("%q has no mark", expression)
	}
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return &option.Error{Key: key, Line: strings.Count(before, "\n") + 1, Column: utf8.RuneCountInString(line) + 1, Text: "is odd"}
}

// marked tells whether a fault points at the mark, and not at the expression as a whole.
func marked(p *Problem, text string) bool {
	line := []rune(strings.Split(text, "\n")[p.Line-1])
	return p.Column <= len(line) && line[p.Column-1] == '§'
}

func TestPlacesInExpressions(t *testing.T) {
	for _, tc := range []struct {
		name, value string
		exact       bool
	}{
		{"bare", `a§b`, true},
		{"bare at its beginning", `§b`, true},
		{"bare behind a letter of two bytes", `é == §b`, true},
		{"bare and behind it a comment", `a§b # c`, true},
		{"single quotes", `'type == "track" and §b'`, true},
		{"single quotes behind an escape", `'a == ''x'' and §b'`, false},
		{"single quotes before an escape", `'a§b == ''x'''`, true},
		{"double quotes", `"a == 'x' and §b"`, true},
		{"double quotes behind an escape", `"a == \"x\" and §b"`, false},
		{"double quotes behind a line that is written as one", `"a\nb§"`, false},
		{"on the next line", "\n    a§b", true},
		{"several bare lines, in the first", "a§b\n    c", true},
		{"several bare lines", "ab\n    §c", false},
		{"literal", "|\n    §b", true},
		{"literal with lines", "|\n    a and\n\n      b and §c\n    d\n", true},
		{"literal without its end", "|-\n    a and\n    §b", true},
		{"literal with a comment", "|  # c\n    a and\n    b é §c", true},
		{"literal whose indent is told", "|2\n      a and\n    b§", true},
		{"folded", ">\n    a and\n    §b", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := "filters:\n  # before\n  where: " + tc.value + "\n"
			r, c := reading(t, text)
			r.tell(fault(t, "filters.where", string(c.Filters.Where)))
			if len(r.problems) != 1 {
				t.Fatalf("problems: %v", r.problems)
			}
			p := &r.problems[0]
			if tc.exact != marked(p, text) || tc.exact != (p.Text == "is odd") {
				t.Errorf("%d:%d, %q, exact: %t, of\n%s", p.Line, p.Column, p.Text, tc.exact, text)
			}
			if r.quote(); tc.exact && []rune(p.Source)[p.Caret-1] != '§' {
				t.Errorf("the caret is not below the mark:\n%s", p)
			}
		})
	}
}

// TestPlacesAreNeverWrong writes expressions in any spelling, anywhere: a place that is told is the
// mark's, or the text says where in the expression it is.
func TestPlacesAreNeverWrong(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		piece := rapid.StringMatching(`[aé"'\\{}:# \n$%>|,\[\]-]{0,12}`)
		expression := "x" + piece.Draw(rt, "before") + "§" + piece.Draw(rt, "behind") + "x"
		text := "shaping:\n  rules:\n    - drop: [a]\n    - set:\n        total: " + spelled(rt, expression, "          ") + "\n        b: c\n"
		r, c := newReader("pintle.yaml", text, environment), Defaults()
		root, ok := r.parse()
		if !ok {
			return // a spelling that does not suit the expression
		}
		r.object(root, "", valueOf(c))
		if len(c.Shaping.Rules) < 2 || len(c.Shaping.Rules[1].Set) == 0 || !strings.Contains(c.Shaping.Rules[1].Set[0].Value, "§") {
			return
		}
		r.problems = nil
		r.tell(fault(t, "shaping.rules.1.set.total", c.Shaping.Rules[1].Set[0].Value))
		r.quote()
		if p := &r.problems[0]; p.Text == "is odd" && !marked(p, r.text) {
			rt.Fatalf("%d:%d is not the mark of\n%s", p.Line, p.Column, text)
		}
	})
}

// spelled writes a text in one of the ways of YAML, whether it suits it or not.
func spelled(t *rapid.T, text, indent string) string {
	switch rapid.IntRange(0, 5).Draw(t, "way") {
	case 0:
		return text
	case 1:
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case 2:
		return fmt.Sprintf("%q", text)
	case 3:
		return "|\n" + indent + strings.ReplaceAll(text, "\n", "\n"+indent)
	case 4:
		return ">-\n" + indent + strings.ReplaceAll(text, "\n", "\n"+indent)
	default:
		return `"` + strings.ReplaceAll(text, "\n", "\n"+indent) + `"`
	}
}

// TestFaultsOfTheMapping: each is told, at the key or what is near it, and nothing that follows from
// another one.
func TestFaultsOfTheMapping(t *testing.T) {
	const text = `shaping:
  rules:
    - drop: [a, b]
      set: {password: 'traits.email == "a@b.example"', x: "${CUSTOMERIO_API_KEY}"}
`
	r, _ := reading(t, text)
	r.tell(errors.Join(
		option.Errorf("shaping.rules.0.drop.1", "one"),
		errors.Join(
			fmt.Errorf("wrapped: %w", &option.Error{Key: "shaping.rules.0.set.password", Line: 1, Column: 14, Text: "two"}),
			option.Errorf("shaping.rules.0.drop", "follows from one"),
		),
		&option.Error{Key: "shaping.rules.0.set.x", Line: 1, Column: 2, Text: `unknown name key-secret`},
		option.Errorf("shaping.hash_key", "three"),
		errors.New("of no key"),
	))
	r.quote()
	want := `pintle.yaml:3:17: shaping.rules.0.drop.1: one
    3 |     - drop: [a, b]
      |                 ^
pintle.yaml:4:37: shaping.rules.0.set.password: two
    4 |       set: {password: 'traits.email == "a@b.example"', x: "${CUSTOMERIO_API_KEY}"}
      |                                     ^
pintle.yaml:4:59: shaping.rules.0.set.x: what the variable in it stands for makes no sense here: docs/configuration.md says what may
    4 |       set: {password: 'traits.email == "a@b.example"', x: "${CUSTOMERIO_API_KEY}"}
      |                                                           ^
pintle.yaml: shaping.hash_key: three
pintle.yaml: mapping: of no key
5 errors`
	if d := cmp.Diff(want, r.problems.Error()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestAFaultOfAnExpressionIsBelowItsCaret: places are counted alike where expressions are read and here.
func TestAFaultOfAnExpressionIsBelowItsCaret(t *testing.T) {
	r, c := reading(t, `filters:
  where: |
    event == "é" and
    (propertis.price ?? 0) > 10
`)
	_, err := filter.New(c.Transform().Filters)
	r.tell(err)
	r.quote()
	want := `pintle.yaml:4:6: filters.where: unknown name propertis; did you mean properties?
    4 |     (propertis.price ?? 0) > 10
      |      ^
1 error`
	if d := cmp.Diff(want, r.problems.Error()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
