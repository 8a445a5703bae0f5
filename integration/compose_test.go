package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/kafka"
	"github.com/pintle-io/pintle/integration/program"
	"github.com/pintle-io/pintle/integration/traffic"
	"github.com/pintle-io/pintle/schema/events"
)

// What the shipped docker-compose.yml says.
const (
	composeTopic   = "rudderstack-events"
	composeLetters = "rudderstack-events-dead-letters"
	composeGroup   = "pintle"
)

// shipped is the shipped compose file, up under a project name and on ports of its own.
type shipped struct {
	*testing.T
	ctx     context.Context //nolint:containedctx // the test's
	project string
	env     []string
	kafka   string // addresses on this machine
	pintle  program.Member
	standin string
}

// TestCompose brings the shipped file up as a stranger would, sees the main job at work, and sends the
// whole corpus through it by the published port.
func TestCompose(t *testing.T) {
	if err := kafka.Engine(t.Context()); err != nil {
		notRun(t, err)
		return
	}
	s := bringUp(t)
	s.until("events from the events service", func() (bool, string) {
		stats, err := program.ControlStats(s.ctx, s.standin)
		return err == nil && stats.Items > 20, fmt.Sprintf("%+v, %v", stats, err)
	})
	s.compose("stop", "events")

	client, err := kgo.NewClient(kgo.SeedBrokers(s.kafka), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	produced := produceCorpus(s.ctx, t, client)
	s.until("everything to be committed", func() (bool, string) {
		lag, err := admin.Lag(s.ctx, composeGroup)
		if err != nil {
			return false, err.Error()
		}
		group := lag[composeGroup]
		return group.Lag.Total() == 0 && group.Error() == nil, fmt.Sprintf("lag %d, %v", group.Lag.Total(), group.Error())
	})

	books, err := s.pintle.Books(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if books.Imbalance() != 0 || books.InFlight != 0 || books.DeadLettered != 0 || books.Consumed < int64(produced) {
		t.Errorf("the books after %d events of the corpus: %+v", produced, books.Account)
	}
	stats, err := program.ControlStats(s.ctx, s.standin)
	if err != nil {
		t.Fatal(err)
	}
	if int64(stats.Items) != books.Operations {
		t.Errorf("pintle counts %d delivered operations, the stand-in %d", books.Operations, stats.Items)
	}
	if ends, err := admin.ListEndOffsets(s.ctx, composeLetters); err != nil {
		t.Error(err)
	} else {
		ends.Each(func(o kadm.ListedOffset) {
			if o.Offset != 0 {
				t.Errorf("partition %d of the dead-letter topic holds %d letters", o.Partition, o.Offset)
			}
		})
	}
	s.inspect()
	t.Logf("through docker compose: %d events of the corpus; %d delivered in %d requests, %d filtered", produced,
		books.Delivered, stats.Requests, books.Filtered)
}

// bringUp builds and starts the file's services; the end of the test takes them down.
func bringUp(t *testing.T) *shipped {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	t.Cleanup(cancel)
	ports, err := kafka.FreePorts(3)
	if err != nil {
		t.Fatal(err)
	}
	s := &shipped{
		T: t, ctx: ctx, project: fmt.Sprintf("pintle-test-%d", os.Getpid()),
		env: []string{
			fmt.Sprintf("KAFKA_PORT=%d", ports[0]), fmt.Sprintf("PINTLE_PORT=%d", ports[1]),
			fmt.Sprintf("STANDIN_PORT=%d", ports[2]), "EVENTS_RATE=100",
		},
		kafka:   fmt.Sprintf("127.0.0.1:%d", ports[0]),
		pintle:  program.Member{Name: "pintle", Admin: fmt.Sprintf("http://127.0.0.1:%d", ports[1])},
		standin: fmt.Sprintf("http://127.0.0.1:%d", ports[2]),
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, service := range []string{"pintle", "customerio", "topics", "events"} {
				out, _ := s.command(context.Background(), "logs", "--tail", "15", service).CombinedOutput()
				t.Logf("%s", out)
			}
		}
		if out, err := s.command(context.Background(), "down", "--volumes", "--timeout", "5").CombinedOutput(); err != nil {
			t.Errorf("docker compose down: %v\n%s", err, out)
		}
	})
	start := time.Now()
	s.compose("up", "--build", "--wait", "--wait-timeout", "300")
	t.Logf("docker compose up --build --wait took %s", time.Since(start).Round(time.Second))
	return s
}

// command is docker compose on the shipped file.
func (s *shipped) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "docker", append([]string{"compose", "-p", s.project}, args...)...)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), s.env...)
	return cmd
}

func (s *shipped) compose(args ...string) string {
	s.Helper()
	out, err := s.command(s.ctx, args...).CombinedOutput()
	if err != nil {
		s.Fatalf("docker compose %s: %v\n%s", strings.Join(args, " "), err, out[max(0, len(out)-4000):])
	}
	return strings.TrimSpace(string(out))
}

func (s *shipped) until(what string, holds func() (bool, string)) {
	s.Helper()
	if seen, ok := program.Await(s.ctx, patience, 200*time.Millisecond, holds); !ok {
		s.Fatalf("waited a minute for %s: %s", what, seen)
	}
}

// produceCorpus appends every event of the corpus as it is, keyed the way RudderStack does.
func produceCorpus(ctx context.Context, t *testing.T, client *kgo.Client) (n int) {
	t.Helper()
	for _, value := range events.All() {
		var ids struct {
			UserID      any    `json:"userId"`
			AnonymousID string `json:"anonymousId"`
		}
		if err := json.Unmarshal(value, &ids); err != nil {
			t.Fatal(err)
		}
		key, _ := ids.UserID.(string)
		if key == "" {
			key = ids.AnonymousID
		}
		e := traffic.Event{Person: key, Value: value}
		client.Produce(ctx, e.Record(composeTopic, partitions), func(_ *kgo.Record, err error) {
			if err != nil {
				t.Errorf("produce: %v", err)
			}
		})
		n++
	}
	if err := client.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	return n
}

// inspect looks at the container of pintle: small, without root, on a file system it cannot write.
func (s *shipped) inspect() {
	s.Helper()
	id := s.compose("ps", "--quiet", "pintle")
	out, err := exec.CommandContext(s.ctx, "docker", "inspect", "--format",
		"{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.Image}}", id).Output()
	if err != nil {
		s.Fatal(err)
	}
	fields := strings.Fields(string(out))
	if len(fields) != 3 || fields[0] == "0" || fields[0] == "root" || fields[1] != "true" {
		s.Errorf("user, read-only, image: %q", fields)
		return
	}
	size, err := exec.CommandContext(s.ctx, "docker", "image", "inspect", "--format", "{{.Size}}", fields[2]).Output()
	if err != nil {
		s.Fatal(err)
	}
	bytes := 0
	if _, err := fmt.Sscan(string(size), &bytes); err != nil || bytes >= 32_000_000 {
		s.Errorf("the image has %s bytes (%v), want less than 32 MB", strings.TrimSpace(string(size)), err)
	}
	s.Logf("image: %.1f MB, user %s, read-only root", float64(bytes)/1e6, fields[0])
}
