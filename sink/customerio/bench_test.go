package customerio

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pintle-io/pintle/sink"
)

// BenchmarkSend carries full batches over loopback to a server that only reads.
func BenchmarkSend(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		_, _ = io.WriteString(w, "{}\n")
	}))
	defer srv.Close()
	c, err := New(Config{Endpoint: srv.URL, SiteID: NewSecret("site"), APIKey: NewSecret("key")})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	ops := make([]*sink.Op, 300)
	for i := range ops {
		ops[i] = &sink.Op{Body: []byte(`{"type":"person","action":"event","name":"n","attributes":{"a":"` + strings.Repeat("x", 1300) + `"}}`)}
	}
	b.SetBytes(int64(batchSize(ops)))
	b.ReportAllocs()
	for b.Loop() {
		r := &sink.Request{Ops: ops, Attempt: 1}
		if a := c.Send(b.Context(), r); a.Verdict != sink.Done {
			b.Fatalf("answer %+v", a)
		}
		c.Release(r)
	}
}
