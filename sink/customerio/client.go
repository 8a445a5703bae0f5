package customerio

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pintle-io/pintle/sink"
)

const (
	// maxAnswer bounds what is read of an answer: more than a batch full of errors needs.
	maxAnswer = 1 << 20
	// maxDrain is read beyond it to keep the connection; after that it is cheaper to open another.
	maxDrain = 256 << 10
	// connections is how many are kept open while idle: as many as there may be requests at once.
	connections = 64
)

// Config says where requests go and as whom.
type Config struct {
	// Region is the data centre of the workspace; empty means [RegionUS].
	Region Region
	// Endpoint, when given, takes the place of the region's address: a proxy, or a stand-in. It may
	// have a path, but no user, query or fragment; http is refused for Customer.io's own hosts.
	Endpoint string
	// SiteID and APIKey are the credentials of the Track API. Both are required.
	SiteID, APIKey Secret
	// UserAgent is sent with each request; empty means "pintle".
	UserAgent string
	// Transport carries the requests; nil means one of the client's own: HTTP/1.1, TLS 1.2 at least
	// and always verified, proxies by the environment.
	Transport http.RoundTripper
}

// Client carries requests to Customer.io. It is a [sink.Sender] and safe for concurrent use.
//
// It keeps no time-outs of its own: an attempt lasts as long as the context that it is given.
type Client struct {
	base      string
	region    Region
	auth      Secret            // the value of the Authorization header
	hush      *strings.Replacer // takes the credentials out of what is said of an answer
	userAgent string
	http      *http.Client
	buffers   buffers

	mu     sync.Mutex // guards kept
	kept   map[*sink.Request]*frozen
	closer interface{ CloseIdleConnections() } // nil when the transport is not ours
}

var _ sink.Sender = (*Client)(nil)

// New returns a client. It fails when the configuration cannot be meant; it connects to nothing.
func New(c Config) (*Client, error) {
	base, err := baseURL(c.Region, c.Endpoint)
	if err != nil {
		return nil, err
	}
	if c.SiteID.IsZero() || c.APIKey.IsZero() {
		return nil, errors.New("customerio.site_id and customerio.api_key are both needed: see Settings, Account settings, API credentials, Track API keys in Customer.io")
	}
	client := &Client{
		base:      base,
		region:    cmp.Or(c.Region, RegionUS),
		auth:      NewSecret("Basic " + encoded(c.SiteID, c.APIKey)),
		hush:      newHush(c.SiteID, c.APIKey),
		userAgent: cmp.Or(c.UserAgent, "pintle"),
		kept:      make(map[*sink.Request]*frozen),
	}
	transport := c.Transport
	if transport == nil {
		own := newTransport()
		transport, client.closer = own, own
	}
	client.http = &http.Client{
		Transport: transport,
		// A redirect means the wrong region. Followed, it would lose the body or send the key elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return client, nil
}

// newTransport pins HTTP/1.1: for bodies of 400 kB HTTP/2 costs up to twice the CPU and gives half
// the request rate.
func newTransport() *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: (&net.Dialer{
			Timeout:         10 * time.Second,
			KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3},
		}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		Protocols:              &protocols,
		MaxIdleConns:           connections,
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true,
	}
}

// Send sends one request and says what its answer means; see [sink.Sender]. Several ops, or one of at
// most [ItemBytes], go as a v2 batch. One larger op goes by the v1 endpoint of its kind, and so does
// one that the batch endpoint calls too large (413).
func (c *Client) Send(ctx context.Context, r *sink.Request) sink.Answer {
	f, refused := c.freeze(r)
	if refused != nil {
		return *refused
	}
	got := c.exchange(ctx, f, r)
	if got.status == http.StatusRequestEntityTooLarge && got.ops == 1 && !f.single {
		if single, err := c.thaw(r, f); err == nil {
			got = c.exchange(ctx, single, r)
		}
	}
	a := classify(got)
	a.Refusal.Message = c.hush.Replace(a.Refusal.Message) // the transport's errors quote what they cannot read
	return a
}

