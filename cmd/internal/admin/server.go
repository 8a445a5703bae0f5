package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
)

// DefaultListen is where the server listens unless told otherwise: on loopback, so that nobody else
// sees it without being let in on purpose.
const DefaultListen = "127.0.0.1:8080"

const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	// writeTimeout is above the longest profile that is reasonable to take.
	writeTimeout = 2 * time.Minute
	idleTimeout  = time.Minute
	headerBytes  = 16 << 10
	// closing bounds the wait for answers under way when the server ends.
	closing = 2 * time.Second
)

// Options say what a server shows. Stats, Letters, Gaps, Stuck and Release are needed; they are called by any
// goroutine.
type Options struct {
	// Listen is the address, empty for [DefaultListen]. Port 0 takes any that is free.
	Listen  string
	Stats   func() processor.Stats
	Letters func() deadletter.Stats
	// Gaps are the stretches of the topic that were passed over because they could not be read.
	Gaps func() []processor.Gap
	// Stuck tells what blocks a process that only a restart helps, empty while it lives. It must not
	// wait for a lock.
	Stuck func() string
	// Release lets go what the brake has stopped, and returns how many partitions that was.
	Release func() int
	// Metrics answers /metrics; nil: nobody does.
	Metrics http.Handler
	// Version is told by /api/v1/status.
	Version string
	// Profiling serves /debug/pprof/, which shows memory: it is for an operator who asks.
	Profiling bool
	// Log takes what the HTTP server complains of.
	Log *slog.Logger
}

// Server is an admin server. Its handler may be used alone, or served with [Server.Serve].
type Server struct {
	o        Options
	handler  http.Handler
	listener net.Listener
}

// New returns a server that does not listen yet.
func New(o Options) *Server {
	s := &Server{o: o}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	mux.HandleFunc("GET /livez", s.live)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /api/v1/status", s.status)
	mux.HandleFunc("GET /api/v1/gaps", s.gaps)
	mux.Handle("POST /api/v1/brake/release", local(http.HandlerFunc(s.release)))
	if o.Metrics != nil {
		mux.Handle("GET /metrics", o.Metrics)
	}
	if o.Profiling {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	s.handler = guard(mux)
	return s
}

// Handler returns what the server answers with.
func (s *Server) Handler() http.Handler { return s.handler }

// Listen takes the address and returns it, so that one that is in use is known before anything else
// begins. [Server.Serve] does it when it was not done.
func (s *Server) Listen(ctx context.Context) (net.Addr, error) {
	address := cmp.Or(s.o.Listen, DefaultListen)
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the admin server cannot listen on %s: set admin.listen to a free address: %w", address, err)
	}
	s.listener = l
	return l.Addr(), nil
}

// Serve answers until ctx ends, and returns nil then. It may be called once.
func (s *Server) Serve(ctx context.Context) error {
	if s.listener == nil {
		if _, err := s.Listen(ctx); err != nil {
			return err
		}
	}
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: headerBytes,
	}
	if s.o.Log != nil {
		server.ErrorLog = slog.NewLogLogger(s.o.Log.Handler(), slog.LevelWarn)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(s.listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("the admin server ended by itself: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		_ = server.Close() // who still reads has had their time
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the admin server ended: %w", err)
	}
	return nil
}

// guard sets what every answer carries: it is of this moment, and a browser takes it for what it says.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// index says what there is.
func (s *Server) index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	text := "pintle " + s.o.Version + "\n\n" +
		"/livez          whether it moves, and what blocks it\n" +
		"/readyz         whether it can deliver, and why not\n" +
		"/api/v1/status  the books, partitions, requests\n" +
		"/api/v1/gaps    what could not be read and was passed over\n" +
		"POST /api/v1/brake/release  lets go what the brake has stopped, from this machine alone\n"
	if s.o.Metrics != nil {
		text += "/metrics        for Prometheus\n"
	}
	if s.o.Profiling {
		text += "/debug/pprof/   profiles\n"
	}
	_, _ = w.Write([]byte(text))
}

// live answers 200 for as long as a restart would help nothing.
func (s *Server) live(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	text := "ok"
	if why := s.o.Stuck(); why != "" {
		w.WriteHeader(http.StatusServiceUnavailable)
		text = why
	}
	_, _ = w.Write([]byte(text + "\n"))
}
