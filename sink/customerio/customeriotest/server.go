package customeriotest

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Server is the stand-in. Its methods are safe for concurrent use.
type Server struct {
	set     atomic.Pointer[Settings]
	buffers sync.Pool // of *call

	inFlight atomic.Int64

	mu       sync.Mutex // guards what follows
	store    *store
	requests requestLog
	faults   faultList
	outage   int
	bucket   tokens
	advanced time.Duration
	runs     int
}

// New returns a stand-in with an empty workspace.
func New(settings Settings) *Server {
	s := &Server{}
	s.buffers.New = func() any { return &call{} }
	s.Configure(settings)
	s.Reset()
	return s
}

// Configure changes the settings and leaves the state.
func (s *Server) Configure(settings Settings) {
	set := settings.withDefaults()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set.Store(&set)
	if s.store != nil {
		s.store.set = &set
	}
}

// SetCredentials changes what is accepted from now on, as revocation does. The empty site id accepts
// any.
func (s *Server) SetCredentials(siteID, apiKey string) {
	set := *s.set.Load()
	set.SiteID, set.APIKey = siteID, apiKey
	s.Configure(set)
}

// Reset forgets all state, faults and requests, and ends an outage. The settings stay. It returns the
// number of the run.
func (s *Server) Reset() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store = newStore(s.set.Load())
	s.requests = requestLog{}
	s.faults.clear()
	s.outage = 0
	s.bucket = tokens{}
	s.runs++
	return s.runs
}

// Advance moves the clock forward.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advanced += d
}

// now returns the stand-in's time. The caller holds the mutex.
func (s *Server) now() time.Time { return s.set.Load().Now().Add(s.advanced) }

// SetOutage makes the stand-in answer 503 to everything, or ends that.
func (s *Server) SetOutage(on bool) {
	status := 0
	if on {
		status = http.StatusServiceUnavailable
	}
	s.Outage(status)
}

// Outage makes the stand-in answer everything with the status; 0 ends it.
func (s *Server) Outage(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outage = status
}

// tokens is the bucket of the rate limit.
type tokens struct {
	left float64
	at   time.Time
}

// take reports whether a request is within the rate. The caller holds the mutex.
func (t *tokens) take(now time.Time, set *Settings) bool {
	if t.at.IsZero() {
		t.left = float64(set.RateBurst)
	} else {
		t.left = min(float64(set.RateBurst), t.left+now.Sub(t.at).Seconds()*set.RateLimit)
	}
	t.at = now
	if t.left < 1 {
		return false
	}
	t.left--
	return true
}
