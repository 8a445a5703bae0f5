package transform_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDifferences compares what every event of the corpus becomes here with what RudderStack's code
// makes of it. Each field that differs must be on the list, under one entry and no other, and each
// entry must be met in every comparison that it names. docs/differences.md is what came of it.
func TestDifferences(t *testing.T) {
	const path = "../../docs/differences.md"
	list := differences()
	var results []result
	for _, c := range comparisons() {
		r := tally(compare(t, c), list)
		results = append(results, r)
		for _, problem := range r.problems {
			t.Error(problem)
		}
		for _, d := range list {
			if met := len(r.met[d.code]); (met > 0) != d.isIn(c) {
				t.Errorf("%s is met by %d events of %v: mend its list of comparisons, or remove it", d.code, met, c)
			}
		}
	}
	if t.Failed() {
		return // a list that is not right makes no document
	}
	got := document(results, list)
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-file +measured); -update writes it anew:\n%s", path, diff)
	}
}

// result is what a comparison came to.
type result struct {
	comparison
	pairs    []*pair
	met      map[string][]example // by the code of the difference
	same     map[*pair]bool       // nothing differs but the id that only we send
	problems []string
}

// example is an event in which a difference is met, and the fields that show it.
type example struct {
	*pair
	diffs []diff
}

// tally finds the entry of each difference.
func tally(pairs []*pair, list []difference) result {
	r := result{comparison: pairs[0].comparison, pairs: pairs, met: map[string][]example{}, same: map[*pair]bool{}}
	for _, p := range pairs {
		r.same[p] = true
		byCode := map[string][]diff{}
		for _, d := range p.diffs() {
			entries := d.entries(list)
			if len(entries) != 1 {
				r.problems = append(r.problems, d.problem(entries))
				continue
			}
			byCode[entries[0].code] = append(byCode[entries[0].code], d)
			if entries[0].code != eventID {
				r.same[p] = false
			}
		}
		for code, ds := range byCode {
			r.met[code] = append(r.met[code], example{p, ds})
		}
	}
	return r
}

// entries returns the entries of the list that the difference is under.
func (d diff) entries(list []difference) []difference {
	var found []difference
	for _, entry := range list {
		if entry.isIn(d.comparison) && entry.match(d) {
			found = append(found, entry)
		}
	}
	return found
}

func (d diff) problem(entries []difference) string {
	where := fmt.Sprintf("%s:%d, %v, %s:\n\tRudderStack %s\n\tpintle      %s", d.file, d.line, d.comparison, d.field, d.theirs, d.ours)
	if d.field == whole {
		where += fmt.Sprintf("\n\t%v\n\t%v", d.pair.theirs, d.pair.ours)
	}
	if len(entries) == 0 {
		return "not on the list: " + where
	}
	return fmt.Sprintf("on the list as %s and as %s: %s", entries[0].code, entries[1].code, where)
}

// TestDifferencesAreSeen alters each field of each operation of ours in turn, takes it away, and adds
// one that does not belong there: every time, something must not be on the list. So equal means that the
// values were compared, and an entry lets nothing pass but what it says.
func TestDifferencesAreSeen(t *testing.T) {
	list := differences()
	for _, c := range comparisons() {
		for _, p := range compare(t, c) {
			for change, altered := range alterations(p) {
				mutant := *p
				mutant.ours = altered
				if len(tally([]*pair{&mutant}, list).problems) == 0 {
					t.Errorf("%s:%d, %v: nothing notices: %s: %v", p.file, p.line, c, change, altered)
				}
			}
		}
	}
}

func alterations(p *pair) map[string]form {
	all := map[string]form{}
	with := func(change string) form {
		all[change] = maps.Clone(p.ours)
		return all[change]
	}
	with(whole + " altered")[whole] = "person suppress"
	if len(p.ours) > 1 {
		with("attribute added")["attributes.odd"] = "1"
		with("field added")["odd"] = "1"
	}
	for field := range p.ours {
		if field == whole {
			continue
		}
		with(field + " altered")[field] = `"odd"`
		if _, both := p.theirs[field]; both {
			delete(with(field+" missing"), field)
		}
	}
	return all
}
