package preview

import (
	"encoding/json"
	"fmt"

	"charm.land/lipgloss/v2"
)

// ShowTally writes counts as one line of JSON.
func (l *Lines) ShowTally(c *Tally) error {
	if err := json.NewEncoder(l.w).Encode(c); err != nil {
		return fmt.Errorf("the result cannot be written: %w", err)
	}
	return nil
}

// ShowTally writes counts for people.
func (t *Table) ShowTally(c *Tally) error {
	lines := []string{
		t.row("records", t.title, count(c.Records), nil),
		t.row("events", t.title, count(c.Events), tally(c.Types)),
		t.row("delivered", t.good, count(c.Outcomes[Delivered]), nil),
		t.row("filtered", t.title, count(c.Outcomes[Filtered]), nil),
		t.row("dead-lettered", t.title, count(c.Outcomes[DeadLettered]), nil),
	}
	if len(c.Reasons) > 0 {
		lines = append(lines, t.row("reasons", t.title, "", tally(c.Reasons)))
	}
	if len(c.Changes) > 0 {
		lines = append(lines, t.row("changes", t.title, "", tally(c.Changes)))
	}
	return t.write(lines)
}

// row writes a label, a number, and what is to be said of it, which may take several lines.
func (t *Table) row(label string, number lipgloss.Style, value string, said []string) string {
	const labels, numbers = 13, 12
	line := "  " + fit(label, labels) + number.Render(fmt.Sprintf("%*s", numbers, value))
	if len(said) == 0 {
		return line
	}
	indent := gap + labels + numbers + len("   ")
	return line + "   " + t.block(t.quiet, flow(said, t.width-indent), indent)
}
