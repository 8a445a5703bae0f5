package customeriotest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// call is one request on the data plane. It is reused.
type call struct {
	set     *Settings
	req     *http.Request
	body    []byte
	hasRead bool
	cut     bool // the client went away before the end of the body
	items   []item
	number  uint32
	start   time.Time
	route   route
	fault   *Fault
	notes   []warning // of the request as a whole
	lost    bool      // it is accepted and has no effect

	status int
	out    []byte
	header http.Header
}

// maxBody bounds what is read of a body that is too large anyway.
const maxBody = 32 << 20

// maxKept bounds the buffer that is kept for the next request.
const maxKept = 1 << 20

// reset makes it ready for a request.
func (c *call) reset(set *Settings, req *http.Request) {
	body, items, out := c.body, c.items, c.out
	if cap(body) > maxKept {
		body = nil
	}
	*c = call{set: set, req: req, body: body[:0], items: items[:0], out: out[:0], header: http.Header{}}
}

// read reads the body, once.
func (c *call) read() error {
	if c.hasRead {
		return nil
	}
	c.hasRead = true
	if n := c.req.ContentLength; n > int64(cap(c.body)) && n <= maxBody {
		c.body = make([]byte, 0, n+1)
	}
	for {
		if end, err := c.piece(maxBody); end {
			return err
		}
	}
}

// readSlowly reads the body in ten pieces a second.
func (c *call) readSlowly(ctx context.Context, bytesPerSecond int) error {
	c.hasRead = true
	for {
		sleep(ctx, time.Second/10)
		if end, err := c.piece(max(1, bytesPerSecond/10)); end {
			return err
		}
	}
}

// piece reads no more than most bytes of the body. It reports true at its end.
func (c *call) piece(most int) (end bool, err error) {
	if len(c.body) == cap(c.body) {
		c.body = append(c.body, 0)[:len(c.body)]
	}
	n, err := c.req.Body.Read(c.body[len(c.body):min(cap(c.body), len(c.body)+most)])
	c.body = c.body[:len(c.body)+n]
	if errors.Is(err, io.EOF) || len(c.body) > maxBody {
		return true, nil
	}
	if err != nil {
		c.cut = true
		return true, err
	}
	return false, nil
}

// next returns the place of the next item.
func (c *call) next() *item {
	if len(c.items) < cap(c.items) {
		c.items = c.items[:len(c.items)+1]
	} else {
		c.items = append(c.items, item{})
	}
	it := &c.items[len(c.items)-1]
	it.reset()
	return it
}

// v2 reports whether the answers are those of v2.
func (c *call) v2() bool { return strings.HasPrefix(c.req.URL.Path, "/api/v2/") }

// accept answers that all is well.
func (c *call) accept() { c.status, c.out = http.StatusOK, append(c.out[:0], "{}\n"...) }

// refuse answers with one error about the whole request.
func (c *call) refuse(status int, problems ...problem) {
	if c.v2() {
		list := make([]itemError, len(problems))
		for i, p := range problems {
			list[i] = p.v2()
		}
		c.errors(status, list)
		return
	}
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.v1()
	}
	c.texts(status, texts)
}

// errors answers with the errors of v2.
func (c *call) errors(status int, list []itemError) {
	c.json(status, struct {
		Errors []itemError `json:"errors"`
	}{list})
}

// texts answers with the errors of v1, in the form that the endpoint has.
func (c *call) texts(status int, texts []string) {
	type meta struct {
		Error  string   `json:"error,omitempty"`
		Errors []string `json:"errors,omitempty"`
	}
	m := meta{Errors: texts}
	list := c.route == toEvents || c.route == toAnonymous || c.route == toDevices || c.route == toDevice
	if status != http.StatusBadRequest || !list && c.set.ErrorShapeV1 != "errors" || c.set.ErrorShapeV1 == "error" {
		m = meta{Error: strings.Join(texts, "; ")}
	}
	c.json(status, map[string]meta{"meta": m})
}

// json answers with a value.
func (c *call) json(status int, v any) {
	b := bytes.NewBuffer(c.out[:0])
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // only types that cannot fail come here
	}
	c.status, c.out = status, b.Bytes()
}
