package processor

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// logging returns a processor that logs into a text, and is in no group.
func logging() (*Processor, *bytes.Buffer) {
	var log bytes.Buffer
	cfg := Config{}.withDefaults()
	return &Processor{cfg: cfg, lease: newLease(cfg.Session), waits: map[int32]string{}, log: slog.New(slog.NewTextHandler(&log, nil))}, &log
}

// away are ways to lose one's place in the group that end by themselves.
func away() []error {
	return []error{
		kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.FencedMemberEpoch, kerr.NotCoordinator, kerr.CoordinatorNotAvailable,
		syscall.ECONNREFUSED, context.DeadlineExceeded,
	}
}

func TestAnAbsenceIsLoggedOnceItIsOver(t *testing.T) {
	for _, err := range away() {
		synctest.Test(t, func(t *testing.T) {
			p, log := logging()
			since := time.Now()
			time.Sleep(12 * time.Second)
			for range 2 { // the second is a new one
				log.Reset()
				p.away.begins(since, []int32{3, 5})
				p.outside(fmt.Errorf("unable to join: %w", err))
				time.Sleep(time.Second)
				p.outside(err)
				if log.Len() > 0 {
					t.Errorf("%v: too early:\n%s", err, log)
				}
				time.Sleep(500 * time.Millisecond)
				p.joined()
				p.joined() // a rebalance
				said := log.String()
				if strings.Count(said, "\n") != 1 || !strings.Contains(said, "level=WARN") || !strings.Contains(said, "lost=\"[3 5]\"") {
					t.Errorf("%v:\n%s", err, said)
				}
				if want := fmt.Sprintf("away=%v ", time.Since(since)); !strings.Contains(said, want) {
					t.Errorf("%v: want %s\n%s", err, want, said)
				}
				time.Sleep(time.Hour)
				since = time.Now()
			}
		})
	}
}

func TestAnAbsenceThatLastsIsLoggedBeforeItIsOver(t *testing.T) {
	for _, err := range away() {
		synctest.Test(t, func(t *testing.T) {
			p, log := logging()
			start := time.Now()
			for range 100 {
				p.outside(err)
				if time.Sleep(time.Second); log.Len() > 0 {
					break
				}
			}
			if strings.Count(log.String(), "level=WARN") != 1 || time.Since(start) < p.cfg.Session {
				t.Errorf("%v:\n%s", err, log)
			}
			before := log.Len()
			p.outside(err)
			if log.Len() != before {
				t.Errorf("%v is said again:\n%s", err, log)
			}
		})
	}
	for err, hint := range settled() {
		if _, start := err.(*NoStartError); start { //nolint:errorlint // the value itself
			continue
		}
		p, log := logging()
		p.outside(err)
		p.outside(err)
		if said := log.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "level=ERROR") || !strings.Contains(said, hint) {
			t.Errorf("%v:\n%s", err, said)
		}
	}
}

// TestAFrozenProcessDoesNotBlameTheCoordinator: it has not asked it anything.
func TestAFrozenProcessDoesNotBlameTheCoordinator(t *testing.T) {
	beat := func(p *Processor) { p.lease.answer(time.Now(), time.Now(), true) }
	ticks := func(n int, tell func()) {
		for range n {
			time.Sleep(flowInterval)
			tell()
		}
	}
	for name, tt := range map[string]struct {
		frozen   time.Duration
		silent   int // ticks without an answer, once it is not frozen
		warnings int
	}{
		"frozen, then answered":             {12 * time.Second, 3, 0},
		"frozen, then not answered":         {12 * time.Second, 21, 1},
		"never frozen and not answered":     {0, 20, 1},
		"never frozen and answered in time": {0, 10, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, log := logging()
				tell := p.tellLease()
				for range 3 {
					beat(p)
					ticks(2, tell)
				}
				time.Sleep(tt.frozen)
				ticks(tt.silent, tell)
				beat(p)
				beat(p)
				beat(p)
				ticks(2, tell)
				if said := log.String(); strings.Count(said, "level=WARN") != tt.warnings || strings.Count(said, "level=INFO") != tt.warnings {
					t.Errorf("it says:\n%s", said)
				}
			})
		})
	}
}
