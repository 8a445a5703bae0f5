package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/charmbracelet/x/term"

	"github.com/pintle-io/pintle/cmd/internal/preview"
)

// progress tells somebody who waits how far a preview is. It is quiet where the result itself runs
// over the screen, and where nobody reads along.
type progress struct {
	w           io.Writer // nil: quiet
	began, told time.Time
}

const progressEvery = time.Second

func newProgress(stderr, stdout io.Writer) *progress {
	p := &progress{began: time.Now()}
	p.told = p.began
	if isTerminal(stderr) && !isTerminal(stdout) {
		p.w = stderr
	}
	return p
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}

// show writes a line over the last one, once a second.
func (p *progress) show(t *preview.Tally) {
	if p.w == nil || t.Records%64 != 0 {
		return
	}
	now := time.Now()
	if now.Sub(p.told) < progressEvery {
		return
	}
	p.told = now
	fmt.Fprintf(p.w, "\r\x1b[K%d events, %.0f a second", t.Events, float64(t.Events)/now.Sub(p.began).Seconds())
}

// end removes the line.
func (p *progress) end() {
	if p.w != nil && p.told != p.began {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
