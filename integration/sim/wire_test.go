//go:build synctests

package sim

import (
	"encoding/binary"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// tap reads along on the broker's end of a connection, so that requests and answers are seen as the
// broker saw them.
type tap struct {
	net.Conn
	// asked is called with each request that arrived as a whole, of the kinds that are watched. It
	// returns what to call with the answer; over is called when the connection ended without one.
	asked func(req kmsg.Request) (answered func(kmsg.Response), over func())

	in, out frames

	mu      sync.Mutex
	waiting map[int32]waiting // by correlation id
}

type waiting struct {
	req      kmsg.Request
	answered func(kmsg.Response)
	over     func()
}

func newTap(c net.Conn, asked func(kmsg.Request) (func(kmsg.Response), func())) *tap {
	return &tap{Conn: c, asked: asked, waiting: map[int32]waiting{}}
}

func (t *tap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	t.in.add(b[:n], t.request)
	return n, err
}

func (t *tap) Write(b []byte) (int, error) {
	t.out.add(b, t.response)
	return t.Conn.Write(b)
}

func (t *tap) Close() error {
	t.mu.Lock()
	left := t.waiting
	t.waiting = map[int32]waiting{}
	t.mu.Unlock()
	for _, w := range left {
		w.over()
	}
	return t.Conn.Close()
}

func (t *tap) request(frame []byte) {
	key := int16(binary.BigEndian.Uint16(frame))
	switch kmsg.Key(key) {
	case kmsg.OffsetCommit, kmsg.ConsumerGroupHeartbeat, kmsg.JoinGroup, kmsg.SyncGroup, kmsg.Heartbeat, kmsg.LeaveGroup:
	default:
		return
	}
	r := kbin.Reader{Src: frame}
	r.Int16()
	version, id := r.Int16(), r.Int32()
	r.NullableString() // the client's id
	req := kmsg.RequestForKey(key)
	req.SetVersion(version)
	if req.IsFlexible() {
		kmsg.SkipTags(&r)
	}
	if req.ReadFrom(r.Src) != nil {
		return
	}
	answered, over := t.asked(req)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting[id] = waiting{req, answered, over}
}

func (t *tap) response(frame []byte) {
	id := int32(binary.BigEndian.Uint32(frame))
	t.mu.Lock()
	w, was := t.waiting[id]
	delete(t.waiting, id)
	t.mu.Unlock()
	if !was {
		return
	}
	r := kbin.Reader{Src: frame[4:]}
	resp := w.req.ResponseKind()
	resp.SetVersion(w.req.GetVersion())
	if resp.IsFlexible() {
		kmsg.SkipTags(&r)
	}
	if resp.ReadFrom(r.Src) == nil {
		w.answered(resp)
	}
}

// frames cuts a stream into frames that begin with their length.
type frames struct{ rest []byte }

func (f *frames) add(b []byte, frame func([]byte)) {
	f.rest = append(f.rest, b...)
	for len(f.rest) >= 4 {
		n := int(binary.BigEndian.Uint32(f.rest))
		if len(f.rest) < 4+n {
			return
		}
		frame(f.rest[4 : 4+n])
		f.rest = f.rest[4+n:]
	}
	if len(f.rest) == 0 {
		f.rest = nil
	}
}
