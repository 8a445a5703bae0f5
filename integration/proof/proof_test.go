package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// says is a tier that prints lines and ends with a code.
func says(code string, lines ...string) tier {
	script := `code=$1; shift; for line; do printf '%s\n' "$line"; done; exit $code`
	return tier{name: "it", args: append([]string{"sh", "-c", script, "sh", code}, lines...)}
}

const (
	met    = `FIGURE {"what":"lost","runs":7,"value":0,"unit":"events","limit":0}`
	missed = `FIGURE {"what":"stop","value":1.26,"unit":"s","limit":1}`
	free   = `FIGURE {"what":"sent again","value":12.34567,"unit":"events","free":true}`
)

func TestTheTableSaysWhatIsProven(t *testing.T) {
	for _, c := range []struct {
		name   string
		tier   tier
		proven bool
		rows   []string
	}{
		{"all is well", says("0", "=== RUN", met, "    test.go:1: "+free, "ok"), true, []string{
			"| it | lost | 7 | 0 events | ≤ 0 events | met | |",
			"| it | sent again |  | 12.35 events |  |  | |",
			"| it | *the whole tier* | | | | passed | 0s |",
		}},
		{"a figure that missed", says("0", missed, met), false, []string{
			"| it | stop |  | 1.26 s | ≤ 1 s | **missed** | |",
			"| it | lost | 7 | 0 events | ≤ 0 events | met | |",
			"| it | *the whole tier* | | | | **failed**: figures that missed: 1 | 0s |",
		}},
		{"a tier that fails", says("3", met), false, []string{
			"| it | lost | 7 | 0 events | ≤ 0 events | met | |",
			"| it | *the whole tier* | | | | **failed**: exit status 3 | 0s |",
		}},
		{"a line that is no figure", says("0", "FIGURE of speech", met), false, []string{
			"| it | lost | 7 | 0 events | ≤ 0 events | met | |",
			`| it | *the whole tier* | | | | **failed**: the line "FIGURE of speech" is no figure: invalid character 'o' looking for beginning of value | 0s |`,
		}},
		{"a part that could not run", says("0", met, "    a_test.go:3: NOT RUN: TestOnKafka: no Java | no Docker"), false, []string{
			"| it | lost | 7 | 0 events | ≤ 0 events | met | |",
			`| it | *the whole tier* | | | | **failed**: not run: TestOnKafka: no Java \| no Docker | 0s |`,
		}},
		{"no figure", says("0", "testing: warning: no tests to run"), false, []string{
			"| it | *the whole tier* | | | | **failed**: it measured nothing | 0s |",
		}},
		{"no such command", tier{name: "it", args: []string{"./is-not-there"}}, false, []string{
			"| it | *the whole tier* | | | | **failed**: fork/exec ./is-not-there: no such file or directory | 0s |",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var table strings.Builder
			if got := prove(t.Context(), []tier{c.tier}, &table, io.Discard); got != c.proven {
				t.Errorf("proven %v, want %v", got, c.proven)
			}
			_, rows, _ := strings.Cut(table.String(), "---: |\n")
			if d := cmp.Diff(strings.Split(strings.TrimSpace(rows), "\n"), c.rows); d != "" {
				t.Errorf("rows (-got +want):\n%s", d)
			}
		})
	}
}

// A tier that fails does not keep the others from running.
func TestEveryTierRuns(t *testing.T) {
	var table, talk strings.Builder
	if prove(t.Context(), []tier{says("1"), says("0", met)}, &table, &talk) {
		t.Error("proven, though the first tier failed")
	}
	if n := strings.Count(table.String(), "the whole tier"); n != 2 {
		t.Errorf("%d tiers in the table, want 2:\n%s", n, table.String())
	}
	if got := talk.String(); got != met+"\n" {
		t.Errorf("passed on %q, want %q", got, met+"\n")
	}
}

// What a tier says may be longer than any buffer.
func TestALongLine(t *testing.T) {
	long := strings.Repeat("x", 2<<20)
	var talk strings.Builder
	figures, said := read(strings.NewReader(long+"\n"+met), &talk)
	if len(figures) != 1 || len(said) != 0 || !strings.HasPrefix(talk.String(), long+"\n") {
		t.Errorf("%d figures, errors %v", len(figures), said)
	}
}

func TestChoose(t *testing.T) {
	names := func(list []tier) (all []string) {
		for _, t := range list {
			all = append(all, t.name)
		}
		return all
	}
	all := tiers(false)
	for _, c := range []struct {
		only string
		want []string
	}{
		{"", names(all)},
		{"sabotage", []string{"sabotage"}},
		{"memory,simulation", []string{"simulation", "memory"}},
	} {
		got, err := choose(all, c.only)
		if err != nil {
			t.Errorf("%q: %v", c.only, err)
		}
		if d := cmp.Diff(names(got), c.want); d != "" {
			t.Errorf("%q (-got +want):\n%s", c.only, d)
		}
	}
	if _, err := choose(all, "memory,memroy"); err == nil || !strings.Contains(err.Error(), `no tier "memroy"`) || !strings.Contains(err.Error(), "simulation, sabotage") {
		t.Errorf("a name that is none: %v", err)
	}
}

func TestAmount(t *testing.T) {
	for want, v := range map[string]float64{"0 s": 0, "2000 s": 2000, "0.045 s": 0.045, "12.35 s": 12.34567, "123457 s": 123456.789, "95.5 s": 95.5} {
		if got := amount(v, "s"); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
