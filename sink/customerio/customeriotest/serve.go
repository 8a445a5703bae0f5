package customeriotest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Handler returns the data plane: the API itself.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// serve takes one request: faults, path, credentials, rate, body, and then what it asks for.
func (s *Server) serve(w http.ResponseWriter, req *http.Request) {
	defer s.inFlight.Add(-1)
	c, _ := s.buffers.Get().(*call)
	defer s.buffers.Put(c)
	ctx := req.Context()
	c.reset(s.set.Load(), req)
	s.begin(c)
	if c.set.Latency > 0 {
		sleep(ctx, c.set.Latency)
	}
	if s.interfere(ctx, w, c) {
		return
	}
	if c.status == 0 {
		s.answer(c)
	}
	if c.cut {
		s.breakOff(w, c)
		return
	}
	s.deliver(ctx, w, c)
}

// begin gives the request its number, and chooses the fault if that needs no body.
func (s *Server) begin(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.start = s.now()
	s.store.stats.MaxInFlight = max(s.store.stats.MaxInFlight, s.inFlight.Add(1))
	s.store.stats.Requests++
	c.number = uint32(s.store.stats.Requests)
	if !s.faults.readsBody() {
		c.fault = s.faults.choose(c.req.Method, c.req.URL.EscapedPath(), nil, c.start)
	}
	if s.outage != 0 {
		c.status = s.outage
		c.fault = nil
		c.out = append(c.out[:0], "<html><head><title>outage</title></head></html>\n"...)
		c.header.Set("Content-Type", "text/html; charset=utf-8")
	}
}

// answer judges the request and stores what it brings.
func (s *Server) answer(c *call) {
	var values []string
	c.route, values = find(c.req.URL.EscapedPath())
	switch {
	case c.route == nowhere:
		c.json(http.StatusNotFound, meta("not found"))
	case !c.route.allows(c.req.Method):
		c.json(http.StatusMethodNotAllowed, meta("method not allowed"))
	case !authorized(c.req.Header.Get("Authorization"), c.set):
		c.refuse(http.StatusUnauthorized, problem{unauthorized, ""})
	case c.route == toAuth:
		c.accept()
	case c.route == toRegion:
		c.region()
	case c.set.Region != c.set.Listener:
		c.wrongRegion()
	case !s.withinRate(c):
		// It is answered.
	default:
		s.work(c, values)
	}
}

// work reads the body, judges and stores its items, and answers.
func (s *Server) work(c *call, values []string) {
	if c.read() != nil || c.cut {
		return
	}
	if !c.decompress() || !c.checkType() {
		c.refuse(http.StatusBadRequest, problem{badBody, ""})
		return
	}
	var ok bool
	switch c.route {
	case toBatch:
		ok = c.readBatch()
	case toEntity:
		ok = c.readEntity()
	default:
		ok = c.readV1(values)
	}
	if !ok {
		c.items = c.items[:0]
		return
	}
	c.spoil()
	s.mu.Lock()
	s.refuseSuppressed(c)
	from := s.store.ledger.n
	s.store.receive(c, s.now())
	if c.set.Watch != nil {
		c.set.Watch(c.req, s.store.lines(from))
	}
	s.mu.Unlock()
	switch {
	case c.route == toBatch:
		c.answerBatch()
	case len(c.items[0].problems) > 0:
		c.refuse(http.StatusBadRequest, c.items[0].problems...)
	default:
		c.accept()
	}
}

// refuseSuppressed refuses operations on suppressed people, if the workspace does. The caller holds
// the mutex.
func (s *Server) refuseSuppressed(c *call) {
	if c.set.SuppressedStatus != http.StatusBadRequest {
		return
	}
	for i := range c.items {
		if it := &c.items[i]; it.action != unsuppress && s.store.isSuppressed(it.who) {
			it.fail(suppressedPerson, "")
		}
	}
}

// decompress undoes gzip if the workspace takes it; it reports whether the body can be read.
func (c *call) decompress() bool {
	encoding := c.req.Header.Get("Content-Encoding")
	if encoding == "" || encoding == "identity" {
		return true
	}
	if encoding != "gzip" {
		return false
	}
	plain := !bytes.HasPrefix(c.body, []byte{0x1f, 0x8b})
	if plain {
		c.notes = append(c.notes, warning{"redundant_gzip_header", ""})
		return true
	}
	if !c.set.AcceptGzip {
		return false
	}
	r, err := gzip.NewReader(bytes.NewReader(c.body))
	if err != nil {
		return false
	}
	c.body, err = io.ReadAll(io.LimitReader(r, maxBody))
	return err == nil
}

// checkType looks at the content type; it reports whether the body is to be read.
func (c *call) checkType() bool {
	if len(c.body) == 0 || strings.HasPrefix(c.req.Header.Get("Content-Type"), "application/json") {
		return true
	}
	c.notes = append(c.notes, warning{"content_type", c.req.Header.Get("Content-Type")})
	return !c.set.StrictContentType
}

// authorized checks Basic credentials in either alphabet of base64.
func authorized(header string, set *Settings) bool {
	encoded, ok := strings.CutPrefix(header, "Basic ")
	if !ok {
		return false
	}
	encoded = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(encoded, "="))
	plain, err := base64.RawStdEncoding.DecodeString(encoded)
	if err != nil {
		return false
	}
	site, key, ok := strings.Cut(string(plain), ":")
	if !ok || site == "" {
		return false
	}
	return set.SiteID == "" && set.APIKey == "" || site == set.SiteID && key == set.APIKey
}

// region answers where the account is.
func (c *call) region() {
	host := "track.customer.io"
	if c.set.Region == "eu" {
		host = "track-eu.customer.io"
	}
	c.json(http.StatusOK, map[string]any{"url": "https://" + host, "region": c.set.Region, "environment_id": 1})
}

// wrongRegion answers for an account of the other region: the US redirects, the EU does not know it.
func (c *call) wrongRegion() {
	c.notes = append(c.notes, warning{"region_host_mismatch", ""})
	if c.set.Listener != "us" {
		c.refuse(http.StatusUnauthorized, problem{unauthorized, ""})
		return
	}
	c.header.Set("Location", c.set.Elsewhere+c.req.URL.RequestURI())
	c.json(c.set.RedirectStatus, map[string]any{"errors": []map[string]string{{"detail": "wrong datacenter", "status": strconv.Itoa(c.set.RedirectStatus)}}})
}

// meta is the error body of v1.
func meta(text string) any { return map[string]any{"meta": map[string]string{"error": text}} }

// deliver writes the answer, and then books it so that what a client has seen is in the log.
func (s *Server) deliver(ctx context.Context, w http.ResponseWriter, c *call) {
	if !c.hasRead {
		// A client that is still sending would see a reset instead of the answer.
		_, _ = io.CopyN(io.Discard, c.req.Body, maxBody)
	}
	h := w.Header()
	for name, value := range map[string]string{
		"Content-Type":                "application/json; charset=utf-8",
		"Cache-Control":               "no-cache, no-store, must-revalidate, max-age=0",
		"Access-Control-Allow-Origin": "*",
		"Strict-Transport-Security":   "max-age=31536000",
		"Via":                         "1.1 google",
	} {
		h.Set(name, value)
	}
	for name := range c.header {
		h.Set(name, c.header.Get(name))
	}
	s.mu.Lock()
	for _, n := range c.notes {
		s.store.warn(&arrival{item: &item{}, request: c.number, now: time.Time{}}, n.reason, n.detail)
	}
	s.log(c)
	s.mu.Unlock()
	c.write(ctx, w)
}
