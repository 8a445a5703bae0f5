package customeriotest

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// sleep waits, or returns when the client is gone.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// interfere does what the fault does before an answer. It reports true if there will be none.
func (s *Server) interfere(ctx context.Context, w http.ResponseWriter, c *call) bool {
	s.chooseByBody(c)
	f := c.fault
	if f == nil {
		return false
	}
	if d := f.delay(); d > 0 {
		sleep(ctx, d)
	}
	switch f.Action {
	case ResetBeforeRead:
		s.breakOff(w, c)
		return true
	case ResetMidBody:
		_, _ = io.CopyN(io.Discard, c.req.Body, max(1, c.req.ContentLength/2))
		s.breakOff(w, c)
		return true
	case ResetAfterProcess:
		s.answer(c)
		s.breakOff(w, c)
		return true
	case Hang:
		s.hang(ctx, c)
		s.breakOff(w, c)
		return true
	case SlowRead:
		_ = c.readSlowly(ctx, f.BytesPerSecond) // that the client went away is seen in serve
	case Status, Throttle, Redirect:
		if f.Process {
			s.answer(c)
		} else {
			_ = c.read()
		}
		c.fail(f)
	default:
		// The others change the answer, when there is one.
	}
	return false
}

// chooseByBody reads the body and chooses the fault, if that needs the body.
func (s *Server) chooseByBody(c *call) {
	s.mu.Lock()
	wanted := s.faults.readsBody() && c.fault == nil && s.outage == 0
	s.mu.Unlock()
	if !wanted || c.read() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.fault = s.faults.choose(c.req.Method, c.req.URL.EscapedPath(), c.body, c.start)
}

// delay is how long the fault waits.
func (f *Fault) delay() time.Duration {
	d := f.Delay
	if f.Jitter > 0 {
		d += rand.N(f.Jitter) //nolint:gosec // nothing depends on it
	}
	return d
}

// hang takes the request and waits.
func (s *Server) hang(ctx context.Context, c *call) {
	switch {
	case c.fault.Unread:
	case c.fault.Process:
		s.answer(c)
	default:
		_ = c.read()
	}
	s.mu.Lock()
	cleared := s.faults.cleared
	s.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-cleared:
	}
}

// breakOff books the request and resets its connection.
func (s *Server) breakOff(w http.ResponseWriter, c *call) {
	c.status, c.out = 0, c.out[:0]
	s.mu.Lock()
	s.log(c)
	s.mu.Unlock()
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		if t, ok := conn.(*net.TCPConn); ok {
			_ = t.SetLinger(0) // a reset instead of an orderly end
		}
		_ = conn.Close()
		return
	}
	panic(http.ErrAbortHandler)
}

// fail answers with what the fault says.
func (c *call) fail(f *Fault) {
	c.header = http.Header{}
	for name, value := range f.Headers {
		c.header.Set(name, value)
	}
	switch f.Action {
	case Throttle:
		c.json(http.StatusTooManyRequests, meta("too many requests"))
		if f.RetryIn != 0 {
			c.header.Set("Retry-After", c.start.Add(f.RetryIn).UTC().Format(http.TimeFormat))
		} else if f.RetryAfter != "" {
			c.header.Set("Retry-After", f.RetryAfter)
		}
		return
	case Redirect:
		c.json(http.StatusMovedPermanently, meta("moved"))
		if f.Status != 0 {
			c.status = f.Status
		}
		c.header.Set("Location", f.Location)
		return
	default:
	}
	c.status = f.Status
	if c.status == 0 {
		c.status = http.StatusInternalServerError
	}
	switch f.Body {
	case "", "json":
		c.json(c.status, meta(http.StatusText(c.status)))
	case "empty":
		c.out = c.out[:0]
	case "truncated":
		c.out = append(c.out[:0], `{"meta":{"err`...)
	case "html":
		c.out = append(c.out[:0], "<html><head><title>"+strconv.Itoa(c.status)+" Server Error</title></head></html>\n"...)
		if c.header.Get("Content-Type") == "" {
			c.header.Set("Content-Type", "text/html; charset=UTF-8")
		}
	default:
		c.out = append(c.out[:0], f.Body...)
	}
}

