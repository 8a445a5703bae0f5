//go:build synctests

package sim

import (
	"context"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// side is what a connection leads to.
type side int

const (
	toKafka side = iota
	toSink
	sides
)

func (s side) String() string { return [...]string{"kafka", "sink"}[s] }

// way is the direction of bytes, as seen from the card.
type way int

const (
	outward way = iota
	inward
)

// connectPatience is how long a connection is tried for that nobody answers.
const connectPatience = 10 * time.Second

// card is the network card of one life of a process.
type card struct {
	net  *network
	name string
	lag  time.Duration

	mu    sync.Mutex
	cuts  [sides][2]bool // by side and way
	quiet bool           // while it is cut, connecting is not refused but unanswered
	dead  bool
	links map[*link]struct{}
}

func newCard(n *network, name string, lag time.Duration) *card {
	return &card{net: n, name: name, lag: lag, links: map[*link]struct{}{}}
}

// dialer connects to one side.
func (c *card) dialer(to side) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, connectPatience)
		defer cancel()
		if err := rest(ctx, time.Millisecond+c.lag); err != nil {
			return nil, err
		}
		c.mu.Lock()
		cut := c.dead || c.cuts[to][outward] || c.cuts[to][inward]
		quiet := c.quiet && !c.dead
		c.mu.Unlock()
		switch {
		case cut && quiet:
			<-ctx.Done()
			return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: address(addr), Err: os.ErrDeadlineExceeded}
		case cut:
			return nil, refused(addr)
		default:
			return c.net.connect(ctx, c, to, addr)
		}
	}
}

// lost tells whether bytes that are sent now get lost.
func (c *card) lost(s side, w way) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dead || c.cuts[s][w]
}

// cut stops bytes to one side, in the given directions. What is on its way arrives.
func (c *card) cut(s side, quiet bool, ways ...way) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quiet = quiet
	for _, w := range ways {
		c.cuts[s][w] = true
	}
}

// heal ends the cuts to one side. Connections that lost bytes are reset.
func (c *card) heal(s side) {
	c.mu.Lock()
	c.cuts[s] = [2]bool{}
	c.mu.Unlock()
	for _, k := range c.list(s) {
		if k.isDoomed() {
			k.reset()
			c.forget(k)
		}
	}
}

// drop resets the connections to one side.
func (c *card) drop(s side) {
	for _, k := range c.list(s) {
		k.reset()
		c.forget(k)
	}
}

// kill ends all traffic for ever: what was written still arrives, nothing comes back.
func (c *card) kill() {
	c.mu.Lock()
	c.dead = true
	c.mu.Unlock()
	for s := range sides {
		c.drop(s)
	}
}

func (c *card) list(s side) (list []*link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range slices.Collect(maps.Keys(c.links)) {
		if k.side == s {
			list = append(list, k)
		}
	}
	return list
}

func (c *card) keep(k *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.links[k] = struct{}{}
}

// forget drops a link that is over, unless its loss shows only when a cut ends.
func (c *card) forget(k *link) {
	if c.lost(k.side, outward) && !c.isDead() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.links, k)
}

func (c *card) isDead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dead
}

// rest waits.
func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
