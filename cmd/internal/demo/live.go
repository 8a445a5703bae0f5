package demo

import (
	"fmt"
	"io"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	// A terminal that knows these shows what is between them at once; others ignore them.
	beginFrame = "\x1b[?2026h"
	endFrame   = "\x1b[?2026l"
	clearLine  = "\x1b[2K"
	clearBelow = "\x1b[J"
)

// Live redraws a summary in place on a terminal.
type Live struct {
	w     io.Writer
	width func() int
	look  look
	speed speed
	frame []string // the newest
	drawn int      // lines on the screen
}

// NewLive returns a display for a terminal; width tells how wide it is now.
func NewLive(w io.Writer, width func() int) *Live { return &Live{w: w, width: width, look: newLook()} }

// Display returns what the demo is to show itself on.
func (v *Live) Display() Display {
	return Display{Every: 100 * time.Millisecond, Show: v.draw, Say: v.say}
}

func (v *Live) draw(s *Snapshot) {
	v.frame = v.look.frame(s, v.speed.of(s), time.Now())
	var b strings.Builder
	b.WriteString(beginFrame + hideCursor)
	v.rewind(&b)
	v.put(&b)
	_, _ = io.WriteString(v.w, b.String()) // the terminal has gone: so has who looks at it
}

// say writes a caption above the summary, where it stays.
func (v *Live) say(c Caption) {
	var b strings.Builder
	b.WriteString(beginFrame + hideCursor)
	v.rewind(&b)
	b.WriteString(clearBelow + v.look.caption(c))
	v.put(&b)
	_, _ = io.WriteString(v.w, b.String())
}

// put writes the newest summary from here on.
func (v *Live) put(b *strings.Builder) {
	// A line that wraps would move all that follows: the frame before could not be overwritten.
	fit := lipgloss.NewStyle().MaxWidth(max(20, v.width()-1)).Inline(true)
	for _, line := range v.frame {
		b.WriteString(clearLine + fit.Render(line) + "\n")
	}
	b.WriteString(clearBelow + endFrame)
	v.drawn = len(v.frame)
}

func (v *Live) rewind(b *strings.Builder) {
	if v.drawn > 0 {
		fmt.Fprintf(b, "\x1b[%dA\r", v.drawn)
	}
}

// Close takes the summary off the screen and gives the cursor back.
func (v *Live) Close() {
	var b strings.Builder
	v.rewind(&b)
	b.WriteString(clearBelow + showCursor)
	_, _ = io.WriteString(v.w, b.String())
	v.drawn = 0
}
