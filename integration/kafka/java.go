package kafka

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/pintle-io/pintle/integration/proc"
)

// processes are brokers that run as Java processes of this machine.
type processes struct {
	jars    jars
	dir     string
	brokers []*broker
}

type broker struct {
	id               int
	dir              string
	port, controller int
	heap             string
	jvm              []string
	process          *proc.Process
}

// startJava starts the brokers as Java processes. It returns before they answer.
func startJava(ctx context.Context, o Options) (*Cluster, error) {
	j, err := install(ctx, o)
	if err != nil {
		return nil, err
	}
	var jvm []string
	if _, err := os.Stat(j.archive()); err == nil {
		jvm = []string{"-XX:SharedArchiveFile=" + j.archive()}
	}
	p, err := j.launch(o, jvm...)
	if err != nil {
		return nil, err
	}
	return &Cluster{Addrs: p.addrs(), nodes: p}, nil
}

// launch prepares the disks of a cluster and starts its brokers.
func (j jars) launch(o Options, jvm ...string) (*processes, error) {
	ports, err := FreePorts(2 * o.Brokers)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pintle-kafka-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the brokers: %w", err)
	}
	p := &processes{jars: j, dir: dir}
	for n := range o.Brokers {
		p.brokers = append(p.brokers, &broker{
			id: n + 1, dir: filepath.Join(dir, strconv.Itoa(n+1)),
			port: ports[2*n], controller: ports[2*n+1], heap: o.Heap, jvm: jvm,
		})
	}
	cluster := clusterID()
	for _, b := range p.brokers {
		if err = p.prepare(b, cluster); err == nil {
			b.process, err = j.start(b)
		}
		if err != nil {
			_ = p.stop()
			return nil, err
		}
	}
	return p, nil
}

// prepare writes a broker's settings and its formatted disk.
func (p *processes) prepare(b *broker, cluster string) error {
	data := filepath.Join(b.dir, "data")
	if err := os.MkdirAll(data, 0o750); err != nil {
		return fmt.Errorf("prepare broker %d: %w", b.id, err)
	}
	log, err := os.ReadFile(p.jars.checkpoint())
	if err != nil {
		return fmt.Errorf("prepare broker %d: %w", b.id, err)
	}
	files := map[string]string{
		filepath.Join(b.dir, "server.properties"):   p.properties(b),
		filepath.Join(data, "bootstrap.checkpoint"): string(log),
		filepath.Join(data, "meta.properties"): fmt.Sprintf("version=1\ncluster.id=%s\nnode.id=%d\ndirectory.id=%s\n",
			cluster, b.id, clusterID()),
	}
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return fmt.Errorf("prepare broker %d: %w", b.id, err)
		}
	}
	return nil
}

func (p *processes) properties(b *broker) string {
	voters := make([]string, 0, 3)
	for _, o := range p.brokers {
		voters = append(voters, fmt.Sprintf("%d@127.0.0.1:%d", o.id, o.controller))
	}
	replicas, inSync := len(p.brokers), min(len(p.brokers), 2)
	var s strings.Builder
	set := func(key string, value any) { fmt.Fprintf(&s, "%s=%v\n", key, value) }
	set("process.roles", "broker,controller")
	set("node.id", b.id)
	set("controller.quorum.voters", strings.Join(voters, ","))
	set("listeners", fmt.Sprintf("PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d", b.port, b.controller))
	set("controller.listener.names", "CONTROLLER")
	set("log.dirs", filepath.Join(b.dir, "data"))
	set("num.network.threads", 2)
	set("num.io.threads", 4)
	set("num.replica.fetchers", 1)
	set("log.cleaner.dedupe.buffer.size", 4<<20)
	set("default.replication.factor", replicas)
	set("min.insync.replicas", inSync)
	set("auto.create.topics.enable", false)
	set("group.initial.rebalance.delay.ms", 0)
	set("group.min.session.timeout.ms", 1000)
	set("group.consumer.min.session.timeout.ms", 1000)
	set("group.consumer.min.heartbeat.interval.ms", 100)
	// A killed broker is noticed in 3 s, not in 9.
	set("broker.session.timeout.ms", 3000)
	set("broker.heartbeat.interval.ms", 500)
	for _, topic := range []string{"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"} {
		set(topic+".replication.factor", replicas)
		set(topic+".num.partitions", 4)
	}
	set("transaction.state.log.min.isr", inSync)
	set("share.coordinator.state.topic.min.isr", inSync)
	return s.String()
}

func (p *processes) addrs() []string {
	list := make([]string, 0, len(p.brokers))
	for _, b := range p.brokers {
		list = append(list, fmt.Sprintf("127.0.0.1:%d", b.port))
	}
	return list
}

func (p *processes) do(_ context.Context, a act, n int) (err error) {
	b := p.brokers[n-1]
	switch a {
	case actKill:
		b.process.Kill()
	case actStop:
		_ = b.process.Stop(time.Minute) // a JVM that SIGTERM ended never exits with 0
	case actPause:
		err = b.process.Signal(syscall.SIGSTOP)
	case actUnpause:
		err = b.process.Signal(syscall.SIGCONT)
	case actStart:
		b.process.Kill()
		b.process, err = p.jars.start(b)
	}
	return err
}

func (p *processes) stop() error {
	for _, b := range p.brokers {
		if b.process != nil {
			b.process.Kill()
		}
	}
	return os.RemoveAll(p.dir)
}

// clusterID returns a random Kafka Uuid: 16 bytes in URL-safe base64 that do not begin with a dash.
func clusterID() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // it never fails
	raw[0] &= 0x7f
	return base64.RawURLEncoding.EncodeToString(raw)
}
