package preview

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// ShowDifference writes what an event becomes by one set of rules and by the other, where that
// differs.
func (t *Table) ShowDifference(d *Difference) error {
	steps := d.steps()
	columns := lipgloss.Width("before")
	for _, s := range steps {
		columns = min(max(columns, lipgloss.Width(plain(s.path))), (t.width-gap)*2/5)
	}
	half := (t.width - columns - 3*gap) / 2
	row := func(path, before, after string) string {
		return strings.TrimRight("  "+fit(path, columns)+"  "+fit(clip(before, half), half)+"  "+clip(after, half), " ")
	}
	lines := append(t.head(d.any(), t.odd.Render("differs")), t.quiet.Render(row("", "before", "after")))
	for _, s := range steps[:min(len(steps), most)] {
		path := plain(s.path)
		if lipgloss.Width(path) > columns {
			path = clipPath(path, columns)
		}
		lines = append(lines, row(path, side(s.before), side(s.after)))
	}
	return t.write(lines)
}

// side is what stands on one side of a difference.
func side(s string) string {
	if s == "" {
		return "–"
	}
	return plain(s)
}
