package brokers

import (
	"context"
	"errors"
	"flag"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/figure"
	"github.com/pintle-io/pintle/integration/kafka"
	"github.com/pintle-io/pintle/integration/program"
)

func TestMain(m *testing.M) {
	flag.Bool("long", false, "faults that last as long as in earnest")
	os.Exit(m.Run())
}

const (
	brokers          = 3
	partitions       = 12
	letterPartitions = 3
	users            = 100
	// rate is in events a second, of each group.
	rate = 60
	// patience is how long anything may take on a busy machine.
	patience = 4 * time.Minute
	// topicBytes is the most that a record of the source topic may have, recordBytes what the program takes
	// by default, letterBytes more than either.
	topicBytes, recordBytes, letterBytes = 5 << 20, 4 << 20, 6 << 20
)

// stage is the cluster and the groups on it. Scenarios play on it one after another.
type stage struct {
	*testing.T // of the scenario that plays
	whole      *testing.T
	ctx        context.Context //nolint:containedctx // the whole test's: it hands one thing around, not two
	cluster    *kafka.Cluster
	client     *kgo.Client
	admin      *kadm.Client
	groups     []*group
	long       bool
}

// scenario is one thing that happens to a cluster.
type scenario struct {
	name string
	play func(*stage)
}

func scenarios() []scenario {
	return []scenario{
		{"nothing", func(s *stage) { s.recovered("start", s.mark()) }},
		{"each broker killed in turn", eachKilled},
		{"leaders move", leadersMove},
		{"brokers restarted in turn", rollingRestart},
		{"a frozen coordinator", coordinatorFrozen},
		{"two brokers down", twoDown},
		{"letters refused", lettersRefused},
		{"records at the limits", atTheLimits},
		{"records deleted ahead of the group", deletedAhead},
		{"the topic made anew", madeAnew},
	}
}

// TestBrokers plays everything on one cluster.
func TestBrokers(t *testing.T) {
	s := newStage(t)
	if s == nil {
		return
	}
	stops := make([]func(), 0, len(s.groups))
	for _, g := range s.groups {
		stops = append(stops, g.begin())
	}
	for _, sc := range scenarios() {
		begun := time.Now()
		ok := t.Run(sc.name, func(t *testing.T) {
			s.on(t)
			s.healed()
			for _, g := range s.groups {
				g.fault(sc.name)
			}
			sc.play(s)
		})
		t.Logf("%6.1f s: %s", time.Since(begun).Seconds(), sc.name)
		if !ok {
			break // what the next one would show is worth nothing
		}
	}
	s.on(t)
	for _, stop := range stops {
		stop()
	}
	for _, g := range s.groups {
		t.Run("judge the "+g.name+" group", func(t *testing.T) {
			s.on(t)
			g.judge()
		})
	}
}

// newStage starts the cluster and prepares the groups; nil when this machine cannot, which has been said.
func newStage(t *testing.T) *stage {
	t.Helper()
	if os.Getenv("PINTLE_KAFKA_VIA") == "" {
		t.Setenv("PINTLE_KAFKA_VIA", "java")
	}
	cluster, err := kafka.Start(t.Context(), kafka.Options{Brokers: brokers, Heap: "256m", Log: t.Logf})
	if errors.Is(err, kafka.ErrUnavailable) {
		t.Logf("NOT RUN: %s: %v", t.Name(), err)
		if os.Getenv("CI") != "" || os.Getenv("PINTLE_CI") != "" {
			t.Error("in CI everything must run")
		}
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	binary, err := program.Build(t.Context(), t.TempDir(), "./cmd/pintle")
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.Addrs...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchMaxBytes(topicBytes), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MaxBufferedRecords(1<<17),
		// A broker that is frozen does not hold the load up for long.
		kgo.ProduceRequestTimeout(3*time.Second), kgo.RequestTimeoutOverhead(2*time.Second),
		// What it tells of leaders is what they are, not what they were up to five seconds ago.
		kgo.MetadataMinAge(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	long, _ := strconv.ParseBool(flag.Lookup("long").Value.String())
	s := &stage{T: t, whole: t, ctx: t.Context(), cluster: cluster, client: client, admin: kadm.NewClient(client), long: long}
	for _, nextGen := range []bool{false, true} {
		s.groups = append(s.groups, newGroup(s, binary, nextGen))
	}
	return s
}

// on makes t the test that plays. What is started belongs to the whole.
func (s *stage) on(t *testing.T) {
	t.Helper()
	s.T = t
}

// lasting is how long a fault lasts: so long in earnest, and so short otherwise.
func (s *stage) lasting(earnest, otherwise time.Duration) time.Duration {
	if s.long {
		return earnest
	}
	return otherwise
}

// until waits for a condition, which says what it sees.
func (s *stage) until(what string, holds func() (ok bool, seen string)) {
	s.Helper()
	seen, ok := program.Await(s.ctx, patience, 50*time.Millisecond, holds)
	if ok {
		return
	}
	for _, g := range s.groups {
		g.tails()
	}
	s.Fatalf("waited %s for %s: %s", patience, what, seen)
}

func (s *stage) show(f figure.Figure) {
	s.Helper()
	f.Tier = "brokers"
	if err := f.Print(os.Stdout); err != nil {
		s.Error(err)
	}
	if !f.Met() {
		s.Errorf("%s: %v %s, and may be %v", f.What, f.Value, f.Unit, f.Limit)
	}
}

// must fails for what the test itself could not do.
func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}
