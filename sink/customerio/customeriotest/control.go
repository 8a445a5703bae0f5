package customeriotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Control returns the control plane, by which other processes ask and command what this one does with
// the Server's methods. Answers are JSON. Durations are in nanoseconds, as encoding/json has them.
//
//	GET    /control/health
//	GET    /control/stats
//	GET    /control/people       ?id= ?email= ?phone= ?cio_id= ?anonymous_id= for one
//	GET    /control/events       ?name= ?kind= ?person= ?since=
//	GET    /control/ledger       ?since= ?person= ?limit=
//	GET    /control/requests     ?since=
//	GET    /control/drops, /control/warnings, /control/order, /control/objects, /control/suppressed
//	GET    /control/anonymous/{id}
//	GET    /control/settings     PUT changes those that are given
//	GET    /control/faults       POST adds one, DELETE clears, DELETE /control/faults/{id} removes one
//	PUT    /control/credentials  {"site_id": "", "api_key": ""}
//	PUT    /control/outage       {"status": 503}, 0 ends it
//	PUT    /control/clock        {"advance": "5m"}
//	PUT    /control/pause        {"on": true}
//	POST   /control/process      {"order": [2, 0]}, nothing: all
//	POST   /control/assert       see Expectation
//	POST   /control/reset
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	s.queries(mux)
	s.commands(mux)
	return mux
}

// queries adds what changes nothing.
func (s *Server) queries(mux *http.ServeMux) {
	get := func(path string, answer func(*http.Request) any) {
		mux.HandleFunc("GET /control/"+path, func(w http.ResponseWriter, r *http.Request) {
			reply(w, http.StatusOK, answer(r))
		})
	}
	get("health", func(*http.Request) any { return map[string]string{"status": "ok"} })
	get("stats", func(*http.Request) any { return s.Stats() })
	get("ledger", func(r *http.Request) any {
		return s.LedgerOf(LedgerFilter{Since: since(r), Person: r.URL.Query().Get("person"), Limit: number(r, "limit")})
	})
	get("requests", func(r *http.Request) any { return s.Requests(since(r)) })
	get("drops", func(*http.Request) any { return s.Drops() })
	get("warnings", func(*http.Request) any { return s.Warnings() })
	get("order", func(*http.Request) any { return s.Order() })
	get("objects", func(*http.Request) any { return s.Objects() })
	get("suppressed", func(*http.Request) any { return s.Suppressed() })
	get("settings", func(*http.Request) any { return s.set.Load() })
	get("faults", func(*http.Request) any { return s.Faults() })
	get("anonymous/{id}", func(r *http.Request) any { return map[string]int{"events": s.Anonymous(r.PathValue("id"))} })
	get("events", func(r *http.Request) any {
		q := r.URL.Query()
		return s.Events(EventFilter{Name: q.Get("name"), Kind: q.Get("kind"), Person: q.Get("person"), Since: since(r)})
	})
	mux.HandleFunc("GET /control/people", func(w http.ResponseWriter, r *http.Request) {
		for kind, values := range r.URL.Query() {
			if p, ok := s.Person(kind, values[0]); ok {
				reply(w, http.StatusOK, p)
			} else {
				reply(w, http.StatusNotFound, map[string]string{"error": "nobody has this " + kind})
			}
			return
		}
		reply(w, http.StatusOK, s.People())
	})
}

// commands adds what changes something.
func (s *Server) commands(mux *http.ServeMux) {
	mux.HandleFunc("POST /control/reset", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]int{"run": s.Reset()})
	})
	mux.HandleFunc("DELETE /control/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("DELETE /control/faults/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil || !s.RemoveFault(id) {
			reply(w, http.StatusNotFound, map[string]string{"error": "no fault has this id"})
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("PUT /control/settings", func(w http.ResponseWriter, r *http.Request) {
		var body json.RawMessage
		if !understood(w, r, &body) {
			return
		}
		if err := s.change(func(set *Settings) error { return decode(bytes.NewReader(body), set) }); err != nil {
			reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		reply(w, http.StatusOK, s.set.Load())
	})
	command(mux, "POST /control/faults", func(f Fault) any { return map[string]int{"id": s.AddFault(f)} })
	command(mux, "PUT /control/credentials", func(in struct {
		SiteID string `json:"site_id"`
		APIKey string `json:"api_key"`
	},
	) any {
		s.SetCredentials(in.SiteID, in.APIKey)
		return in
	})
	command(mux, "PUT /control/outage", func(in struct {
		Status int `json:"status"`
	},
	) any {
		s.Outage(in.Status)
		return in
	})
	command(mux, "PUT /control/pause", func(in struct {
		On bool `json:"on"`
	},
	) any {
		s.Pause(in.On)
		return in
	})
	command(mux, "POST /control/process", func(in struct {
		Order []int `json:"order"`
	},
	) any {
		return map[string]int{"processed": s.Process(in.Order...)}
	})
	command(mux, "POST /control/assert", func(x Expectation) any { return s.Assert(x) })
	mux.HandleFunc("PUT /control/clock", s.clock)
}

// clock advances the time.
func (s *Server) clock(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Advance string `json:"advance"`
	}
	if !understood(w, r, &in) {
		return
	}
	d, err := time.ParseDuration(in.Advance)
	if err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	s.Advance(d)
	reply(w, http.StatusOK, in)
}

// command adds a command that takes JSON and answers with JSON.
func command[T any](mux *http.ServeMux, pattern string, do func(T) any) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		var in T
		if understood(w, r, &in) {
			reply(w, http.StatusOK, do(in))
		}
	})
}

// understood reads the JSON of a command; if it cannot, it answers and reports false. No body is an
// empty command.
func understood(w http.ResponseWriter, r *http.Request, in any) bool {
	if err := decode(r.Body, in); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return false
	}
	return true
}

// decode reads JSON whose fields must all be known; nothing changes nothing.
func decode(r io.Reader, in any) error {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(in); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("the command cannot be read: %w", err)
	}
	return nil
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the client is gone
}

func since(r *http.Request) int { return number(r, "since") }

// number returns a parameter that is a number, 0 if it is none.
func number(r *http.Request, name string) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil {
		return 0
	}
	return n
}
