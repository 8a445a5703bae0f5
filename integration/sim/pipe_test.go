//go:build synctests

package sim

import (
	"net"
	"os"
	"sync"
	"time"
)

// window is how many bytes a pipe holds, as the kernel's buffers do: a process can die with bytes
// written that nobody has read yet.
const window = 256 << 10

// pipe carries bytes one way, in order, each after a lag.
type pipe struct {
	lag time.Duration

	mu      sync.Mutex
	changed chan struct{} // closed, and made anew, at each change
	chunks  []chunk
	size    int
	done    error // what the reader gets after the last byte; nothing more is written
	dead    error // what the reader gets at once
	reading time.Time
	writing time.Time
}

type chunk struct {
	bytes []byte
	at    time.Time // when it arrives
}

func newPipe(lag time.Duration) *pipe { return &pipe{lag: lag, changed: make(chan struct{})} }

func (p *pipe) change() {
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *pipe) read(b []byte) (int, error) {
	for {
		p.mu.Lock()
		now := time.Now()
		var next time.Time
		switch {
		case p.dead != nil:
			defer p.mu.Unlock()
			return 0, p.dead
		case len(p.chunks) > 0 && !p.chunks[0].at.After(now):
			defer p.mu.Unlock()
			return p.take(b), nil
		case len(p.chunks) > 0:
			next = p.chunks[0].at
		case p.done != nil:
			defer p.mu.Unlock()
			return 0, p.done
		}
		changed, deadline := p.changed, p.reading
		p.mu.Unlock()
		if !await(changed, next, deadline) {
			return 0, os.ErrDeadlineExceeded
		}
	}
}

func (p *pipe) take(b []byte) int {
	head := &p.chunks[0]
	n := copy(b, head.bytes)
	head.bytes = head.bytes[n:]
	if len(head.bytes) == 0 {
		p.chunks = p.chunks[1:]
	}
	p.size -= n
	p.change()
	return n
}

func (p *pipe) write(b []byte) (int, error) {
	for {
		p.mu.Lock()
		if err := p.broken(); err != nil {
			p.mu.Unlock()
			return 0, err
		}
		if p.size == 0 || p.size+len(b) <= window {
			p.chunks = append(p.chunks, chunk{append([]byte(nil), b...), time.Now().Add(p.lag)})
			p.size += len(b)
			p.change()
			p.mu.Unlock()
			return len(b), nil
		}
		changed, deadline := p.changed, p.writing
		p.mu.Unlock()
		if !await(changed, time.Time{}, deadline) {
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// broken is why nothing can be written.
func (p *pipe) broken() error {
	if p.dead != nil {
		return p.dead
	}
	if p.done != nil {
		return net.ErrClosed
	}
	return nil
}

func (p *pipe) closed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broken()
}

// finish lets the reader have what was written, and then err.
func (p *pipe) finish(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done == nil {
		p.done = err
		p.change()
	}
}

// kill gives both sides err at once.
func (p *pipe) kill(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead == nil {
		p.dead, p.chunks = err, nil
		p.change()
	}
}

func (p *pipe) setReadDeadline(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading = t
	p.change()
}

func (p *pipe) setWriteDeadline(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writing = t
	p.change()
}

// await waits for a change or for the time next, if it is one; it reports whether that came before the
// deadline.
func await(changed <-chan struct{}, next, deadline time.Time) bool {
	until := next
	if until.IsZero() || !deadline.IsZero() && deadline.Before(until) {
		until = deadline
	}
	if until.IsZero() {
		<-changed
		return true
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-changed:
		return true
	case <-timer.C:
		return until.Equal(next) && (deadline.IsZero() || next.Before(deadline))
	}
}
