// Package logline keeps those who log from waiting for whoever reads the log: a pipe that nobody empties
// would otherwise stop deliveries.
package logline

import (
	"io"
	"sync/atomic"
	"time"
)

// room is how many lines wait for a slow reader at most.
const room = 4096

// Writer hands lines on to another writer from a goroutine of its own. Its methods may be called by
// many goroutines at once.
type Writer struct {
	out     io.Writer
	lines   chan []byte
	dropped atomic.Int64
	told    func(int64)
	stop    chan struct{}
	done    chan struct{}
}

// New returns a writer to out. told, called when there is room again, is given the number of lines that
// found none; it may write.
func New(out io.Writer, told func(lines int64)) *Writer {
	w := &Writer{out: out, lines: make(chan []byte, room), told: told, stop: make(chan struct{}), done: make(chan struct{})}
	go w.run()
	return w
}

// Write takes a line, or drops it when too many wait. It never waits and never fails: what a broken
// reader does is not the concern of whoever logs.
func (w *Writer) Write(line []byte) (int, error) {
	select {
	case w.lines <- append([]byte(nil), line...):
	default:
		w.dropped.Add(1)
	}
	return len(line), nil
}

// Close writes what waits, for patience at most. It is called once; lines after it are lost.
func (w *Writer) Close(patience time.Duration) {
	close(w.stop)
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-w.done:
	case <-timer.C:
	}
}

func (w *Writer) run() {
	defer close(w.done)
	for {
		select {
		case line := <-w.lines:
			w.write(line)
		case <-w.stop:
			for {
				select {
				case line := <-w.lines:
					w.write(line)
				default:
					return
				}
			}
		}
	}
}

func (w *Writer) write(line []byte) {
	_, _ = w.out.Write(line)
	if n := w.dropped.Swap(0); n > 0 {
		w.told(n)
	}
}
