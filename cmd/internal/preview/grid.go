package preview

import (
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/pintle-io/pintle/processor/transform"
)

// part is one value of an operation, beside what it is made of.
type part struct {
	from, was string // in the event; empty when no one place of it says so
	path, is  string // in the operation
	by        string // the rule
}

// parts returns the values of an operation of e in their order, but for what its heading says: the
// first most of them, and how many more there are.
func parts(e *Event, op int) (list []part, more int) {
	origins := map[string]transform.Field{}
	for _, f := range e.Fields {
		if f.Op == op {
			origins[f.Path] = f
		}
	}
	for _, l := range leaves(nil, "", e.Ops[op].Body) {
		from, by := origin(origins, l.path)
		switch {
		case by == "" && (l.path == "type" || l.path == "action"):
			continue
		case len(list) == most:
			more++
			continue
		}
		p := part{from: plain(from), path: plain(l.path), is: shown(l.value), by: by}
		if from != "" && len(from) < clipped {
			p.was = shown(lookUp(e.Raw, from))
		}
		list = append(list, p)
	}
	return list, more
}

// origin finds what made the value at a path: the rule of that very path, else of what holds it.
func origin(origins map[string]transform.Field, path string) (from, by string) {
	for at := len(path); at > 0; at = strings.LastIndexByte(path[:at], '.') {
		f, ok := origins[path[:at]]
		switch {
		case !ok:
			continue
		case f.From == "":
			return "", f.By
		default:
			return f.From + path[at:], f.By
		}
	}
	return "", ""
}

// grid lays parts out in three columns: event, becomes, by. Inside the first two, values stand below
// each other where there is room for that.
type grid struct {
	left, right, by int // columns of all three
	froms, outs     int // columns of the paths in left and right, 0: as they come
}

// leastValue is how many columns of the event's own value are worth showing.
const leastValue = 6

// bothValues is the width from which on a value is shown on both sides though it stayed what it was.
const bothValues = 110

func newGrid(parts []part, width int) grid {
	g := grid{by: len("by")}
	was, is := 0, 0
	for i := range parts {
		p := &parts[i]
		if p.was == p.is && width < bothValues {
			p.was = ""
		}
		g.by = min(max(g.by, len(p.by)), ruleColumns)
		g.froms = max(g.froms, lipgloss.Width(p.from))
		g.outs = max(g.outs, lipgloss.Width(p.path))
		is = max(is, gap+lipgloss.Width(p.is))
		if p.was != "" {
			was = max(was, gap+lipgloss.Width(p.was))
		}
	}
	room := width - g.by - 3*gap
	g.left = min(max(g.froms+was, len("event")), room*9/20)
	g.right = min(max(g.outs+is, len("becomes")), room-g.left)
	g.froms, g.outs = fitting(g.froms, g.left), fitting(g.outs, g.right)
	return g
}

// fitting returns the columns of paths, 0 when they would leave too few for values.
func fitting(paths, room int) int {
	if paths > room*3/5 {
		return 0
	}
	return paths
}

func (g grid) row(event, becomes, by string) string {
	return strings.TrimRight("  "+fit(event, g.left)+"  "+fit(becomes, g.right)+"  "+by, " ")
}

func (g grid) part(k look, p part) string {
	// A path that can be read is worth more than the beginning of a value.
	if lipgloss.Width(p.from)+gap+min(lipgloss.Width(p.was), leastValue) > g.left {
		p.was = ""
	}
	by := clip(p.by, g.by)
	if by != "" {
		by = k.quiet.Render(by)
	}
	return g.row(k.cell(p.from, p.was, g.froms, g.left), k.cell(p.path, p.is, g.outs, g.right), by)
}

// cell writes a path and its value into a column. A value is worth some of it, however long its path
// is.
func (k look) cell(path, value string, paths, columns int) string {
	room := columns
	if value != "" {
		room -= gap + min(lipgloss.Width(value), columns/3)
	}
	if lipgloss.Width(path) > room {
		path = clipPath(path, room)
	}
	if value == "" {
		return k.quiet.Render(path)
	}
	head := fit(path, paths)
	return k.quiet.Render(head) + "  " + clip(value, columns-gap-lipgloss.Width(head))
}

// fit fills s up to so many columns.
func fit(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-lipgloss.Width(s)))
}
