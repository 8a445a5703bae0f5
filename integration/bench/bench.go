package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/kafka"
	"github.com/pintle-io/pintle/integration/machine"
	"github.com/pintle-io/pintle/integration/proc"
	"github.com/pintle-io/pintle/integration/program"
	"github.com/pintle-io/pintle/integration/traffic"
)

const (
	partitions = 12
	users      = 20_000
	backlog    = "backlog"
	letters    = "letters"
	stream     = "stream"
)

// bench is the measuring process.
type bench struct {
	options
	out     io.Writer
	dir     string
	self    string
	pintle  string
	standin string
	cluster *kafka.Cluster
	client  *kgo.Client
	admin   *kadm.Client
	traffic *traffic.Traffic
	groups  int
}

func newBench(ctx context.Context, o options) (*bench, error) {
	dir, err := os.MkdirTemp("", "pintle-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{options: o, out: os.Stdout, dir: dir}
	if err := b.prepare(ctx); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// prepare builds the programs, starts the broker and makes the topics.
func (b *bench) prepare(ctx context.Context) (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.pintle, err = program.Build(ctx, b.dir, "./cmd/pintle"); err != nil {
		return err
	}
	if b.standin, err = program.Build(ctx, b.dir, "./cmd/standin"); err != nil {
		return err
	}
	// The events of browsers and phones are the large ones, 1.5 kB on average.
	if b.traffic, err = traffic.New(users, time.Now().Add(-24*time.Hour), "web-", "android-"); err != nil {
		return err
	}
	if b.cluster, err = kafka.Start(ctx, kafka.Options{Brokers: 1, Heap: b.heap, Log: log.Printf}); err != nil {
		return err
	}
	b.client, err = kgo.NewClient(
		kgo.SeedBrokers(b.cluster.Addrs...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		// Small batches, as RudderStack writes them: the same templates over and over would compress
		// unnaturally well in large ones.
		kgo.ProducerBatchMaxBytes(16<<10), kgo.ProducerBatchCompression(kgo.SnappyCompression()),
		kgo.ProducerLinger(5*time.Millisecond), kgo.MaxBufferedRecords(50_000),
	)
	if err != nil {
		return err
	}
	b.admin = kadm.NewClient(b.client)
	for topic, n := range map[string]int32{backlog: partitions, stream: partitions, letters: 3} {
		if _, err := b.admin.CreateTopic(ctx, n, 1, nil, topic); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) close() {
	if b.client != nil {
		b.client.Close()
	}
	if b.cluster != nil {
		_ = b.cluster.Stop()
	}
	_ = os.RemoveAll(b.dir)
}

// all makes the runs that were asked for and prints their tables.
func (b *bench) all(ctx context.Context) error {
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{{"backlog", b.backlogs}, {"shapes", b.shapes}, {"steady", b.steadyStream}} {
		if !strings.Contains(b.only, part.name) {
			continue
		}
		if err := part.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// backlogs measures a large backlog of many users, beside the limits of the machine.
func (b *bench) backlogs(ctx context.Context) error {
	log.Printf("producing %d records", b.records)
	start := time.Now()
	if err := b.traffic.Produce(ctx, b.client, backlog, partitions, 0, b.records, 0); err != nil {
		return err
	}
	size := 0
	for seq := range 1000 {
		size += len(b.traffic.Event(seq * 7).Value)
	}
	log.Printf("produced in %s", time.Since(start).Round(time.Second))
	fmt.Fprintf(b.out, "%s; Apache Kafka %s, one broker, by %s. %d records of %d bytes on average, %d partitions, %d users, snappy in batches of 16 KB.\n\n",
		machine.Describe(), kafka.Version, b.cluster.Via, b.records, size/1000, partitions, users)
	fmt.Fprintln(b.out, "| backlog | events/s | CPU s per million | resident MiB | requests | events per request | machine before |")
	fmt.Fprintln(b.out, "| --- | ---: | ---: | ---: | ---: | ---: | --- |")
	if err := b.limits(ctx); err != nil {
		return err
	}
	whole := load{topic: backlog, traffic: b.traffic, records: b.records}
	for _, d := range []drain{
		{name: "pintle, as configured by default (100 requests/s)"},
		{name: "pintle, rate limit lifted", rate: -1},
		{name: "pintle, rate limit lifted, 50 ms latency", rate: -1, latency: 50 * time.Millisecond},
	} {
		if err := b.drain(ctx, whole, d); err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
	}
	return nil
}

// limits measures what the machine can do at most.
func (b *bench) limits(ctx context.Context) error {
	before := machine.Load()
	took, cpu, resident, err := b.measure(ctx, "read")
	if err != nil {
		return err
	}
	b.row("limit: read only", b.records, took, cpu, resident, "–", "–", before)

	ports, err := kafka.FreePorts(1)
	if err != nil {
		return err
	}
	addr := fmt.Sprintf("127.0.0.1:%d", ports[0])
	server, err := b.start("swallow", b.self, "-role", "swallow", "-addr", addr)
	if err != nil {
		return err
	}
	defer server.Kill()
	if err := reachable(ctx, addr); err != nil {
		return err
	}
	before = machine.Load()
	took, cpu, resident, err = b.measure(ctx, "compose", "-url", "http://"+addr)
	if err != nil {
		return err
	}
	b.row("limit: read, decode with jx, join, post", b.records, took, cpu, resident, "–", "–", before)
	return nil
}

// measure runs this program in a role over the whole backlog.
func (b *bench) measure(ctx context.Context, role string, more ...string) (took, cpu time.Duration, resident int64, err error) {
	args := append([]string{
		b.self, "-role", role, "-brokers", strings.Join(b.cluster.Addrs, ","), "-topic", backlog, "-records", strconv.Itoa(b.records),
	}, more...)
	start := time.Now()
	p, err := b.start(role, args...)
	if err != nil {
		return 0, 0, 0, err
	}
	defer p.Kill()
	if err := p.Wait(ctx); err != nil {
		return 0, 0, 0, fmt.Errorf("%s: %w: %s", role, err, p.Tail(3))
	}
	took = time.Since(start)
	cpu, resident = p.Usage()
	return took, cpu, resident, nil
}

func (b *bench) start(name string, args ...string) (*proc.Process, error) {
	b.groups++
	return proc.Start(proc.Options{Name: name, Args: args, Log: filepath.Join(b.dir, fmt.Sprintf("%s-%d.log", name, b.groups))})
}

func (b *bench) row(name string, records int, took, cpu time.Duration, resident int64, requests, perRequest, before string) {
	fmt.Fprintf(b.out, "| %s | %.0f | %.1f | %d | %s | %s | %s |\n", name, float64(records)/took.Seconds(),
		cpu.Seconds()*1e6/float64(records), resident>>20, requests, perRequest, before)
}
