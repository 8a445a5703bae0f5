//go:build synctests

package sim

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// network is everybody's: listeners by address.
type network struct {
	mu        sync.Mutex
	listeners map[string]*listener
	last      int // the port given out last
}

func newNetwork() *network { return &network{listeners: map[string]*listener{}, last: 9000} }

// listener takes connections.
type listener struct {
	net   *network
	addr  address
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	links []*link // ever
	// wrap, if any, makes something else of the server's end of a connection from a network card.
	wrap func(conn net.Conn, from string) net.Conn
}

// address is that of a listener, or the name of a network card.
type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }

// listen returns a listener at an address, or at a free port when that is taken or names none.
func (n *network) listen(at string, wrap func(conn net.Conn, from string) net.Conn) *listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, port, err := net.SplitHostPort(at); err != nil || port == "0" || n.listeners[at] != nil {
		n.last++
		at = fmt.Sprintf("127.0.0.1:%d", n.last)
	}
	l := &listener{
		net: n, addr: address(at), wrap: wrap,
		conns: make(chan net.Conn), done: make(chan struct{}),
	}
	n.listeners[string(l.addr)] = l
	return l
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close ends the listener and resets its connections, as the death of its host would.
func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.done)
		l.net.mu.Lock()
		delete(l.net.listeners, string(l.addr))
		links := l.links
		l.net.mu.Unlock()
		for _, k := range links {
			k.reset()
		}
	})
	return nil
}

func (l *listener) Addr() net.Addr { return l.addr }

// connect makes a connection from a card to an address.
func (n *network) connect(ctx context.Context, c *card, to side, addr string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[addr]
	n.mu.Unlock()
	if l == nil {
		return nil, refused(addr)
	}
	k := &link{card: c, side: to, up: newPipe(c.lag), down: newPipe(c.lag)}
	server := net.Conn(&end{link: k, way: inward, local: l.addr, remote: address(c.name), in: k.up, out: k.down})
	if l.wrap != nil {
		server = l.wrap(server, c.name)
	}
	select {
	case l.conns <- server:
		c.keep(k)
		n.mu.Lock()
		l.links = append(l.links, k)
		n.mu.Unlock()
		return &end{link: k, way: outward, local: address(c.name), remote: l.addr, in: k.down, out: k.up}, nil
	case <-l.done:
		return nil, refused(addr)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func refused(addr string) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: address(addr), Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

func wasReset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
}

// link is a connection, seen from above.
type link struct {
	card     *card
	side     side
	up, down *pipe // to the server, and back

	mu     sync.Mutex
	doomed bool // bytes got lost: it cannot go on when the cut is over
}

// reset breaks the connection: what is on its way to the server still arrives, then both ends fail.
func (k *link) reset() {
	k.down.kill(wasReset())
	k.up.finish(wasReset())
}

func (k *link) doom() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.doomed = true
}

func (k *link) isDoomed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.doomed
}

// end is one end of a connection.
type end struct {
	link          *link
	way           way // in which this end writes
	local, remote address
	in, out       *pipe
}

func (e *end) Read(b []byte) (int, error) { return e.in.read(b) }

func (e *end) Write(b []byte) (int, error) {
	if e.link.card.lost(e.link.side, e.way) {
		e.link.doom()
		return len(b), e.out.closed()
	}
	return e.out.write(b)
}

// Close ends the connection in order, as far as the network lets the other end know.
func (e *end) Close() error {
	e.in.kill(net.ErrClosed)
	if e.link.card.lost(e.link.side, e.way) {
		e.link.doom()
	} else {
		e.out.finish(io.EOF)
	}
	e.link.card.forget(e.link)
	return nil
}

func (e *end) LocalAddr() net.Addr                { return e.local }
func (e *end) RemoteAddr() net.Addr               { return e.remote }
func (e *end) SetReadDeadline(t time.Time) error  { e.in.setReadDeadline(t); return nil }
func (e *end) SetWriteDeadline(t time.Time) error { e.out.setWriteDeadline(t); return nil }
func (e *end) SetDeadline(t time.Time) error {
	e.in.setReadDeadline(t)
	e.out.setWriteDeadline(t)
	return nil
}
