package telemetry

import (
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/sink"
)

// full is a snapshot in which every instrument has something to say.
func full() processor.Stats {
	return processor.Stats{
		State: processor.StateRunning,
		Ledger: processor.Ledger{
			Consumed: 100, Delivered: 80, Filtered: 7, DeadLettered: 5, HandedBack: 2, InFlight: 5,
			FilteredBy:     map[sink.Reason]int64{sink.ReasonTombstone: 7},
			DeadLetteredBy: map[sink.Reason]int64{sink.ReasonDecode: 3, sink.ReasonRejected: 2},
			ChangedBy:      map[sink.Why]int64{sink.WhyNameCut: 6, sink.WhyDropped: 1},
		},
		Partitions: []processor.PartitionStats{{Partition: 3, Lag: 12, Age: 1500 * time.Millisecond, Braked: true}},
		Gaps:       map[processor.GapReason]processor.GapCount{processor.GapRetention: {Gaps: 2, Records: 30}},
		HeldBytes:  1000, BudgetBytes: 2000, Lapsed: time.Unix(1, 0),
		Sink: sink.Stats{
			Requests: 11, Retries: 4, Resent: 40, Splits: 1, Permits: 8, InFlight: 2, Rate: math.Inf(1),
			Gate:     sink.GateState{Shut: true, Cause: sink.CauseCredentials, Status: 401},
			Statuses: map[int]int64{200: 8, 401: 2, 0: 1},
		},
	}
}

