package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/pintle-io/pintle/cmd/internal/config"
	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

const secret = "hunter2-correct-horse"

// text is a log that may be read while it is written.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *text) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *text) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// stage is what an app stands between.
type stage struct {
	client     *kgo.Client
	customerio *customeriotest.Server
	cluster    *kfake.Cluster
	cfg        *config.Config
	log        text
}

func newStage(t *testing.T, change string) *stage {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, "events"), kfake.SeedTopics(1, "letters"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	s := &stage{cluster: cluster, customerio: customeriotest.New(customeriotest.Settings{SiteID: "site", APIKey: secret})}
	server := httptest.NewServer(s.customerio.Handler())
	t.Cleanup(server.Close)
	if s.client, err = kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.client.Close)
	source := fmt.Sprintf(`
kafka: {brokers: [%q], topic: events, group: pintle, start: earliest}
dead_letters: {topic: letters}
customerio: {site_id: site, api_key: %s, endpoint: %q}
admin: {listen: "127.0.0.1:0"}
`, cluster.ListenAddrs()[0], secret, server.URL)
	old, with, _ := strings.Cut(change, " -> ")
	source = strings.Replace(source, old, with, 1)
	if s.cfg, err = config.Parse("pintle.yaml", []byte(source), func(string) (string, bool) { return "", false }); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) app(t *testing.T) *App {
	t.Helper()
	a, err := New(s.cfg, "v1.2.3", slog.New(slog.NewJSONHandler(&s.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestDeliversAndStopsInOrder: from a configuration to events at Customer.io, letters in their topic,
// commits, and nothing left.
func TestDeliversAndStopsInOrder(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("run", func(t *testing.T) {
		s := newStage(t, "")
		const events = 200
		var records []*kgo.Record
		for i := range events {
			value := fmt.Sprintf(`{"type":"track","event":"E","userId":"u%d","messageId":"m%d","timestamp":"2026-11-23T12:00:00Z"}`, i%7, i)
			records = append(records, &kgo.Record{Topic: "events", Key: fmt.Append(nil, "u", i%7), Value: []byte(value)})
		}
		records = append(records, &kgo.Record{Topic: "events", Value: []byte("no event")})
		if err := s.client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		a := s.app(t)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.Run(ctx) }()
		deadline := time.After(3 * time.Minute) // for what never comes, however busy the machine is
		for a.Stats().Ledger.Delivered < events || a.Stats().Ledger.DeadLettered < 1 {
			select {
			case err := <-ended:
				t.Fatalf("it ended: %v\n%s", err, s.log.String())
			case <-deadline:
				t.Fatalf("after 3 min: %+v\n%s", a.Stats(), s.log.String())
			case <-time.After(5 * time.Millisecond):
			}
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		s.checkEnd(t, events)
	})
}

func (s *stage) checkEnd(t *testing.T, events int) {
	t.Helper()
	if got := len(s.customerio.Events(customeriotest.EventFilter{})); got != events {
		t.Errorf("Customer.io has %d events", got)
	}
	admin := kadm.NewClient(s.client)
	ends, err := admin.ListEndOffsets(t.Context(), "letters")
	if end, _ := ends.Lookup("letters", 0); err != nil || end.Offset != 1 {
		t.Errorf("letters: %+v, %v", end, err)
	}
	lags, err := admin.Lag(t.Context(), "pintle")
	if err != nil || lags["pintle"].Lag.Total() != 0 {
		t.Errorf("lag after the end: %d, %v", lags["pintle"].Lag.Total(), err)
	}
	said := s.log.String()
	for _, want := range []string{`"msg":"starting"`, `"msg":"stopping: `, fmt.Sprintf(`"msg":"stopped","consumed":%d,"delivered":%d,`, events+1, events)} {
		if !strings.Contains(said, want) {
			t.Errorf("the log does not say %s", want)
		}
	}
	if t.Failed() || strings.Contains(said, secret) || strings.Contains(said, "from\":\"kafka client") {
		t.Errorf("the log:\n%s", said)
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name, change string
		is           func(error) bool
	}{
		{"nothing says where to begin", ", start: earliest -> ", func(err error) bool {
			_, ok := errors.AsType[*processor.NoStartError](err)
			return ok
		}},
		{"no topic", "topic: events -> start_timeout: 1ms, topic: evnets", func(err error) bool {
			_, ok := errors.AsType[*processor.NoTopicError](err)
			return ok
		}},
		{"the admin port is in use", "127.0.0.1:0 -> 127.0.0.1:%s", func(err error) bool {
			return strings.Contains(err.Error(), "set admin.listen to a free address")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			other := httptest.NewServer(nil)
			defer other.Close()
			_, port, _ := strings.Cut(strings.TrimPrefix(other.URL, "http://"), ":")
			t.Run("run", func(t *testing.T) {
				s := newStage(t, strings.Replace(test.change, "%s", port, 1))
				if err := s.app(t).Run(t.Context()); err == nil || !test.is(err) {
					t.Errorf("%v\n%s", err, s.log.String())
				}
			})
		})
	}
}

// TestOpenAdminIsTold: an admin server that others can reach is told of, one on loopback is not.
func TestOpenAdminIsTold(t *testing.T) {
	for address, told := range map[string]bool{
		"127.0.0.1": false, "127.8.8.8": false, "::1": false, "0.0.0.0": true, "::": true, "192.0.2.1": true, "2001:db8::1": true,
	} {
		var log text
		a := &App{log: slog.New(slog.NewJSONHandler(&log, nil))}
		a.warnOpen(&net.TCPAddr{IP: net.ParseIP(address), Port: 8080})
		if got := strings.Contains(log.String(), "has no password") && strings.Contains(log.String(), "set admin.listen"); got != told {
			t.Errorf("%s: told %v, want %v: %s", address, got, told, log.String())
		}
	}
}

// TestADeadLetterTopicThatSomeBrokersDoNotKnowYetIsAskedForAgain: it was made a moment ago.
func TestADeadLetterTopicThatSomeBrokersDoNotKnowYetIsAskedForAgain(t *testing.T) {
	for name, code := range map[string]int16{"not yet": kerr.UnknownTopicOrPartition.Code, "never": kerr.TopicAuthorizationFailed.Code} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "")
			a := s.app(t)
			defer a.client.Close()
			defer a.sender.Close()
			s.cluster.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
				ask := req.(*kmsg.MetadataRequest)
				if len(ask.Topics) != 1 || *ask.Topics[0].Topic != "letters" {
					s.cluster.KeepControl()
					return nil, nil, false
				}
				answer := ask.ResponseKind().(*kmsg.MetadataResponse)
				unknown := kmsg.NewMetadataResponseTopic()
				unknown.Topic, unknown.ErrorCode = new("letters"), code
				answer.Topics = append(answer.Topics, unknown)
				return answer, nil, true
			})
			a.checkLetters(t.Context())
			if warned := strings.Contains(s.log.String(), "letters could not be written"); warned != (name == "never") {
				t.Errorf("the log:\n%s", s.log.String())
			}
		})
	}
}

func TestMemoryLimit(t *testing.T) {
	before, percent := debug.SetMemoryLimit(-1), debug.SetGCPercent(100)
	defer debug.SetMemoryLimit(before)
	defer debug.SetGCPercent(percent)
	t.Setenv("GOMEMLIMIT", "1GiB")
	t.Setenv("GOGC", "100")
	limitMemory(1 << 20)
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("with GOGC: %d %%", got)
	}
	if got := debug.SetMemoryLimit(-1); got != before {
		t.Errorf("with GOMEMLIMIT: %d, want %d", got, before)
	}
	t.Setenv("GOMEMLIMIT", "")
	t.Setenv("GOGC", "")
	limitMemory(1 << 20)
	if got := debug.SetGCPercent(100); got != gcPercent {
		t.Errorf("without GOGC: %d %%", got)
	}
	if got := debug.SetMemoryLimit(-1); got != 1<<20+overhead {
		t.Errorf("without: %d", got)
	}
}
