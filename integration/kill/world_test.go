package kill

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/program"
	"github.com/pintle-io/pintle/integration/witness"
)

const (
	partitions       = 12
	letterPartitions = 3
	users            = 100
	// session is the shortest that the program takes; a killed member without an instance id is
	// missed after it.
	session = time.Second
	drain   = 3 * time.Second
)

// programVariable names the program to the tests. Unless it is set, [TestMain] builds the program.
const programVariable = "PINTLE_KILL_PROGRAM"

// atOnce is how many worlds live at once where nothing else is said: most of their time they wait.
const atOnce = "6"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", atOnce); err != nil {
		panic(err)
	}
	flag.Int("runs", 100, "how often to kill at random")
	flag.Int("each", 5, "how often to kill at each point")
	flag.Int("restarts", 20, "how often to stop in order")
	flag.Bool("gate", false, "judge only what does not depend on how busy the machine is")
	flag.Duration("outage", 6*time.Second, "how long the destination is down")
	os.Exit(program.Tests(m, programVariable))
}

// world is one broker, one destination, one load, and the lives of the program between them.
type world struct {
	*testing.T
	ctx      context.Context //nolint:containedctx // the test's: it hands one thing around, not two
	dir      string
	binary   string
	settings program.Settings
	rec      *history.Recorder
	cluster  *kfake.Cluster
	client   *kgo.Client
	admin    *kadm.Client
	front    *witness.Front
	load     *load
	moments  *moments
	release  chan struct{} // closed when what is held at the broker may pass
	owners   *owners

	mu    sync.Mutex
	lives []*life
}

// newWorld sets a world up that ends with the test. Worlds that live at once have different slots.
func newWorld(t *testing.T, slot int) *world {
	t.Helper()
	w := prepare(t, slot)
	w.cluster = w.startBroker()
	w.settle(w.cluster.ListenAddrs())
	return w
}

// newWorldOn sets a world up on brokers that it cannot see into: its history lacks what passes there.
func newWorldOn(t *testing.T, slot int, brokers []string) *world {
	t.Helper()
	w := prepare(t, slot)
	w.settle(brokers)
	return w
}

// prepare makes what a world has before it has brokers.
func prepare(t *testing.T, slot int) *world {
	t.Helper()
	w := &world{
		T: t, ctx: t.Context(), dir: t.TempDir(), binary: os.Getenv(programVariable),
		rec: history.NewRecorder(), moments: newMoments(), release: make(chan struct{}),
	}
	w.owners = &owners{rec: w.rec, of: map[int32]*life{}}
	w.front = witness.NewFront(w.rec, w.watch)
	w.Cleanup(w.front.Close)
	w.settings = program.Settings{
		Topic: fmt.Sprintf("events-%d", slot), Letters: fmt.Sprintf("letters-%d", slot), Group: fmt.Sprintf("pintle-%d", slot), Rate: -1,
		Instance: "pintle-0", Session: 10 * session, Drain: drain, Admin: fmt.Sprintf("127.0.0.1:%d", quietPort(t, slot)),
	}
	return w
}

// settle goes on brokers.
func (w *world) settle(brokers []string) {
	w.Helper()
	w.settings.Brokers = brokers
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0))
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(client.Close)
	w.client, w.admin = client, kadm.NewClient(client)
	for name, n := range map[string]int32{w.settings.Topic: partitions, w.settings.Letters: letterPartitions} {
		if _, err := w.admin.CreateTopic(w.ctx, n, 1, nil, name); err != nil {
			w.Fatal(err)
		}
	}
	events, err := witness.NewLoad(client, w.settings.Topic, partitions, users, func(err error) { w.Error(err) })
	if err != nil {
		w.Fatal(err)
	}
	w.load = &load{Load: events, world: w}
}

// watch is told of the moments of the destination's front.
func (w *world) watch(at moment, by string) (alive bool) {
	l := w.life(func(l *life) bool { return l.Name == by })
	w.moments.pass(at, l)
	return l != nil && !l.dead.Load()
}

// startBroker starts the in-process broker with taps on its connections.
func (w *world) startBroker() *kfake.Cluster {
	w.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(session),
		kfake.ListenFn(func(network, address string) (net.Listener, error) {
			l, err := net.Listen(network, address)
			if err != nil {
				return nil, err //nolint:wrapcheck // the broker wants it as it is
			}
			return &listener{Listener: l, world: w}, nil
		}),
		kfake.BrokerConfigs(map[string]string{
			"group.consumer.session.timeout.ms":    strconv.FormatInt(frozenSession.Milliseconds(), 10),
			"group.consumer.heartbeat.interval.ms": "100",
		}))
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(cluster.Close)
	return cluster
}

// quietPort finds a port below those that the system gives to outgoing connections, so that it is
// still free when a process comes back to it.
func quietPort(t *testing.T, slot int) int {
	t.Helper()
	for port := 21000 + os.Getpid()%100*100 + slot; port < 32000; port += 40 {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free between 21000 and 32000")
	return 0
}

// until waits for a condition, which says what it sees.
func (w *world) until(what string, patience time.Duration, holds func() (ok bool, seen string)) {
	w.Helper()
	if seen, ok := program.Await(w.ctx, patience, 20*time.Millisecond, holds); !ok {
		w.tails()
		w.Fatalf("waited %s for %s: %s", patience, what, seen)
	}
}

// tails shows the ends of the last logs.
func (w *world) tails() {
	w.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lives[max(0, len(w.lives)-3):] {
		if info, err := os.Stat(filepath.Join(w.dir, l.Name+".log")); err == nil && info.Mode().IsRegular() {
			w.Logf("the end of the log of %s:\n%s", l.Name, l.Tail(15))
		}
	}
}

// settled waits until the group has committed everything that was produced.
func (w *world) settled(patience time.Duration) {
	w.Helper()
	w.until("the group to commit everything", patience, func() (bool, string) {
		behind, err := w.behind()
		return err == nil && behind == 0, fmt.Sprintf("%d records are not committed (%v)", behind, err)
	})
}

// behind counts the records between the committed offsets and the ends of the partitions.
func (w *world) behind() (int64, error) {
	ends, err := w.admin.ListEndOffsets(w.ctx, w.settings.Topic)
	if err != nil {
		return 0, err //nolint:wrapcheck // shown as it is
	}
	committed, err := w.admin.FetchOffsets(w.ctx, w.settings.Group)
	if err != nil {
		return 0, err //nolint:wrapcheck // shown as it is
	}
	behind := int64(0)
	ends.Each(func(o kadm.ListedOffset) {
		if c, ok := committed.Lookup(o.Topic, o.Partition); ok && c.At >= 0 {
			behind += o.Offset - c.At
			return
		}
		behind += o.Offset
	})
	return behind, nil
}

// logs are the files that the lives have written.
func (w *world) logs() []string {
	w.Helper()
	all, err := filepath.Glob(filepath.Join(w.dir, "*.log"))
	if err != nil {
		w.Fatal(err)
	}
	var list []string
	for _, file := range all {
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			list = append(list, file)
		}
	}
	return list
}
