package customeriotest

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Server is the stand-in. Its methods are safe for concurrent use.
type Server struct {
	set     atomic.Pointer[Settings]
	buffers sync.Pool // of *call

	inFlight    atomic.Int64
	connections atomic.Int64 // that are open
	opened      atomic.Int64 // since the last reset

	mu       sync.Mutex // guards what follows, and writing set
	given    Settings   // without defaults, so that a later change of one sees the others as they were meant
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

// Configure replaces the settings and leaves the state.
func (s *Server) Configure(settings Settings) {
	_ = s.change(func(set *Settings) error {
		*set = settings
		return nil
	})
}

// change changes the settings, unless there is an error.
func (s *Server) change(do func(*Settings) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	given := s.given
	if err := do(&given); err != nil {
		return err
	}
	set := given.withDefaults()
	s.given = given
	s.set.Store(&set)
	if s.store != nil {
		s.store.set = &set
	}
	return nil
}

// SetCredentials changes what is accepted from now on, as revocation does. The empty site id accepts
// any.
func (s *Server) SetCredentials(siteID, apiKey string) {
	_ = s.change(func(set *Settings) error {
		set.SiteID, set.APIKey = siteID, apiKey
		return nil
	})
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
	s.opened.Store(0)
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

// ConnState counts connections. It is for the field of that name of the http.Server that has the
// handler; without it the counts are 0.
func (s *Server) ConnState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.connections.Add(1)
		s.opened.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.connections.Add(-1)
	default:
		// Active and idle ones are open.
	}
}
