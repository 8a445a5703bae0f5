package logline_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pintle-io/pintle/cmd/internal/logline"
)

// stuck takes nothing until it is let go.
type stuck struct {
	gate chan struct{}
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *stuck) Write(b []byte) (int, error) {
	<-s.gate
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

// TestNobodyWaits: a reader that takes nothing holds up nobody, and is told later what it has missed.
func TestNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stuck{gate: make(chan struct{})}
		var w *logline.Writer
		var missed int64
		w = logline.New(out, func(n int64) { missed += n })
		const lines = 10000
		for i := range lines {
			fmt.Fprintf(w, "line %d\n", i)
		}
		close(out.gate)
		w.Close(time.Second)
		kept := int64(strings.Count(out.text.String(), "\n"))
		if missed == 0 || kept+missed != lines {
			t.Errorf("%d lines are kept and %d missed, of %d", kept, missed, lines)
		}
		if !strings.HasPrefix(out.text.String(), "line 0\nline 1\n") {
			t.Error("the order is lost")
		}
	})
}

// TestCloseWaitsNotForEver: a reader that takes nothing holds up an end no longer than it may.
func TestCloseWaitsNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &stuck{gate: make(chan struct{})}
		w := logline.New(out, func(int64) {})
		fmt.Fprintln(w, "line")
		begun := time.Now()
		w.Close(time.Second)
		if took := time.Since(begun); took != time.Second {
			t.Errorf("the end took %s", took)
		}
		close(out.gate)
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("nobody reads") }

// TestBrokenReader: nobody who logs hears of it.
func TestBrokenReader(t *testing.T) {
	w := logline.New(broken{}, func(int64) {})
	if n, err := fmt.Fprint(w, "line"); n != 4 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	w.Close(time.Second)
}
