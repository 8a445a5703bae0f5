package preview

import (
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/pintle-io/pintle/sink/customerio"
)

const (
	// narrow and wide bound the columns that are used, whatever the terminal has.
	narrow, wide = 60, 160
	// most is how many parts of an operation are shown.
	most = 200
	// ruleColumns is the widest that the codes of rules are shown.
	ruleColumns = 28
	gap         = 2
)

// Table writes events for people.
type Table struct {
	w     io.Writer
	width int
	look
}

// NewTable returns a table of so many columns that goes to w, which understands or removes colours.
func NewTable(w io.Writer, width int) *Table {
	return &Table{w: w, width: min(max(width, narrow), wide), look: newLook()}
}

// look is how the parts are written. Only the sixteen colours that every terminal's owner has chosen
// are used.
type look struct {
	title, quiet, good, odd, bad lipgloss.Style
}

func newLook() look {
	style := lipgloss.NewStyle()
	return look{
		title: style.Bold(true),
		quiet: style.Faint(true),
		good:  style.Foreground(lipgloss.Green),
		odd:   style.Foreground(lipgloss.Yellow),
		bad:   style.Foreground(lipgloss.Red).Bold(true),
	}
}

// Show writes events: what each one is, and what it becomes.
func (t *Table) Show(events []Event) error {
	for i := range events {
		if err := t.write(t.event(&events[i])); err != nil {
			return err
		}
	}
	return nil
}

func (t *Table) write(lines []string) error {
	if _, err := io.WriteString(t.w, strings.Join(lines, "\n")+"\n\n"); err != nil {
		return fmt.Errorf("the result cannot be written: %w", err)
	}
	return nil
}

func (t *Table) event(e *Event) []string {
	lines := append(t.head(e, t.mark(e)), t.whyNot(e)...)
	for i := range e.Ops {
		lines = append(lines, t.operation(e, i)...)
	}
	if len(e.Changes) == 0 {
		return lines
	}
	lines = append(lines, "", "  "+t.quiet.Render("changed"))
	columns := 0
	for _, c := range e.Changes {
		columns = min(max(columns, lipgloss.Width(plain(c.Field))), t.width/2)
	}
	for _, c := range e.Changes {
		line := "  " + fit(clip(plain(c.Field), columns), columns) + "  " + t.odd.Render(string(c.Why))
		lines = append(lines, t.sayBehind(line, changed(c.Why)))
	}
	return lines
}

// head writes where the event stands, what it is, and at the end of the line its mark.
func (t *Table) head(e *Event, mark string) []string {
	what := e.Type
	if name := e.name(); name != "" {
		what += ` "` + name + `"`
	}
	place := plain(e.String())
	room := t.width - lipgloss.Width(place) - lipgloss.Width(mark) - 2*gap
	what = clip(strings.TrimSpace(plain(what)), max(room, 10))
	fill := max(t.width-lipgloss.Width(place)-lipgloss.Width(what)-lipgloss.Width(mark)-gap, gap)
	lines := []string{t.title.Render(place) + "  " + t.title.Render(what) + strings.Repeat(" ", fill) + mark}
	var facts []string
	if e.MessageID != "" {
		facts = append(facts, "id "+plain(e.MessageID))
	}
	if e.Key != "" {
		facts = append(facts, "key "+plain(e.Key))
	}
	if len(e.Ops) > 0 {
		facts = append(facts, fmt.Sprintf("lane %d", e.Ops[0].Lane()))
	}
	if e.Raw != nil {
		facts = append(facts, count(int64(len(e.Raw)))+" bytes")
	}
	if len(facts) == 0 {
		return lines
	}
	return append(lines, "  "+t.block(t.quiet, flow(facts, t.width-gap), gap))
}

// name is what the event calls itself.
func (e *Event) name() string {
	for _, member := range []string{"event", "name"} {
		if name, ok := e.Raw.Member(member).Text(); ok {
			return string(name)
		}
	}
	return ""
}

func (t *Table) mark(e *Event) string {
	switch e.Outcome {
	case Delivered:
		return t.good.Render("delivered")
	case Filtered:
		return t.odd.Render("filtered")
	default:
		return t.bad.Render("dead-lettered")
	}
}

// whyNot writes why the event is not delivered.
func (t *Table) whyNot(e *Event) []string {
	if e.Reason == "" {
		return nil
	}
	detail := e.Detail
	if detail == "" {
		detail = because(e.Reason)
	}
	said := string(e.Reason)
	if e.Field != "" {
		said += "  " + plain(e.Field)
	}
	if detail != "" {
		said += "  " + plain(detail)
	}
	return []string{"  " + t.block(lipgloss.NewStyle(), lipgloss.Wrap(said, t.width-gap, ""), gap)}
}

// block writes lines in a style, all but the first one indented.
func (*Table) block(style lipgloss.Style, text string, indent int) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = style.Render(strings.TrimSpace(lines[i]))
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", indent))
}

// operation writes where an operation goes, and each of its parts beside that of the event which it
// is made of.
func (t *Table) operation(e *Event, i int) []string {
	op := &e.Ops[i]
	size := int64(len(op.Body))
	said := fmt.Sprintf("%s · %s of %s bytes", op.Kind, count(size), count(customerio.ItemBytes))
	if size > customerio.ItemBytes {
		said = fmt.Sprintf("%s · %s bytes, a batch takes %s", op.Kind, count(size), count(customerio.ItemBytes))
	}
	to := t.title.Render("▸ " + clip(plain(op.Endpoint), t.width-gap))
	if op.Endpoint == "" {
		to = t.bad.Render("▸ not sent")
	}
	lines := []string{"", t.sayBehind("  "+to, said)}
	all, more := parts(e, i)
	g := newGrid(all, t.width)
	lines = append(lines, t.quiet.Render(g.row("event", "becomes", "by")))
	for _, p := range all {
		lines = append(lines, g.part(t.look, p))
	}
	if more > 0 {
		lines = append(lines, "  "+t.quiet.Render(fmt.Sprintf("… and %s more: -o json has them all", count(int64(more)))))
	}
	return lines
}

// sayBehind writes more behind a line, or below it when it has no room.
func (t *Table) sayBehind(line, said string) string {
	switch {
	case said == "":
		return line
	case lipgloss.Width(line)+gap+lipgloss.Width(said) <= t.width:
		return line + "  " + t.quiet.Render(said)
	default:
		return line + "\n    " + t.quiet.Render(clip(said, t.width-2*gap))
	}
}
