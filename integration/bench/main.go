// Bench measures the whole on real Kafka, on one machine: how fast a backlog drains, what a steady
// stream costs, and beside them the limits of the machine in the same run. It prints Markdown for
// docs/performance.md.
//
// Every measured party is a process of its own (broker, pintle, stand-in, the two limits), so that
// processor time and memory are the operating system's figures for exactly that party.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	records int
	steady  time.Duration
	service time.Duration
	rate    int
	heap    string
	// only names the parts to run: backlog, shapes, steady. shape, if not empty, is what the names of the shapes
	// to run begin with.
	only, shape string
	// role makes this process a measured party instead of the one that measures.
	role, brokers, topic, url, addr string
}

func main() {
	log.SetFlags(log.Ltime)
	var o options
	flag.IntVar(&o.records, "records", 1_000_000, "records in the backlog")
	flag.DurationVar(&o.steady, "steady", 30*time.Second, "how long the steady stream runs")
	flag.DurationVar(&o.service, "service", 50*time.Millisecond, "how long an answer takes in the steady stream")
	flag.IntVar(&o.rate, "rate", 3000, "events a second of the steady stream")
	flag.StringVar(&o.heap, "heap", "1g", "Java heap of the broker")
	flag.StringVar(&o.only, "only", "backlog,shapes,steady", "the parts to run")
	flag.StringVar(&o.shape, "shape", "", "run only the shapes whose names begin so")
	flag.StringVar(&o.role, "role", "", "for the program itself: read, compose or swallow")
	flag.StringVar(&o.brokers, "brokers", "", "for a role")
	flag.StringVar(&o.topic, "topic", "", "for a role")
	flag.StringVar(&o.url, "url", "", "for a role")
	flag.StringVar(&o.addr, "addr", "", "for a role")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	brokers := strings.Split(o.brokers, ",")
	switch o.role {
	case "read":
		return readOnly(ctx, brokers, o.topic, o.records)
	case "compose":
		return composed(ctx, brokers, o.topic, o.records, o.url)
	case "swallow":
		return swallow(ctx, o.addr)
	case "":
		b, err := newBench(ctx, o)
		if err != nil {
			return err
		}
		defer b.close()
		return b.all(ctx)
	default:
		return fmt.Errorf("role %q: want read, compose or swallow", o.role)
	}
}
