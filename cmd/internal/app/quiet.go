package app

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// again is how long a line of the Kafka client that was written is not written again.
const again = time.Minute

// quiet is what is written of the lines of the Kafka client. Unless somebody debugs, that is warnings and errors
// that the processor does not tell itself, each once in a while: the client writes one for each attempt. Its
// guesses at a cause are left out, for they are made of any connection that ends early, as when a broker dies.
type quiet struct {
	slog.Handler

	seen *seen
}

// seen is when a line was written last, by text and broker.
type seen struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func newQuiet(h slog.Handler) quiet { return quiet{h, &seen{last: map[string]time.Time{}}} }

// Enabled reports whether a line of the level may be written.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return q.Handler.Enabled(ctx, level) && (level >= slog.LevelWarn || q.debugs(ctx))
}

func (q quiet) debugs(ctx context.Context) bool { return q.Handler.Enabled(ctx, slog.LevelDebug) }

// Handle writes a line, or drops it.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	if q.debugs(ctx) {
		return q.Handler.Handle(ctx, r) //nolint:wrapcheck // it is the handler
	}
	switch r.Message {
	case "group manage loop errored", "join group failed", "sync group failed":
		return nil // the processor says what becomes of it
	}
	text, _, _ := strings.Cut(r.Message, " (is ")
	text, _, _ = strings.Cut(text, ", which often ")
	text, _, _ = strings.Cut(text, " due to an immediate EOF")
	key := text
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "addr" || a.Key == "broker" || a.Key == "topic" || a.Key == "partition" {
			key += " " + a.Value.String()
		}
		return true
	})
	if !q.seen.first(r.Time, key) {
		return nil
	}
	said := slog.NewRecord(r.Time, r.Level, text, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		said.AddAttrs(a)
		return true
	})
	return q.Handler.Handle(ctx, said) //nolint:wrapcheck // it is the handler
}

func (s *seen) first(now time.Time, key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.last[key]; ok && now.Sub(last) < again {
		return false
	}
	s.last[key] = now
	return true
}

// WithAttrs returns a quiet handler that adds attributes.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quiet{q.Handler.WithAttrs(attrs), q.seen}
}

// WithGroup returns a quiet handler that puts attributes into a group.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name), q.seen} }