// spoil makes items fail that an item error is for.
func (c *call) spoil() {
	f := c.fault
	if f == nil || f.Action != ItemError && f.Action != ErrorsIn200 || f.IndexAs != "" {
		return
	}
	random := rand.New(rand.NewPCG(f.Seed, uint64(f.Hits))) //nolint:gosec // repeatable on purpose
	for i := range c.items {
		if f.wants(i, c.items[i].raw, random) {
			c.items[i].problems = append(c.items[i].problems[:0], problem{injected, ""})
		}
	}
}

// wants reports whether an item is to fail.
func (f *Fault) wants(i int, raw []byte, random *rand.Rand) bool {
	switch {
	case len(f.Items) > 0:
		return slices.Contains(f.Items, i)
	case f.ItemContains != "":
		return bytes.Contains(raw, []byte(f.ItemContains))
	default:
		return f.ItemProbability == 0 || random.Float64() < f.ItemProbability
	}
}

// injectedErrors answers with the errors that the fault makes, besides real ones.
func (c *call) injectedErrors() {
	f := c.fault
	status := http.StatusMultiStatus
	if f.Action == ErrorsIn200 {
		status = http.StatusOK
	}
	list := []map[string]any{}
	random := rand.New(rand.NewPCG(f.Seed, uint64(f.Hits))) //nolint:gosec // repeatable on purpose
	for i := range c.items {
		if f.IndexAs != "" && f.wants(i, c.items[i].raw, random) {
			list = append(list, f.entry(i, len(c.items)))
		}
		for _, p := range c.items[i].problems {
			if p.code == injected {
				list = append(list, f.entry(i, len(c.items)))
				continue
			}
			reason, field, message := p.words()
			list = append(list, map[string]any{"batch_index": i, "reason": reason, "field": field, "message": message})
		}
	}
	if len(list) > 0 {
		c.json(status, map[string]any{"errors": list})
	}
}

// entry is one error of the fault's making.
func (f *Fault) entry(i, n int) map[string]any {
	e := map[string]any{"batch_index": i, "reason": "invalid", "field": f.Field, "message": f.Message}
	if f.Reason != "" {
		e["reason"] = f.Reason
	}
	switch f.IndexAs {
	case "text":
		e["batch_index"] = strconv.Itoa(i)
	case "range":
		e["batch_index"] = n + i
	}
	for _, name := range f.Omit {
		delete(e, name)
	}
	return e
}

// write sends the answer, in the way that the fault wants.
func (c *call) write(ctx context.Context, w http.ResponseWriter) {
	action := Action("")
	if c.fault != nil {
		action = c.fault.Action
	}
	h := w.Header()
	h.Set("Content-Length", strconv.Itoa(len(c.out)))
	switch action {
	case WrongContentType:
		h.Set("Content-Type", "text/plain; charset=utf-8")
	case ConnectionClose:
		h.Set("Connection", "close")
	case ShortBody:
		h.Set("Content-Length", strconv.Itoa(len(c.out)+64))
	default:
	}
	w.WriteHeader(c.status)
	if action == SlowAnswer {
		c.dribble(ctx, w)
		return
	}
	_, _ = w.Write(c.out)
	if action == ShortBody {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// dribble sends the answer byte by byte.
func (c *call) dribble(ctx context.Context, w http.ResponseWriter) {
	rc := http.NewResponseController(w)
	pause := time.Second / time.Duration(max(1, c.fault.BytesPerSecond))
	for i := range c.out {
		sleep(ctx, pause)
		if _, err := w.Write(c.out[i : i+1]); err != nil {
			return
		}
		_ = rc.Flush()
	}
}
