package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

// look is how the parts of the view are written. Only the sixteen colours that every terminal's owner
// has chosen are used.
type look struct {
	title, label, quiet, good, odd, bad lipgloss.Style
}

func newLook() look {
	plain := lipgloss.NewStyle()
	return look{
		title: plain.Bold(true),
		label: plain.Width(15),
		quiet: plain.Faint(true),
		good:  plain.Foreground(lipgloss.Green),
		odd:   plain.Foreground(lipgloss.Yellow),
		bad:   plain.Foreground(lipgloss.Red).Bold(true),
	}
}

// row writes a label, a number, and what is to be said of it.
func (k look) row(label string, number lipgloss.Style, value, said string) string {
	line := "  " + k.label.Render(label) + number.Render(fmt.Sprintf("%11s", value))
	if said == "" {
		return line
	}
	return line + "   " + k.quiet.Render(said)
}

// frame writes a snapshot as lines.
func (k look) frame(s *Snapshot, r rates, now time.Time) []string {
	lines := []string{
		"",
		"  " + k.title.Render("pintle demo") + k.quiet.Render("   RudderStack events  ▸  Kafka, in process  ▸  pintle  ▸  Customer.io, a stand-in"),
		"",
	}
	lines = append(lines, k.account(s, count(int64(r.delivered+0.5))+" a second")...)
	lines = append(lines, "", k.row("requests", k.title, count(s.Stats.Sink.Requests),
		fmt.Sprintf("%.0f a second · %.0f events each · %s retries", r.requests, s.perRequest(), count(s.Stats.Sink.Retries))))
	if why := s.holding(now); why == "" {
		lines = append(lines, k.row("gate", k.good, "open", "delivering"))
	} else {
		lines = append(lines, k.row("gate", k.bad, "shut", "")+"   "+k.odd.Render(why+"; nothing is lost"))
	}
	lines = append(lines, k.proof(s)...)
	if len(s.Faults) > 0 {
		lines = append(lines, k.row("planned", k.odd, "", "")+"   "+k.odd.Render(strings.Join(s.Faults, " · ")))
	}
	foot := seconds(s.Elapsed) + "   Ctrl-C ends it and leaves nothing behind"
	if s.Admin != "" {
		foot += "   http://" + s.Admin + "/"
	}
	return append(lines, "", "  "+k.quiet.Render(foot), "")
}

// account writes how the events ended.
func (k look) account(s *Snapshot, speed string) []string {
	l := &s.Stats.Ledger
	letters, waits := k.title, ""
	if l.DeadLettered > 0 {
		letters = k.odd
	}
	if n := s.backlog(); n > 0 {
		waits = count(n) + " more wait in Kafka"
	}
	oldest := "nothing waits"
	if l.InFlight > 0 {
		oldest = "the oldest for " + seconds(s.age())
	}
	lines := []string{
		k.row("consumed", k.title, count(l.Consumed), waits),
		k.row("delivered", k.good, count(l.Delivered), speed),
		k.row("filtered", k.title, count(l.Filtered), tally(l.FilteredBy)),
		k.row("dead-lettered", letters, count(l.DeadLettered), tally(l.DeadLetteredBy)),
		k.row("in flight", k.title, count(l.InFlight), oldest),
	}
	if l.HandedBack > 0 {
		lines = append(lines, k.row("handed back", k.odd, count(l.HandedBack), "unfinished when it was stopped; not committed, so that they would be read again"))
	}
	return lines
}

// proof writes what must hold at any moment.
func (k look) proof(s *Snapshot) []string {
	text, balance := s.books()
	books := k.row("books", k.good, "balance", text)
	if !balance {
		books = k.row("books", k.bad, "wrong", text)
	}
	c := &s.CustomerIO
	style, word := k.good, "in order"
	if c.OrderViolations+c.Duplicates > 0 {
		style, word = k.bad, "wrong"
	}
	return []string{books, k.row("arrived", style, word, fmt.Sprintf("%s out of order · %s held twice · %s repeats ignored",
		count(c.OrderViolations), count(c.Duplicates), count(c.Resent)))}
}

// caption writes what the tour says; what came of a scene stands out.
func (k look) caption(c Caption) string {
	c.Lines = slices.Clone(c.Lines)
	for i, l := range c.Lines {
		if strings.HasPrefix(l, result) {
			c.Lines[i] = k.good.Render(l)
		} else {
			c.Lines[i] = k.quiet.Render(l)
		}
	}
	if c.Head != "" {
		c.Head = k.title.Render(c.Head)
	}
	return caption(c)
}

// recovered writes what the tour has measured and found.
func (k look) recovered(t *Tour) []string {
	if t == nil {
		return nil
	}
	d := &t.DeadLetter
	return []string{
		k.row("recovered in", k.good, fmt.Sprintf("%.1f s", t.RecoverySeconds), fmt.Sprintf("outage %.1f s · first delivery after %.1f s", t.OutageSeconds, t.FirstDeliverySeconds)),
		k.row("poison event", k.odd, d.Reason, fmt.Sprintf("%s/%d@%d · field %s", d.Topic, d.Partition, d.Offset, d.Field)),
	}
}

// Summary writes how a demo ended and how to look further, for people.
func Summary(s *Snapshot, r *Result) string {
	k := newLook()
	per := 0.0
	if r.ElapsedSeconds > 0 {
		per = float64(r.Delivered) / r.ElapsedSeconds
	}
	lines := []string{"", "  " + k.title.Render(fmt.Sprintf("pintle demo: %s events in %s", count(r.Consumed), seconds(s.Elapsed))), ""}
	lines = append(lines, k.account(s, count(int64(per+0.5))+" a second")...)
	lines = append(lines, "", k.row("requests", k.title, count(r.Requests),
		fmt.Sprintf("%.0f events each · %s retries", s.perRequest(), count(r.Retries))))
	lines = append(lines, k.proof(s)...)
	lines = append(lines, k.recovered(r.Tour)...)
	if len(s.CustomerIO.Drops) > 0 {
		lines = append(lines, k.row("without effect", k.title, count(sum(s.CustomerIO.Drops)), tally(s.CustomerIO.Drops)))
	}
	if s.CustomerIO.Drops["merge_no_secondary"] > 0 {
		lines = append(lines, "  "+k.quiet.Render("merge_no_secondary: an alias arrived before the events of its former id"))
	}
	lines = append(lines, "", "  "+k.title.Render("Look further"))
	for _, next := range []struct{ do, what string }{
		{"pintle demo --follow", "go on until Ctrl-C"},
		{"pintle demo --outage 5s@3s", "Customer.io is down for 5 s"},
		{"pintle demo --reject 0.01", "it refuses one event of a hundred"},
		{"pintle demo --revoke-key 5s@3s", "it refuses the key for 5 s"},
		{"pintle demo --events 20000 --output json", "for scripts"},
		{"pintle run --config pintle.yaml", "your own Kafka and Customer.io"},
	} {
		lines = append(lines, fmt.Sprintf("    %-42s", next.do)+k.quiet.Render(next.what))
	}
	lines = append(lines, "    What each reason means and what to do about it: docs/operations.md", "")
	return strings.Join(lines, "\n") + "\n"
}

func sum(counts map[string]int64) int64 {
	total := int64(0)
	for _, n := range counts {
		total += n
	}
	return total
}
