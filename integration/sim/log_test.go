//go:build synctests

package sim

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/pintle-io/pintle/integration/history"
)

// canary is in every personal value and every secret of a run.
const canary = "canary"

// lines is the log of a life: what it says is searched for what must not be in it, and kept for those
// who look for the cause of a failure.
type lines struct {
	w    *world
	name string
	with []slog.Attr
}

func newLines(w *world, name string) *lines { return &lines{w: w, name: name} }

// Enabled takes everything.
func (*lines) Enabled(context.Context, slog.Level) bool { return true }

// Handle takes a line.
func (l *lines) Handle(_ context.Context, r slog.Record) error {
	var text strings.Builder
	text.WriteString(r.Message)
	add := func(a slog.Attr) bool {
		fmt.Fprintf(&text, " %s=%v", a.Key, a.Value)
		return true
	}
	for _, a := range l.with {
		add(a)
	}
	r.Attrs(add)
	line := text.String()
	l.w.note(l.name, line)
	if strings.Contains(line, canary) {
		l.w.record.Add(history.Entry{Leak: &history.Leak{By: l.name, Where: "log", Text: line}})
	}
	switch {
	case strings.HasPrefix(r.Message, "holding"):
		l.w.happen.saw("gate shut")
	case r.Message == "delivering again":
		l.w.happen.saw("gate opened again")
	case r.Message == "partitions assigned":
		l.w.reached(l.name, assigned)
	case strings.HasPrefix(r.Message, "partitions lost"):
		l.w.happen.saw("partitions lost")
		l.w.reached(l.name, losing)
	case strings.HasPrefix(r.Message, "the group's coordinator has not answered for so long"):
		l.w.happen.saw("lease lapsed")
	case r.Message == "partitions handed over":
		l.w.happen.saw("partitions handed over")
		l.w.reached(l.name, handedOver)
	}
	return nil
}

// WithAttrs returns a log whose lines have these attributes too.
func (l *lines) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &lines{l.w, l.name, append(slices.Clip(l.with), attrs...)}
}

// WithGroup leaves groups out.
func (l *lines) WithGroup(string) slog.Handler { return l }