// freeze returns what is kept for r, building it at the first call. It returns an answer instead when
// the op can go by no endpoint.
func (c *Client) freeze(r *sink.Request) (*frozen, *sink.Answer) {
	c.mu.Lock()
	f := c.kept[r]
	c.mu.Unlock()
	if f != nil {
		return f, nil
	}
	switch {
	case r.Body != nil: // somebody else's bytes
		f = &frozen{method: http.MethodPost, path: batchPath, body: r.Body}
	case len(r.Ops) == 1 && goesAlone(r.Ops[0].Body):
		single, refused := aloneCall(r.Ops[0].Body)
		if refused != nil {
			return nil, refused
		}
		f = &frozen{method: single.method, path: single.path, body: single.body, single: true}
	default:
		body := appendBatch(c.buffers.get(batchSize(r.Ops)), r.Ops)
		f = &frozen{method: http.MethodPost, path: batchPath, body: body, pooled: true}
	}
	c.keep(r, f)
	return f, nil
}

// thaw lets an op that its batch of one was too large for go by the v1 endpoint, from now on.
func (c *Client) thaw(r *sink.Request, was *frozen) (*frozen, error) {
	single, err := singleCall(r.Ops[0].Body)
	if err != nil {
		return nil, err
	}
	f := &frozen{method: single.method, path: single.path, body: single.body, single: true}
	c.keep(r, f)
	c.recycle(was)
	return f, nil
}

// keep remembers f for r, and shows its bytes.
func (c *Client) keep(r *sink.Request, f *frozen) {
	if f.body == nil {
		f.body = []byte{} // the call has no body, and r.Body is not nil once it is built
	}
	r.Body = f.body
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept[r] = f
}

// Release gives r's buffer back. A buffer that the transport still reads is left to the collector.
func (c *Client) Release(r *sink.Request) {
	c.mu.Lock()
	f := c.kept[r]
	delete(c.kept, r)
	c.mu.Unlock()
	r.Body = nil
	if f != nil {
		c.recycle(f)
	}
}

// recycle returns a pooled body that nobody reads any more.
func (c *Client) recycle(f *frozen) {
	if f.pooled && f.idle() {
		c.buffers.put(f.body)
	}
}

// Close closes the connections that nobody uses. It ends no request.
func (c *Client) Close() {
	if c.closer != nil {
		c.closer.CloseIdleConnections()
	}
}

// exchange makes one attempt.
func (c *Client) exchange(ctx context.Context, f *frozen, r *sink.Request) reply {
	got := reply{ops: len(r.Ops), single: f.single, region: c.region}
	resp, err := c.do(ctx, f, r)
	if err == nil {
		defer resp.Body.Close()
		got.status, got.header = resp.StatusCode, resp.Header
		got.empty = resp.ContentLength == 0
		var body []byte
		body, got.partial, got.err = readAnswer(resp.Body)
		got.body = []byte(c.hush.Replace(string(body)))
	} else {
		got.err = err
	}
	if got.err != nil {
		got.canceled = errors.Is(ctx.Err(), context.Canceled) || !r.Held()
	}
	got.now = time.Now()
	return got
}

// do writes the request and reads the head of its answer.
func (c *Client) do(ctx context.Context, f *frozen, r *sink.Request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, f.method, c.base+f.path, http.NoBody)
	if err != nil {
		return nil, err
	}
	if len(f.body) > 0 {
		req.ContentLength = int64(len(f.body))
		req.Body = f.reader(r.Held)
		// The transport asks again only when a kept connection had died before a byte was written.
		req.GetBody = func() (io.ReadCloser, error) { return f.reader(r.Held), nil }
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", c.auth.Reveal())
	req.Header.Set("User-Agent", c.userAgent)
	if r.Attempt > 1 {
		req.Header.Set("X-Retry-Count", strconv.Itoa(r.Attempt-1))
	}
	return c.http.Do(req)
}

// readAnswer reads a body up to its bound, and what little remains so that the connection can be used
// again. It reports whether there was more.
func readAnswer(body io.Reader) (read []byte, partial bool, err error) {
	read, err = io.ReadAll(io.LimitReader(body, maxAnswer))
	if err != nil || len(read) < maxAnswer {
		return read, false, err
	}
	rest, err := io.CopyN(io.Discard, body, maxDrain)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return read, rest > 0, err
}
