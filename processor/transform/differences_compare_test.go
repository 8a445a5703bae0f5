package transform_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
)

// comparison names what is compared: pintle under a profile with one of RudderStack's two paths.
type comparison struct {
	profile transform.Profile
	path    string // v1, v2
}

func comparisons() []comparison {
	return []comparison{
		{transform.Guide, "v1"},
		{transform.Current, "v1"},
		{transform.Current, "v2"},
	}
}

// pair is what the two make of one event.
type pair struct {
	comparison
	file         string
	line         int
	event        jsontext.Value
	theirs, ours form

	known map[string]jsontext.Value // what was found in the event, by its path
}

// diff is a field in which the two are not the same. A side that has not got it is "".
type diff struct {
	*pair
	field        string
	theirs, ours string
}

// whole is the field of a difference in kind: an identify here and nothing there. All of both
// operations is part of it.
const whole = "operation"

// diffs returns the fields in which the two are not the same, sorted. Numbers are the same when their
// digits are.
func (p *pair) diffs() []diff {
	if family(p.theirs) != family(p.ours) {
		return []diff{{pair: p, field: whole, theirs: p.theirs[whole], ours: p.ours[whole]}}
	}
	var found []diff
	for _, field := range fields(p.theirs, p.ours) {
		if p.theirs[field] != p.ours[field] {
			found = append(found, diff{pair: p, field: field, theirs: p.theirs[field], ours: p.ours[field]})
		}
	}
	return found
}

// fields returns the names of the fields of both, sorted, the operation first.
func fields(a, b form) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	delete(all, whole)
	return append([]string{whole}, slices.Sorted(maps.Keys(all))...)
}

// family returns the operations whose fields can be compared one by one.
func family(f form) string {
	switch op := f[whole]; op {
	case "person event", "person page", "person screen":
		return "person event, page, screen"
	default:
		return op
	}
}

// compare brings every event of the corpus before both.
func compare(t *testing.T, c comparison) []*pair {
	t.Helper()
	m := newMapper(t, transform.Options{Profile: c.profile})
	measured := os.DirFS("testdata/rudderstack-today")
	var pairs []*pair
	paths, err := fs.Glob(events.Files(), "*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range paths {
		ours, theirs := readLines(t, events.Files(), file), readLines(t, measured, file)
		if len(ours) != len(theirs) {
			t.Fatalf("%s: %d events, %d lines of what RudderStack makes of them", file, len(ours), len(theirs))
		}
		for i, event := range ours {
			if id := parse(t, theirs[i])["messageId"]; plain(id) != plain(parse(t, event)["messageId"]) {
				t.Fatalf("%s:%d: RudderStack's line is of another message, %s", file, i+1, id)
			}
			pairs = append(pairs, &pair{
				comparison: c, file: strings.TrimSuffix(file, path.Ext(file)), line: i + 1, event: event,
				known:  map[string]jsontext.Value{},
				theirs: formOfTheirs(t, parse(t, theirs[i])[c.path], c.path),
				ours:   formOfOurs(t, m, event),
			})
		}
	}
	return pairs
}

func readLines(t *testing.T, dir fs.FS, name string) []jsontext.Value {
	t.Helper()
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		t.Fatal(err)
	}
	var lines []jsontext.Value
	for line := range bytes.Lines(data) {
		lines = append(lines, bytes.TrimSpace(line))
	}
	return lines
}

func formOfTheirs(t *testing.T, v jsontext.Value, path string) form {
	t.Helper()
	if why := parse(t, v)["error"]; why != nil {
		return form{whole: "refused: " + text(why)}
	}
	if path == "v2" {
		return formOfItem(t, v)
	}
	var r request
	if err := json.Unmarshal(v, &r); err != nil {
		t.Fatal(err)
	}
	return formOfRequest(t, r)
}

// formOfOurs returns the form of the event's last operation; what goes before it has its fields below
// before1, before2 and so on.
func formOfOurs(t *testing.T, m *transform.Mapper, event jsontext.Value) form {
	t.Helper()
	evs, err := schema.Decode(nil, event, schema.Limits{})
	if err != nil || len(evs) != 1 {
		t.Fatalf("%d events: %v: %s", len(evs), err, event)
	}
	ops, out := m.Map(nil, &evs[0], schema.Source{Time: recordTime()})
	switch {
	case out.Filtered:
		return form{whole: "filtered: " + string(out.Reason)}
	case !out.Mapped():
		return form{whole: "letter: " + string(out.Reason) + ", " + out.Field}
	case len(ops) == 0:
		t.Fatalf("mapped to nothing: %s", event)
	}
	last := len(ops) - 1
	f := formOfItem(t, ops[last].Body)
	for i := range ops[:last] {
		for field, v := range formOfItem(t, ops[i].Body) {
			f[fmt.Sprintf("before%d.%s", i+1, field)] = v
		}
	}
	return f
}

// at returns what stands at a path of the event such as context.traits.email, nil when there is nothing.
func (p *pair) at(path string) jsontext.Value {
	if v, ok := p.known[path]; ok {
		return v
	}
	v := p.event
	for name := range strings.SplitSeq(path, ".") {
		var o object
		if v == nil || json.Unmarshal(v, &o) != nil {
			v = nil
			break
		}
		v = o[name]
	}
	p.known[path] = v
	return v
}

// members returns the members of the object at a path of the event; none when there is no object.
func (p *pair) members(path string) object {
	var o object
	if v := p.at(path); v.Kind() == '{' && json.Unmarshal(v, &o) != nil {
		return nil
	}
	return o
}
