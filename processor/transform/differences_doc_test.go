package transform_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

func (c comparison) String() string { return "`" + string(c.profile) + "` / " + c.path }

// side names RudderStack's path for people.
func (c comparison) side() string {
	if c.path == "v1" {
		return "RudderStack (v1)"
	}
	return "RudderStack (v2)"
}

// document writes docs/differences.md.
func document(results []result, list []difference) string {
	var b strings.Builder
	intro(&b, results[0])
	shares(&b, results)
	overview(&b, results, list)
	for _, g := range []group{fault, decision, arrival, onlyOurs} {
		fmt.Fprintf(&b, "\n## %s\n", g)
		for _, d := range list {
			if d.group == g {
				entry(&b, results, d)
			}
		}
	}
	return b.String()
}

func intro(b *strings.Builder, r result) {
	fmt.Fprintf(b, `# Differences from RudderStack

What Pintle makes of an event, held against what RudderStack's own code for Customer.io made of it in August 2026. Both were given the same %d events, which RudderStack's SDKs made (`+"`schema/events`"+`). What came out was taken apart and compared field by field: whether it travels as a v1 request or as a v2 item is no difference, a digit is one. Every difference is on this page with its reason.

The page is written by `+"`go test ./processor/transform -run TestDifferences -update`"+`. Without `+"`-update`"+` the test fails on a difference that is not here, on an entry that nothing shows any more, and when the page is not what was measured.

RudderStack has two paths: **v1**, one request an event, is what production does; **v2**, items in batches, is newer and has to be asked for. Pintle has two profiles: **guide** keeps what RudderStack's guide for this destination promises, **current** what its code does, without its faults. So there are three comparisons: guide with v1, current with v1, current with v2.

References such as *rudderstack.md §2.9* are to the project's research, *design §6* to its founding design.
`, len(r.pairs))
}

// shares says how much is the same, in all and by type.
func shares(b *strings.Builder, results []result) {
	b.WriteString("\n## How much is the same\n\nThe same is an operation of which every field is the same, the event id aside, which only Pintle sends. " +
		"The events were made to be odd, so the shares are not those of everyday traffic.\n\n")
	row(b, "events", "of them", headings(results)...)
	row(b, "---", "---:", slices.Repeat([]string{"---:"}, len(results))...)
	for _, kind := range []string{"identify", "track", "page", "screen", "group", "alias"} {
		n, cells := share(results, kind)
		row(b, kind, n, cells...)
	}
	n, cells := share(results, "")
	row(b, "**all**", "**"+n+"**", cells...)

	listed := []string{}
	for _, r := range results {
		listed = append(listed, strconv.Itoa(len(r.pairs)-r.sameOf("")))
	}
	row(b, "differ, as listed below", "", listed...)
	row(b, "differ in another way", "", slices.Repeat([]string{"0"}, len(results))...)

	b.WriteString("\nWhat alone makes the most events differ:\n\n")
	for _, r := range results {
		code, n := r.mostAlone()
		fmt.Fprintf(b, "- %v: [%s](#%s), %d of %s events.\n", r.comparison, code, code, n, listed[0])
		listed = listed[1:]
	}
}

// mostAlone returns the entry that is the only one of the most events, and of how many.
func (r *result) mostAlone() (code string, events int) {
	entries := map[*pair][]string{}
	for code, examples := range r.met {
		for _, e := range examples {
			if code != eventID {
				entries[e.pair] = append(entries[e.pair], code)
			}
		}
	}
	alone := map[string]int{}
	for _, codes := range entries {
		if len(codes) == 1 {
			alone[codes[0]]++
		}
	}
	for _, c := range slices.Sorted(maps.Keys(alone)) {
		if alone[c] > events {
			code, events = c, alone[c]
		}
	}
	return code, events
}

// share says how many events there are of a type, or of any, and how many are the same.
func share(results []result, kind string) (events string, same []string) {
	n := 0
	for _, p := range results[0].pairs {
		if kind == "" || kind == text(p.at("type")) {
			n++
		}
	}
	for _, r := range results {
		k := r.sameOf(kind)
		same = append(same, fmt.Sprintf("%d (%.0f %%)", k, 100*float64(k)/float64(n)))
	}
	return strconv.Itoa(n), same
}

func (r *result) sameOf(kind string) int {
	n := 0
	for p, same := range r.same {
		if same && (kind == "" || kind == text(p.at("type"))) {
			n++
		}
	}
	return n
}

// overview lists the entries and how many events show each.
func overview(b *strings.Builder, results []result, list []difference) {
	b.WriteString("\n## The list\n\nThe number of events that show a difference; an event can show several.\n\n")
	row(b, "difference", "group", headings(results)...)
	row(b, "---", "---", slices.Repeat([]string{"---:"}, len(results))...)
	for _, d := range list {
		var cells []string
		for _, r := range results {
			cells = append(cells, strconv.Itoa(len(r.met[d.code])))
		}
		row(b, fmt.Sprintf("[%s](#%s)", d.code, d.code), string(d.group), cells...)
	}
}

func headings(results []result) []string {
	var h []string
	for _, r := range results {
		h = append(h, r.String())
	}
	return h
}

func row(b *strings.Builder, first, second string, rest ...string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(append([]string{first, second}, rest...), " | "))
}

// entry writes one difference: what it is, why, and an event that shows it.
func entry(b *strings.Builder, results []result, d difference) {
	fmt.Fprintf(b, "\n### %s\n\n**%s.** %s\n\n*%s.*\n", d.code, d.title, d.why, d.basis)
	for _, r := range results {
		if len(r.met[d.code]) == 0 {
			continue
		}
		e := r.met[d.code][0]
		fmt.Fprintf(b, "\nFor example [%s.jsonl:%d](../schema/events/%s.jsonl#L%d), type `%s`: %s.\n\n",
			e.file, e.line, e.file, e.line, text(e.at("type")), e.facts(d.shows))
		row(b, "field", r.side(), "Pintle ("+string(r.profile)+")")
		row(b, "---", "---", "---")
		for _, field := range e.fields() {
			row(b, "`"+field+"`", cell(e.theirs, field), cell(e.ours, field))
		}
		return
	}
}

// fields returns the fields that show the difference: where the two differ in kind, all of what differs.
func (e *example) fields() []string {
	var names []string
	for _, d := range e.diffs {
		names = append(names, d.field)
	}
	if family(e.theirs) == family(e.ours) {
		return names
	}
	return slices.DeleteFunc(fields(e.theirs, e.ours), func(field string) bool {
		return field == "id" || e.theirs[field] == e.ours[field]
	})
}

func cell(f form, field string) string {
	if f[field] == "" {
		return "–"
	}
	if field == whole {
		return f[field]
	}
	return code(f[field])
}

// facts says what stands at the places of the event.
func (p *pair) facts(places []string) string {
	var facts []string
	for _, place := range places {
		choice := strings.Split(place, "|")
		i := slices.IndexFunc(choice, func(path string) bool { return p.at(path) != nil })
		if i < 0 {
			facts = append(facts, "no `"+choice[0]+"`")
			continue
		}
		facts = append(facts, "`"+choice[i]+"` is "+code(p.has(choice[i])))
	}
	return strings.Join(facts, ", ")
}

// code quotes JSON inside a line of a table.
func code(v string) string { return "`" + strings.ReplaceAll(v, "|", "\\|") + "`" }
