package admin

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pintle-io/pintle/processor/deadletter"
)

func TestRelease(t *testing.T) {
	for _, tc := range []struct {
		name, method, from, origin string
		code                       int
		text                       string
		calls                      int
	}{
		{"from this machine", http.MethodPost, "127.0.0.1:4711", "", http.StatusOK, `"partitions": 3`, 1},
		{"from this machine by IPv6", http.MethodPost, "[::1]:4711", "", http.StatusOK, `"partitions": 3`, 1},
		{"from this machine by IPv4 in IPv6", http.MethodPost, "[::ffff:127.0.0.1]:4711", "", http.StatusOK, `"partitions": 3`, 1},
		{"from another machine", http.MethodPost, "10.0.0.7:4711", "", http.StatusForbidden, "port-forward", 0},
		{"from nowhere", http.MethodPost, "", "", http.StatusForbidden, "port-forward", 0},
		{"from a page in a browser here", http.MethodPost, "127.0.0.1:4711", "https://elsewhere.example", http.StatusForbidden, "", 0},
		{"by a link", http.MethodGet, "127.0.0.1:4711", "", http.StatusMethodNotAllowed, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			calls := 0
			o := fixed(running(nil), deadletter.Stats{})
			o.Release = func() int { calls++; return 3 }
			r := httptest.NewRequest(tc.method, "/api/v1/brake/release", http.NoBody)
			r.RemoteAddr = tc.from
			if tc.origin != "" {
				r.Header.Set("Origin", tc.origin)
			}
			answer := httptest.NewRecorder()
			New(o).Handler().ServeHTTP(answer, r)
			if answer.Code != tc.code || !strings.Contains(answer.Body.String(), tc.text) || calls != tc.calls {
				t.Errorf("answered %d %q after %d calls, want %d with %q after %d", answer.Code, answer.Body, calls, tc.code, tc.text, tc.calls)
			}
		})
	}
}
