package kill

import (
	"encoding/binary"
	"net"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// tap is the broker's end of a connection. It shows requests before the broker has them, and answers
// before and after they are written.
type tap struct {
	net.Conn
	watch watcher
	in    frames
	out   frames

	mu      sync.Mutex
	waiting map[int32]exchange // by correlation id
}

// watcher is told what passes. It may take its time: meanwhile the connection stands.
type watcher interface {
	// ask is told of a request; false loses it, and the connection with it.
	ask(req kmsg.Request) (pass bool)
	// answering is told of an answer that is not written yet.
	answering(req kmsg.Request, resp kmsg.Response)
	// done is told of an answer that is written.
	done(req kmsg.Request, resp kmsg.Response)
}

type exchange struct {
	req  kmsg.Request
	resp kmsg.Response
}

// watched are the requests that are looked at; all else passes unread.
func watched() []int16 {
	return []int16{
		kmsg.Produce.Int16(), kmsg.OffsetCommit.Int16(), kmsg.JoinGroup.Int16(), kmsg.SyncGroup.Int16(),
		kmsg.Heartbeat.Int16(), kmsg.LeaveGroup.Int16(), kmsg.ConsumerGroupHeartbeat.Int16(),
	}
}

func (t *tap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	pass := true
	t.in.add(b[:n], func(frame []byte) { pass = t.request(frame) && pass })
	if !pass {
		_ = t.Close()
		return 0, net.ErrClosed
	}
	return n, err
}

func (t *tap) Write(b []byte) (int, error) {
	var complete []exchange
	t.out.add(b, func(frame []byte) {
		if e, ok := t.response(frame); ok {
			complete = append(complete, e)
		}
	})
	for _, e := range complete {
		t.watch.answering(e.req, e.resp)
	}
	n, err := t.Conn.Write(b)
	for _, e := range complete {
		t.watch.done(e.req, e.resp)
	}
	return n, err
}

func (t *tap) request(frame []byte) (pass bool) {
	key := int16(binary.BigEndian.Uint16(frame))
	if !slices.Contains(watched(), key) {
		return true
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
		return true
	}
	t.mu.Lock()
	t.waiting[id] = exchange{req: req}
	t.mu.Unlock()
	return t.watch.ask(req)
}

func (t *tap) response(frame []byte) (e exchange, ok bool) {
	id := int32(binary.BigEndian.Uint32(frame))
	t.mu.Lock()
	e, ok = t.waiting[id]
	delete(t.waiting, id)
	t.mu.Unlock()
	if !ok {
		return e, false
	}
	r := kbin.Reader{Src: frame[4:]}
	e.resp = e.req.ResponseKind()
	e.resp.SetVersion(e.req.GetVersion())
	if e.resp.IsFlexible() {
		kmsg.SkipTags(&r)
	}
	return e, e.resp.ReadFrom(r.Src) == nil
}

// frames cuts a stream into frames that begin with their length. What it hands out is valid for good.
type frames struct{ rest []byte }

func (f *frames) add(b []byte, frame func([]byte)) {
	f.rest = append(f.rest, b...)
	for len(f.rest) >= 4 {
		n := int(binary.BigEndian.Uint32(f.rest))
		if len(f.rest) < 4+n {
			return
		}
		frame(f.rest[4 : 4+n : 4+n])
		f.rest = f.rest[4+n:]
	}
	if len(f.rest) == 0 {
		f.rest = nil
	}
}
