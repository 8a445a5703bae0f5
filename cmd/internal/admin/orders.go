package admin

import (
	"net"
	"net/http"
	"net/netip"
)

// released is the answer of /api/v1/brake/release. It is API.
type released struct {
	// Partitions is how many the brake had stopped; 0 when none was, and then nothing was done.
	Partitions int `json:"partitions"`
}

func (s *Server) release(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, released{Partitions: s.o.Release()})
}

// local lets orders pass that come from this machine, and from no page that a browser on it shows.
func local(next http.Handler) http.Handler {
	own := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		if from, err := netip.ParseAddr(host); err != nil || !from.IsLoopback() && !from.Unmap().IsLoopback() {
			http.Error(w, "orders are taken from this machine alone: call 127.0.0.1, in Kubernetes through kubectl port-forward", http.StatusForbidden)
			return
		}
		own.ServeHTTP(w, r)
	})
}
