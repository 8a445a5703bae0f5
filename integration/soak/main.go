// Soak runs the shipped program for as long as one asks: members of one group over TCP, under a steady
// load, with the destination out now and then, or once for long.
//
//	go run ./integration/soak -for 1h
//	go run ./integration/soak -outage 10m           # one outage of ten minutes, and what comes after it
//	go run ./integration/soak -for 8h -kafka        # on Apache Kafka, see package kafka
//
// It prints a line each interval (delivered, lag, and of each member memory, goroutines, descriptors) and
// at the end the figures: what was lost, the letters that no event gave rise to, how soon deliveries went
// on after each outage, and what has grown. It ends with code 1 when a figure misses its limit or the
// history of the run breaks an invariant.
//
// The load, the broker unless it is Kafka, and the destination live in this process, which keeps a history
// of everything: it grows by about a kilobyte an event.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	length, every, outage, pause, lasts time.Duration
	members, rate, memory               int
	kafka, nextGen                      bool
}

func main() {
	log.SetFlags(log.Ltime)
	var o options
	flag.DurationVar(&o.length, "for", 10*time.Minute, "how long it runs")
	flag.DurationVar(&o.every, "every", 15*time.Second, "how often to look")
	flag.DurationVar(&o.outage, "outage", 0, "have one outage of this length, and nothing else: -for does not count")
	flag.DurationVar(&o.pause, "pause", 3*time.Minute, "the time between the outages")
	flag.DurationVar(&o.lasts, "lasts", 20*time.Second, "how long each outage lasts")
	flag.IntVar(&o.members, "members", 3, "how many processes")
	flag.IntVar(&o.rate, "rate", 40, "events a second")
	flag.IntVar(&o.memory, "memory", 0, "the budget of memory of each process in MiB, 0 the program's default")
	flag.BoolVar(&o.kafka, "kafka", false, "on Apache Kafka, not on the in-process broker")
	flag.BoolVar(&o.nextGen, "nextgen", false, "with the group protocol of KIP-848")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "pintle-soak-")
	if err != nil {
		return err //nolint:wrapcheck // says what it was about
	}
	defer os.RemoveAll(dir)
	w, err := newWorld(ctx, o, dir)
	if err != nil {
		return err
	}
	defer w.close()
	return w.all(ctx)
}
