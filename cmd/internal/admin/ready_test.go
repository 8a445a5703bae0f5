package admin

import (
	"encoding/json"
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

func running(change func(*processor.Stats)) processor.Stats {
	s := processor.Stats{
		State: processor.StateRunning, Ready: true,
		Partitions: []processor.PartitionStats{{Topic: "events", Partition: 0}},
	}
	if change != nil {
		change(&s)
	}
	return s
}

func shut(cause sink.Cause, status int, hint string) func(*processor.Stats) {
	return func(s *processor.Stats) {
		s.Sink.Gate = sink.GateState{
			Shut: true, Cause: cause, Status: status, Hint: hint, Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		}
		s.Ready = cause != sink.CauseCredentials && cause != sink.CauseConfiguration
	}
}

func ask(t *testing.T, o Options, path string) *httptest.ResponseRecorder {
	t.Helper()
	answer := httptest.NewRecorder()
	New(o).Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return answer
}

func fixed(s processor.Stats, l deadletter.Stats) Options {
	return Options{Stats: func() processor.Stats { return s }, Letters: func() deadletter.Stats { return l }, Release: func() int { return 0 }, Stuck: func() string { return "" }}
}

func TestReady(t *testing.T) {
	for _, tc := range []struct {
		name    string
		stats   processor.Stats
		letters deadletter.Stats
		code    int
		want    readiness
	}{
		{
			"all is well", running(nil),
			deadletter.Stats{},
			http.StatusOK,
			readiness{Ready: true, State: "running", Reasons: []reason{}},
		},
		{
			"starting",
			processor.Stats{State: processor.StateStarting},
			deadletter.Stats{},
			http.StatusServiceUnavailable,
			readiness{State: "starting", Reasons: []reason{{"starting", "it connects to Kafka", "if it stays so, check kafka.brokers and the log"}}},
		},
		{
			"draining",
			processor.Stats{State: processor.StateDraining},
			deadletter.Stats{},
			http.StatusServiceUnavailable,
			readiness{State: "draining", Reasons: []reason{{"draining", "it stops: requests and letters under way are being finished", ""}}},
		},
		{
			"stopped",
			processor.Stats{State: processor.StateStopped},
			deadletter.Stats{},
			http.StatusServiceUnavailable,
			readiness{State: "stopped", Reasons: []reason{{"stopped", "it has stopped", "see the last lines of the log"}}},
		},
		{
			"wrong key", running(shut(sink.CauseCredentials, 401, "check the key")),
			deadletter.Stats{},
			http.StatusServiceUnavailable,
			readiness{State: "holding", Reasons: []reason{{
				"credentials", "Customer.io refuses the key (HTTP 401); everything is held since 2026-01-02T03:04:05Z, nothing is lost", "check the key",
			}}},
		},
		{
			"a coordinator that does not answer",
			running(func(s *processor.Stats) { s.Lapsed = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }),
			deadletter.Stats{},
			http.StatusOK,
			readiness{Ready: true, State: "holding", Reasons: []reason{{
				"lapsed",
				"the coordinator of the group does not answer, so another member may own the partitions; nothing is sent since 2026-01-02T03:04:05Z, nothing is lost",
				"see that the brokers can be reached; sending goes on by itself when the coordinator answers",
			}}},
		},
		{
			"wrong region", running(shut(sink.CauseConfiguration, 301, "set customerio.region: eu")),
			deadletter.Stats{},
			http.StatusServiceUnavailable,
			readiness{State: "holding", Reasons: []reason{{
				"configuration", "the region or the address of Customer.io is wrong (HTTP 301); everything is held since 2026-01-02T03:04:05Z, nothing is lost",
				"set customerio.region: eu",
			}}},
		},
		{
			"outage", running(shut(sink.CauseServer, 503, "wait")),
			deadletter.Stats{},
			http.StatusOK,
			readiness{Ready: true, State: "holding", Reasons: []reason{{
				"server", "Customer.io is in trouble (HTTP 503); everything is held since 2026-01-02T03:04:05Z, nothing is lost", "wait",
			}}},
		},
		{
			"no answer", running(shut(sink.CauseTransport, 0, "wait")),
			deadletter.Stats{},
			http.StatusOK,
			readiness{Ready: true, State: "holding", Reasons: []reason{{
				"transport", "Customer.io does not answer; everything is held since 2026-01-02T03:04:05Z, nothing is lost", "wait",
			}}},
		},
		{
			"letters refused", running(nil),
			deadletter.Stats{Waiting: 2, LastError: "create the topic", Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
			http.StatusOK,
			readiness{Ready: true, State: "waiting", Reasons: []reason{{
				"letters_refused", "the dead-letter topic takes no letters (waiting: 2) since 2026-01-02T03:04:05Z; nothing is committed past them", "create the topic",
			}}},
		},
		{
			"letters on their way", running(func(s *processor.Stats) { s.Partitions[0].Waiting = "letters" }),
			deadletter.Stats{Waiting: 2},
			http.StatusOK,
			readiness{Ready: true, State: "running", Reasons: []reason{}},
		},
		{
			"a partition cannot be read",
			running(func(s *processor.Stats) { s.Partitions[0].Waiting = "fetch: NOT_LEADER" }),
			deadletter.Stats{},
			http.StatusOK,
			readiness{Ready: true, State: "waiting", Reasons: []reason{{
				"fetch", "partitions that cannot be read: 1: NOT_LEADER", "it is tried again; the line `cannot read` of the log says what to do, if there is anything",
			}}},
		},
		{
			"the brake has stopped two of three partitions",
			running(func(s *processor.Stats) {
				s.Partitions, s.Ready = []processor.PartitionStats{{Braked: true}, {}, {Braked: true}}, false
			}),
			deadletter.Stats{},
			http.StatusServiceUnavailable,
			readiness{State: "waiting", Reasons: []reason{{
				"brake", "partitions stopped: 2: most of the last records cannot be decoded or mapped, or are refused by Customer.io, and no more of them become letters; nothing is lost", processor.BrakeHint,
			}}},
		},
		{
			"a member without partitions", running(func(s *processor.Stats) { s.Partitions = nil }),
			deadletter.Stats{},
			http.StatusOK,
			readiness{Ready: true, State: "running", Reasons: []reason{{
				"no_partitions", "this member owns no partition now",
				"nothing while it joins the group; if it stays so, the group has more members than the topic has partitions",
			}}},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			answer := ask(t, fixed(tc.stats, tc.letters), "/readyz")
			var got readiness
			if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
				t.Fatalf("%v: %s", err, answer.Body)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("/readyz (-want +got):\n%s", diff)
			}
			if answer.Code != tc.code {
				t.Errorf("/readyz answers %d, want %d", answer.Code, tc.code)
			}
		})
	}
}

// TestThrottled: a Retry-After holds everything though the gate is open, until its time is over.
func TestThrottled(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := running(func(s *processor.Stats) { s.Sink.Gate.RetryAfter = now.Add(90 * time.Second) })
	got := judge(&s, deadletter.Stats{}, now)
	if !got.Ready || got.State != "holding" || len(got.Reasons) != 1 || got.Reasons[0].Code != "throttled" ||
		!strings.Contains(got.Reasons[0].Text, "1m30s") {
		t.Errorf("90 s before the time: %+v", got)
	}
	if got := judge(&s, deadletter.Stats{}, now.Add(2*time.Minute)); got.State != "running" || len(got.Reasons) > 0 {
		t.Errorf("after the time: %+v", got)
	}
}
