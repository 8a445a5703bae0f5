package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/sink"
)

func TestStatus(t *testing.T) {
	s := running(func(s *processor.Stats) {
		s.Ledger = processor.Ledger{
			Consumed: 10, Delivered: 5, Filtered: 1, DeadLettered: 2, InFlight: 2,
			FilteredBy: map[sink.Reason]int64{sink.ReasonTombstone: 1}, DeadLetteredBy: map[sink.Reason]int64{sink.ReasonDecode: 2},
			ChangedBy: map[sink.Why]int64{sink.WhyNameCut: 3},
		}
		s.Partitions[0] = processor.PartitionStats{
			Topic: "events", Partition: 7, Ledger: s.Ledger, Committed: 4, Watermark: 5, HighWatermark: 12, Lag: 7,
			Age: 1500 * time.Millisecond, Paused: true, Waiting: "window",
		}
		s.HeldBytes, s.BudgetBytes = 3, 4
		s.Sink = sink.Stats{Requests: 9, Rate: math.Inf(1), Statuses: map[int]int64{200: 8, 0: 1}, LatencyP99: time.Second / 4}
	})
	answer := ask(t, fixed(s, deadletter.Stats{Written: 2}), "/api/v1/status")
	if answer.Code != http.StatusOK || answer.Header().Get("Content-Type") != "application/json" {
		t.Errorf("the status is answered with %d, %v", answer.Code, answer.Header())
	}
	const books = `{"consumed":10,"delivered":5,"filtered":1,"dead_lettered":2,"handed_back":0,"in_flight":2,"imbalance":0,
		"filtered_by":{"tombstone":1},"dead_lettered_by":{"decode":2},"changed_by":{"name_cut":3}}`
	want := `{"version":"","ready":true,"state":"running","reasons":[],"ledger":` + books + `,
		"partitions":[{"topic":"events","partition":7,"ledger":` + books + `,"committed":4,"watermark":5,"high_watermark":12,
			"skipped":0,"lag":7,"age_seconds":1.5,"paused":true,"braked":false,"waiting":"window"}],
		"sink":{"requests":9,"retries":0,"resent":0,"splits":0,"delivered_operations":0,"rejected_operations":0,"in_flight":0,
			"waiting":0,"queued_operations":0,"permits":0,"rate_limit":null,"latency_p99_seconds":0.25,"statuses":{"200":8,"none":1},
			"gate":{"state":"open","cause":"none","status":0,"next":"","since":null,"next_probe":null,"retry_after":null}},
		"letters":{"written":2,"waiting":0,"error":"","refused_since":null},
		"held_bytes":3,"budget_bytes":4,"late_results":0}`
	if diff := cmp.Diff(object(t, []byte(want)), object(t, answer.Body.Bytes())); diff != "" {
		t.Errorf("the status (-want +got):\n%s", diff)
	}
}

func object(t *testing.T, text []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return v
}

func TestRoutes(t *testing.T) {
	o := fixed(running(nil), deadletter.Stats{})
	o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "metrics") })
	profiling := o
	profiling.Profiling = true
	bare := fixed(running(nil), deadletter.Stats{})
	stuck := o
	stuck.Stuck = func() string { return "partition 3 does not move" }
	for _, tc := range []struct {
		name, path string
		o          Options
		code       int
		text       string
	}{
		{"live", "/livez", o, http.StatusOK, "ok"},
		{"not live", "/livez", stuck, http.StatusServiceUnavailable, "partition 3 does not move\n"},
		{"index", "/", o, http.StatusOK, "/metrics"},
		{"metrics", "/metrics", o, http.StatusOK, "metrics"},
		{"no metrics", "/metrics", bare, http.StatusNotFound, ""},
		{"unknown", "/nothing", o, http.StatusNotFound, ""},
		{"profiles are not shown unasked", "/debug/pprof/", o, http.StatusNotFound, ""},
		{"profiles", "/debug/pprof/", profiling, http.StatusOK, "goroutine"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			answer := ask(t, tc.o, tc.path)
			if answer.Code != tc.code || !strings.Contains(answer.Body.String(), tc.text) {
				t.Errorf("%s: %d %q, want %d with %q", tc.path, answer.Code, answer.Body, tc.code, tc.text)
			}
			if answer.Header().Get("X-Content-Type-Options") != "nosniff" || answer.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s: headers %v", tc.path, answer.Header())
			}
		})
	}
}

// TestReadOnly: nothing can be written.
func TestReadOnly(t *testing.T) {
	server := New(fixed(running(nil), deadletter.Stats{}))
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		answer := httptest.NewRecorder()
		server.Handler().ServeHTTP(answer, httptest.NewRequest(method, "/readyz", http.NoBody))
		if answer.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s /readyz is answered with %d", method, answer.Code)
		}
	}
}

func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := fixed(running(nil), deadletter.Stats{})
	o.Listen = "127.0.0.1:0"
	server := New(o)
	address, err := server.Listen(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Get("http://" + address.String() + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	client.CloseIdleConnections()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("/livez answers %d", answer.StatusCode)
	}

	second := New(Options{Listen: address.String(), Stats: o.Stats, Letters: o.Letters})
	if err := second.Serve(ctx); err == nil || !strings.Contains(err.Error(), "admin.listen") {
		t.Errorf("an address in use: error %v, want one that names admin.listen", err)
	}

	cancel()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}