func scrape(t *testing.T, stats func() processor.Stats) string {
	t.Helper()
	handler, shutdown, err := New(stats, func() deadletter.Stats { return deadletter.Stats{Written: 5, Waiting: 1} })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shutdown(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	if answer.Code != http.StatusOK {
		t.Fatalf("the scrape is answered with %d: %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

func TestValues(t *testing.T) {
	text := scrape(t, full)
	var got []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "pintle_") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	slices.Sort(got)
	want := []string{
		`pintle_budget_bytes 2000`,
		`pintle_consumer_braked{partition="3"} 1`,
		`pintle_consumer_gaps_total{reason="decompress_too_large"} 0`,
		`pintle_consumer_gaps_total{reason="recreated"} 0`,
		`pintle_consumer_gaps_total{reason="retention"} 2`,
		`pintle_consumer_gaps_total{reason="truncated"} 0`,
		`pintle_consumer_lag_age_seconds{partition="3"} 1.5`,
		`pintle_consumer_lag{partition="3"} 12`,
		`pintle_consumer_lapsed 1`,
		`pintle_consumer_lost_total{reason="decompress_too_large"} 0`,
		`pintle_consumer_lost_total{reason="recreated"} 0`,
		`pintle_consumer_lost_total{reason="retention"} 30`,
		`pintle_consumer_lost_total{reason="truncated"} 0`,
		`pintle_events_consumed_total 100`,
		`pintle_events_in_flight 5`,
		`pintle_events_total{outcome="dead_lettered",reason="decode"} 3`,
		`pintle_events_total{outcome="dead_lettered",reason="rejected"} 2`,
		`pintle_events_total{outcome="delivered",reason=""} 80`,
		`pintle_events_total{outcome="filtered",reason="tombstone"} 7`,
		`pintle_events_total{outcome="handed_back",reason=""} 2`,
		`pintle_held_bytes 1000`,
		`pintle_ledger_imbalance 1`,
		`pintle_letters_waiting 1`,
		`pintle_letters_written_total 5`,
		`pintle_mapping_changes_total{why="dropped"} 1`,
		`pintle_mapping_changes_total{why="name_cut"} 6`,
		`pintle_sink_gate{cause="configuration",state="shut"} 0`,
		`pintle_sink_gate{cause="credentials",state="shut"} 1`,
		`pintle_sink_gate{cause="none",state="open"} 0`,
		`pintle_sink_gate{cause="server",state="shut"} 0`,
		`pintle_sink_gate{cause="transport",state="shut"} 0`,
		`pintle_sink_in_flight 2`,
		`pintle_sink_permits 8`,
		`pintle_sink_rate_limit +Inf`,
		`pintle_sink_requests_total{status="200"} 8`,
		`pintle_sink_requests_total{status="401"} 2`,
		`pintle_sink_requests_total{status="none"} 1`,
		`pintle_sink_resent_total 40`,
		`pintle_sink_retries_total 4`,
		`pintle_sink_splits_total 1`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the metrics (-want +got):\n%s", diff)
	}
	for _, collector := range []string{"go_goroutines ", "go_build_info{", "process_resident_memory_bytes "} {
		if !strings.Contains(text, "\n"+collector) {
			t.Errorf("the scrape has no %s", collector)
		}
	}
}

// TestOpenGate: the one series of the gate that holds moves when the gate opens.
func TestOpenGate(t *testing.T) {
	text := scrape(t, func() processor.Stats { return processor.Stats{} })
	for _, want := range []string{
		`pintle_sink_gate{cause="none",state="open"} 1`,
		`pintle_sink_gate{cause="credentials",state="shut"} 0`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("the scrape does not say %s", want)
		}
	}
}

// TestScrapeIsNow: values are those of the scrape, not of an earlier moment.
func TestScrapeIsNow(t *testing.T) {
	s := full()
	handler, _, err := New(func() processor.Stats { return s }, func() deadletter.Stats { return deadletter.Stats{} })
	if err != nil {
		t.Fatal(err)
	}
	for _, age := range []string{"2", "3"} {
		s.Partitions[0].Age += time.Second / 2
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
		if want := `pintle_consumer_lag_age_seconds{partition="3"} ` + age + "\n"; !strings.Contains(answer.Body.String(), want) {
			t.Errorf("the scrape does not say %s", want)
		}
		s.Partitions[0].Age += time.Second / 2
	}
}

// TestDocument holds docs/metrics.md to what is exported: names, types and labels.
func TestDocument(t *testing.T) {
	registry, _, err := newRegistry(full, func() deadletter.Stats { return deadletter.Stats{} })
	if err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	exported := map[string]string{}
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "pintle_") {
			continue
		}
		labels := map[string]bool{}
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = true
			}
		}
		names := slices.Sorted(maps.Keys(labels))
		exported[f.GetName()] = strings.ToLower(f.GetType().String()) + " " + strings.Join(names, ", ")
	}
	text, err := os.ReadFile("../../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	row := regexp.MustCompile("(?m)^\\| `(pintle_[a-z_]+)` \\| ([a-z]+) \\| ([a-z`, ]*) \\| .+ \\|$")
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		labels := strings.FieldsFunc(m[3], func(r rune) bool { return strings.ContainsRune("`, ", r) })
		slices.Sort(labels)
		documented[m[1]] = m[2] + " " + strings.Join(labels, ", ")
	}
	if diff := cmp.Diff(exported, documented); diff != "" {
		t.Errorf("docs/metrics.md (-exported +documented):\n%s", diff)
	}
}

// TestEveryWhyIsExplained holds docs/metrics.md to the reasons of changes, which are constants that only
// their source lists.
func TestEveryWhyIsExplained(t *testing.T) {
	source, err := os.ReadFile("../../../sink/outcome.go")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	whys := regexp.MustCompile(`(?m)^\tWhy\w+ +Why += "([a-z_]+)"$`).FindAllSubmatch(source, -1)
	if len(whys) == 0 {
		t.Fatal("sink/outcome.go names no reasons")
	}
	for _, why := range whys {
		if !regexp.MustCompile("(?m)^\\|[a-z_`, ]*`" + string(why[1]) + "`[a-z_`, ]*\\| .+ \\|$").Match(text) {
			t.Errorf("docs/metrics.md does not explain %s", why[1])
		}
	}
}
