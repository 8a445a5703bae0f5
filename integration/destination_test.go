package integration

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// condition is how the destination's front treats callers.
type condition int32

const (
	up condition = iota
	refuseConnections
	answer503
)

// destination is the stand-in Customer.io of one scenario, behind a front that can go down and be
// slow. It listens on loopback, so that members in other processes reach it.
type destination struct {
	*standin
	url    string
	state  atomic.Int32
	delay  atomic.Int64
	flying atomic.Int64
	total  atomic.Int64
}

func newDestination(t *testing.T) *destination {
	t.Helper()
	d := &destination{standin: newStandin()}
	server := httptest.NewServer(http.HandlerFunc(d.front))
	t.Cleanup(server.Close)
	d.url = server.URL
	return d
}

// front lets a request through to the stand-in, or does not.
func (d *destination) front(w http.ResponseWriter, r *http.Request) {
	switch condition(d.state.Load()) {
	case refuseConnections:
		// Nothing is read and the connection is broken, which is what a client sees of a refused one.
		panic(http.ErrAbortHandler)
	case answer503:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case up:
	}
	d.total.Add(1)
	d.flying.Add(1)
	defer d.flying.Add(-1)
	d.handler.ServeHTTP(w, r)
	// The answer stays in the server's buffer until this returns: who is killed meanwhile never hears
	// that the items were taken.
	if delay := time.Duration(d.delay.Load()); delay > 0 {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
		}
	}
}

// down sets the front's condition.
func (d *destination) down(c condition) { d.state.Store(int32(c)) }

// slow makes each request wait for its answer.
func (d *destination) slow(delay time.Duration) { d.delay.Store(int64(delay)) }

// inAir counts the requests without an answer yet.
func (d *destination) inAir() int64 { return d.flying.Load() }

func (d *destination) summary() string {
	return fmt.Sprintf("the destination had %d requests, took %d items and refused %d", d.total.Load(), d.count(), d.refused())
}
