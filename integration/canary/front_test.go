package canary

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// mood is how the destination treats a member's requests. It says back what it was sent, which the worst
// of destinations and proxies do.
type mood func(w http.ResponseWriter, r *http.Request, body []byte)

// asked is a request as the front saw it.
type asked struct {
	member string
	head   string // without what carries the credentials
	path   string
	body   []byte
}

// front is the destination, and a proxy before it. Its methods may be called by many goroutines at once.
type front struct {
	*httptest.Server

	mu    sync.Mutex
	moods map[string]mood
	seen  []asked
	free  chan struct{} // closed when what hangs may end
}

func newFront(t *testing.T) *front {
	t.Helper()
	f := &front{moods: map[string]mood{}, free: make(chan struct{})}
	f.Server = httptest.NewServer(f)
	t.Cleanup(func() {
		close(f.free)
		f.Close()
	})
	return f
}

// treat sets the mood for a member's requests.
func (f *front) treat(member string, m mood) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.moods[member] = m
}

// ServeHTTP takes a request whose path begins with the name of the member and a secret of the endpoint.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // it ended while it sent
	}
	parts := strings.SplitN(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/", 3)
	if len(parts) < 3 {
		http.Error(w, "the front knows no such path", http.StatusTeapot)
		return
	}
	head := r.Header.Clone()
	head.Del("Authorization")
	head.Del("Proxy-Authorization")
	f.mu.Lock()
	f.seen = append(f.seen, asked{parts[0], fmt.Sprint(r.Method, r.Host, head, r.Trailer), parts[2], body})
	treat := f.moods[parts[0]]
	f.mu.Unlock()
	treat(w, r, body)
}

// good takes what is not marked, and echoes what is.
func good(w http.ResponseWriter, _ *http.Request, body []byte) {
	var batch struct {
		Batch []json.RawMessage `json:"batch"`
	}
	_ = json.Unmarshal(body, &batch) // what goes alone has no batch
	type complaint struct {
		Index   int    `json:"batch_index"`
		Reason  string `json:"reason"`
		Field   string `json:"field"`
		Message string `json:"message"`
	}
	var answer struct {
		Errors []complaint `json:"errors"`
	}
	for i, item := range batch.Batch {
		if bytes.Contains(item, []byte(markRefused)) {
			answer.Errors = append(answer.Errors, complaint{i, "invalid", "attributes." + string(item[:min(len(item), 100)]), "refused: " + string(item)})
		}
	}
	switch {
	case bytes.Contains(body, []byte(markPoison)):
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{"meta": map[string]any{"error": "refused as a whole: " + string(body)}})
	case len(answer.Errors) > 0:
		w.WriteHeader(http.StatusMultiStatus)
		_ = json.NewEncoder(w).Encode(answer)
	default:
		_, _ = io.WriteString(w, "{}")
	}
}

// echo is all that a request says, credentials included.
func echo(r *http.Request, body []byte) string {
	return fmt.Sprintf("%s %s %v %s", r.Method, r.URL, r.Header, body)
}

// saying answers with a status and a body that quotes the request between two texts.
func saying(status int, before, behind string) mood {
	return func(w http.ResponseWriter, r *http.Request, body []byte) {
		text := echo(r, body)
		w.Header().Set("Retry-After", text[:min(len(text), 200)])
		if strings.HasPrefix(before, "{") {
			quoted, _ := json.Marshal(text)
			text = string(quoted)
		} else {
			w.Header().Set("Content-Type", "text/html")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, before+text+behind)
	}
}

// sending answers with a redirect whose address quotes the request everywhere but in the name of the host.
func sending(status int) mood {
	return func(w http.ResponseWriter, r *http.Request, body []byte) {
		text := url.PathEscape(echo(r, body[:min(len(body), 1000)]))
		w.Header().Set("Location", "https://"+text[:200]+":"+text[200:400]+"@elsewhere.example/"+text+"?token="+text+"#"+text)
		w.WriteHeader(status)
	}
}

// writing answers with bytes that need not be HTTP, before and behind what quotes the request.
func writing(before, behind string) mood {
	return func(w http.ResponseWriter, r *http.Request, body []byte) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err) // the server is ours
		}
		defer conn.Close()
		text := strings.NewReplacer("\r", " ", "\n", " ").Replace(echo(r, body))
		_, _ = io.WriteString(conn, before+text+behind)
	}
}

// hanging answers nothing.
func (f *front) hanging(_ http.ResponseWriter, r *http.Request, _ []byte) {
	select {
	case <-r.Context().Done():
	case <-f.free:
	}
	panic(http.ErrAbortHandler)
}

// moods are the ways in which a destination misbehaves, by name.
func (f *front) misbehaviour() map[string]mood {
	const page, end = "<html><head><title>Sign in</title></head><body>", "</body></html>"
	return map[string]mood{
		"401":              saying(http.StatusUnauthorized, `{"meta":{"error":`, `}}`),
		"403-page":         saying(http.StatusForbidden, page, end),
		"404-page":         saying(http.StatusNotFound, page, end),
		"407":              saying(http.StatusProxyAuthRequired, page, end),
		"413":              saying(http.StatusRequestEntityTooLarge, page, end),
		"422":              saying(http.StatusUnprocessableEntity, `{"errors":[{"reason":"invalid","message":`, `}]}`),
		"429":              saying(http.StatusTooManyRequests, `{"meta":{"error":`, `}}`),
		"500-page":         saying(http.StatusInternalServerError, page, end),
		"503":              saying(http.StatusServiceUnavailable, `{"meta":{"errors":[`, `]}}`),
		"200-page":         saying(http.StatusOK, page, end),
		"200-cut":          saying(http.StatusOK, `{"errors":[{"batch_index":0,"message":`, ``),
		"207-out-of-range": saying(http.StatusMultiStatus, `{"errors":[{"batch_index":99999,"reason":"x","message":`, `}]}`),
		"301":              sending(http.StatusMovedPermanently),
		"307":              sending(http.StatusTemporaryRedirect),
		"no-http":          writing("", ""),
		"bad-status":       writing("HTTP/1.1 ", "\r\n\r\n"),
		"bad-header":       writing("HTTP/1.1 200 OK\r\n", "\r\n\r\n"),
		"bad-length":       writing("HTTP/1.1 200 OK\r\nContent-Length: ", "\r\n\r\n"),
		"bad-chunks":       writing("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "\r\n"),
		"short":            writing("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", ""),
		"reset":            func(http.ResponseWriter, *http.Request, []byte) { panic(http.ErrAbortHandler) },
		"hanging":          f.hanging,
	}
}
