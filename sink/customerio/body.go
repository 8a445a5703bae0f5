package customerio

import (
	"bytes"
	"io"
	"sync"

	"github.com/pintle-io/pintle/sink"
)

// The bytes around and between the items of a batch.
const (
	batchOpen  = `{"batch":[`
	batchClose = `]}`
)

// smallBody is what one op, or a quiet hour, needs. Larger bodies take a buffer for a whole batch.
const smallBody = 64 << 10

// batchSize returns the exact size of the body of a batch.
func batchSize(ops []*sink.Op) int {
	n := len(batchOpen) + len(batchClose) + len(ops) - 1
	for _, op := range ops {
		n += len(op.Body)
	}
	return n
}

// appendBatch appends the body of a batch to dst.
func appendBatch(dst []byte, ops []*sink.Op) []byte {
	dst = append(dst, batchOpen...)
	for i, op := range ops {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, op.Body...)
	}
	return append(dst, batchClose...)
}

// buffers keeps two sizes of byte slices for another use.
type buffers struct {
	small, large sync.Pool
}

// get returns an empty slice that holds n bytes without growing.
func (b *buffers) get(n int) []byte {
	pool, size := &b.large, BatchBytes
	switch {
	case n > BatchBytes:
		return make([]byte, 0, n)
	case n <= smallBody:
		pool, size = &b.small, smallBody
	}
	if p, ok := pool.Get().(*[]byte); ok {
		return (*p)[:0]
	}
	return make([]byte, 0, size)
}

// put takes a slice back. Nobody may read it any more.
func (b *buffers) put(p []byte) {
	p = p[:0]
	switch cap(p) {
	case smallBody:
		b.small.Put(&p)
	case BatchBytes:
		b.large.Put(&p)
	}
}

// frozen is what the client keeps for a request between its attempts: how it goes, its bytes, and
// who still reads them.
type frozen struct {
	method, path string
	body         []byte
	single       bool // it goes by a v1 endpoint
	pooled       bool // body came from the buffers

	mu      sync.Mutex
	readers int // bodies given to the transport and not closed yet
}

// reader returns a new reader of the body, which asks held before each piece. The transport may read on
// after the answer has come, until it has closed the reader.
func (f *frozen) reader(held func() bool) io.ReadCloser {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.readers++
	return &bodyReader{of: f, held: held, from: bytes.NewReader(f.body)}
}

// idle reports whether every reader has been closed.
func (f *frozen) idle() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.readers == 0
}

// bodyReader reads a frozen body for one attempt. It may be closed while it is being read.
type bodyReader struct {
	of     *frozen
	held   func() bool
	mu     sync.Mutex // held while reading: once Close has returned, no byte is read
	from   *bytes.Reader
	closed bool
}

// Read reads the next bytes; it fails once the reader is closed with bytes left. Without any left it
// says so even then: the transport looks for more after the last one, and would take an error there
// for a broken request and give up the connection. A request that is not held any more is broken off, and
// the destination does not take half of a body.
func (r *bodyReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.from.Len() > 0 && (r.closed || !r.held()) {
		return 0, io.ErrClosedPipe
	}
	return r.from.Read(p)
}

// Close ends the reading. Only the first call counts.
func (r *bodyReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	r.of.readers--
	return nil
}
