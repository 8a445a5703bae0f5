package app

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheClientOfKafkaIsQuiet(t *testing.T) {
	for level, want := range map[slog.Level]string{slog.LevelDebug: "iwe", slog.LevelInfo: "we", slog.LevelWarn: "we", slog.LevelError: "e"} {
		var out bytes.Buffer
		log := slog.New(newQuiet(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level}))).With(slog.String("a", "b")).WithGroup("g")
		log.Info("i")
		log.Warn("w")
		log.Error("e")
		var got strings.Builder
		for line := range strings.Lines(out.String()) {
			_, message, _ := strings.Cut(line, "msg=")
			got.WriteString(message[:1])
		}
		if got.String() != want {
			t.Errorf("at %v it says %q, want %q", level, got.String(), want)
		}
	}
}

// TestTheClientOfKafkaSaysAThingOnceInAWhile: it tries a broker that is dead again and again, and guesses why.
func TestTheClientOfKafkaSaysAThingOnceInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := slog.New(newQuiet(slog.NewTextHandler(&out, nil))).With(slog.String("from", "kafka client"))
		for range 600 { // 5 min
			for _, addr := range []string{"a:1", "b:1"} {
				log.Warn("unable to open connection to broker", slog.String("addr", addr))
				log.Warn("read from broker errored, killing connection after 0 successful responses (is SASL missing?)", slog.String("addr", addr))
			}
			log.Error("group manage loop errored", slog.String("err", "UNKNOWN_MEMBER_ID"))
			log.Warn("join group failed")
			log.Warn("sync group failed")
			time.Sleep(500 * time.Millisecond)
		}
		said := out.String()
		if n := strings.Count(said, "\n"); n != 2*2*5 || strings.Contains(said, "SASL") || strings.Contains(said, "group") || strings.Contains(said, "level=ERROR") {
			t.Errorf("%d lines:\n%s", n, said)
		}
	})
}
