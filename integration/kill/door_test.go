package kill

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pintle-io/pintle/integration/program"
)

// door is a way to the destination that can be shut, and that can lose what goes through it.
type door struct {
	world   *world
	address string
	deaf    atomic.Bool

	mu       sync.Mutex
	listener net.Listener // nil while it is shut
	through  []net.Conn
}

// newDoor opens a door. It ends with the test.
func newDoor(w *world, slot int) *door {
	w.Helper()
	d := &door{world: w, address: fmt.Sprintf("127.0.0.1:%d", quietPort(w.T, slot))}
	d.open()
	w.Cleanup(d.shut)
	return d
}

// before makes the way of a life to the destination lead through the door.
func (d *door) before(s *program.Settings) {
	s.Endpoint = strings.Replace(s.Endpoint, d.world.front.URL, "http://"+d.address, 1)
}

// open lets connections through.
func (d *door) open() {
	d.world.Helper()
	l, err := net.Listen("tcp", d.address)
	if err != nil {
		d.world.Fatal(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listener = l
	go d.serve(l)
}

// shut refuses connections, and ends those that there are.
func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.listener == nil {
		return
	}
	d.listener.Close()
	d.listener = nil
	for _, c := range d.through {
		c.Close()
	}
	d.through = nil
}

func (d *door) serve(l net.Listener) {
	for {
		from, err := l.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", strings.TrimPrefix(d.world.front.URL, "http://"))
		if err != nil {
			from.Close()
			continue
		}
		d.mu.Lock()
		d.through = append(d.through, from, to)
		if d.listener != l {
			from.Close()
			to.Close()
		}
		d.mu.Unlock()
		go d.carry(to, from)
		go d.carry(from, to)
	}
}

// carry copies until either end is closed. A connection that was used while the door was deaf is lost: it
// stays open, and nothing comes through any more.
func (d *door) carry(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if d.deaf.Load() {
			_, _ = io.Copy(io.Discard, from)
			return
		}
		if err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
