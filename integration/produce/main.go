// Produce writes the real events, multiplied over users, to a topic: a backlog of a given size, or a
// steady stream until it is told to end. The compose file runs it as the source of events.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/traffic"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "produce:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("produce", flag.ContinueOnError)
	brokers := flags.String("brokers", "127.0.0.1:9092", "bootstrap addresses, comma separated")
	topic := flags.String("topic", "rudderstack-events", "the topic; it must exist")
	users := flags.Int("users", 200, "how many users the events are of")
	events := flags.Int("events", 0, "how many events; 0: until it is stopped")
	rate := flags.Int("rate", 20, "events a second; 0: as fast as the broker takes them")
	if err := flags.Parse(args); err != nil {
		return err
	}
	stream, err := traffic.New(*users, time.Now())
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(*brokers, ",")...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return fmt.Errorf("connect to Kafka: %w", err)
	}
	defer client.Close()
	topics, err := kadm.NewClient(client).ListTopics(ctx, *topic)
	if err != nil {
		return fmt.Errorf("look for the topic: %w", err)
	}
	partitions := len(topics[*topic].Partitions)
	if partitions == 0 {
		return fmt.Errorf("topic %q does not exist: create it first", *topic)
	}
	end := *events
	if end == 0 {
		end = math.MaxInt
	}
	err = stream.Produce(ctx, client, *topic, partitions, 0, end, *rate)
	if errors.Is(err, context.Canceled) && *events == 0 {
		return nil // told to end
	}
	return err
}
