package memory

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

// front stands before the stand-in Customer.io, which remembers as little as it can, and lets requests
// hang while it is told to.
type front struct {
	*customeriotest.Server
	url  string
	mute atomic.Bool
}

func newFront(t *testing.T) *front {
	t.Helper()
	f := &front{Server: customeriotest.New(customeriotest.Settings{Lean: true})}
	inner := f.Handler()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.mute.Load() {
			<-r.Context().Done()
			panic(http.ErrAbortHandler)
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.CloseClientConnections)
	f.url = server.URL
	return f
}
