package memory

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/figure"
	"github.com/pintle-io/pintle/integration/program"
)

const (
	mib = 1 << 20
	// beyond is how much may be resident beside the budget.
	beyond = 128
	// largest is the largest batch that the broker takes.
	largest = 16 * mib
	// patience is how long a busy machine may take for a backlog.
	patience = 3 * time.Minute
)

// programVariable names the program to the tests. Unless it is set, [TestMain] builds the program.
const programVariable = "PINTLE_MEMORY_PROGRAM"

func TestMain(m *testing.M) { os.Exit(program.Tests(m, programVariable)) }

// world is one broker, one topic and one destination.
type world struct {
	*testing.T
	ctx        context.Context //nolint:containedctx // the test's: it hands one thing around, not two
	front      *front
	client     *kgo.Client
	admin      *kadm.Client
	settings   program.Settings
	partitions int
	produced   int // records so far
}

// newWorld sets a world up that ends with the test. Its producer makes batches as opts say.
func newWorld(t *testing.T, partitions int, opts ...kgo.Opt) *world {
	t.Helper()
	if runtime.GOOS != "linux" {
		const text = "NOT RUN: only Linux tells how much memory a process has had resident at most"
		if os.Getenv("CI") != "" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	w := &world{T: t, ctx: t.Context(), front: newFront(t), partitions: partitions}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.BrokerConfigs(map[string]string{"message.max.bytes": strconv.Itoa(largest)}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w.settings = program.Settings{
		Brokers: cluster.ListenAddrs(), Topic: "events", Letters: "letters", Group: "pintle", Endpoint: w.front.url, Rate: -1,
	}
	opts = append([]kgo.Opt{
		kgo.SeedBrokers(w.settings.Brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchMaxBytes(largest), kgo.MaxBufferedRecords(100_000),
	}, opts...)
	if w.client, err = kgo.NewClient(opts...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.Close)
	w.admin = kadm.NewClient(w.client)
	for name, n := range map[string]int32{w.settings.Topic: int32(partitions), w.settings.Letters: 1} {
		if _, err := w.admin.CreateTopic(w.ctx, n, 1, nil, name); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// produce puts a record into the topic.
func (w *world) produce(r *kgo.Record) {
	w.produced++
	r.Topic = w.settings.Topic
	w.client.Produce(w.ctx, r, func(_ *kgo.Record, err error) {
		if err != nil && w.ctx.Err() == nil {
			w.Errorf("produce: %v", err)
		}
	})
}

// flush waits until the broker has everything.
func (w *world) flush() {
	w.Helper()
	if err := w.client.Flush(w.ctx); err != nil {
		w.Fatal(err)
	}
}

// run starts the program.
func (w *world) run() *program.Member {
	w.Helper()
	m, err := program.Run(w.ctx, os.Getenv(programVariable), w.TempDir(), "pintle", w.settings)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(m.Kill)
	return m
}

// committed waits until the group has committed everything that was produced.
func (w *world) committed(m *program.Member) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	for {
		behind, err := w.behind()
		if err == nil && behind == 0 {
			return
		}
		select {
		case <-m.Done():
			w.Fatalf("the program ended:\n%s", m.Tail(20))
		case <-ctx.Done():
			w.Fatalf("%d of %d records are not committed after %v (%v):\n%s", behind, w.produced, patience, err, m.Tail(20))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// behind counts the records that are not committed.
func (w *world) behind() (int64, error) {
	committed, err := w.admin.FetchOffsets(w.ctx, w.settings.Group)
	if err != nil {
		return 0, err //nolint:wrapcheck // shown as it is
	}
	behind := int64(w.produced)
	committed.Each(func(o kadm.OffsetResponse) { behind -= max(o.At, 0) })
	return behind, nil
}

// arrived tells when the destination took less than it should have. It may take more: on a busy machine
// the group may miss the program for a while, and then what was in the air is sent again.
func (w *world) arrived(want int) {
	w.Helper()
	if got := w.front.Stats().Items; got < int64(want) {
		w.Errorf("%d events arrived of %d", got, want)
	} else if got > int64(want) {
		w.Logf("%d events arrived again", got-int64(want))
	}
}

// judge stops the program and tells how much it had resident beyond its budget.
func (w *world) judge(m *program.Member, what string) {
	w.Helper()
	if err := m.Stop(30 * time.Second); err != nil {
		w.Errorf("the program did not stop in order: %v\n%s", err, m.Tail(20))
	}
	cpu, resident := m.Usage()
	w.Logf("%s: %d MiB resident at most, %.1f s of processor time", what, resident/mib, cpu.Seconds())
	w.figure("resident beyond the budget of "+strconv.Itoa(w.settings.Memory/mib)+" MiB: "+what, float64(resident-int64(w.settings.Memory))/mib, "MiB", beyond)
}

func (w *world) figure(what string, value float64, unit string, limit float64) {
	w.Helper()
	w.show(figure.Figure{Tier: "memory", What: what, Runs: 1, Value: value, Unit: unit, Limit: limit})
}

func (w *world) show(f figure.Figure) {
	w.Helper()
	if err := f.Print(os.Stdout); err != nil {
		w.Error(err)
	}
	if !f.Met() {
		w.Errorf("%s: %.1f %s, and may be %v", f.What, f.Value, f.Unit, f.Limit)
	}
}
