package main

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/pintle-io/pintle/integration/traffic"
)

// shapeRecords is how large a backlog is of each shape.
const shapeRecords = 200_000

// shape is a backlog that differs from the usual one in how its events lie in the topic.
type shape struct {
	name       string
	users      int
	partitions int
	empty      int // partitions more that hold nothing
	members    int
}

func shapes() []shape {
	return []shape{
		{name: "1 user", users: 1, partitions: 12},
		{name: "2 users", users: 2, partitions: 12},
		{name: "50 users", users: 50, partitions: 12},
		{name: "1 partition", users: users, partitions: 1},
		{name: "12 partitions", users: users, partitions: 12},
		{name: "200 partitions", users: users, partitions: 200},
		{name: "500 partitions", users: users, partitions: 500},
		{name: "200 partitions, half of them empty", users: users, partitions: 100, empty: 100},
		{name: "500 partitions, half of them empty", users: users, partitions: 250, empty: 250},
		{name: "12 partitions, group of three", users: users, partitions: 12, members: 3},
		{name: "200 partitions, group of three", users: users, partitions: 200, members: 3},
		{name: "500 partitions, half of them empty, group of three", users: users, partitions: 250, empty: 250, members: 3},
	}
}

// shapes measures a backlog of each shape with the rate limit lifted and answers that take 5 ms.
func (b *bench) shapes(ctx context.Context) error {
	fmt.Fprintf(b.out, "\n| backlog of %d, rate limit lifted, 5 ms latency | events/s | CPU s per million | resident MiB | requests | events per request | machine before |\n", shapeRecords)
	fmt.Fprintln(b.out, "| --- | ---: | ---: | ---: | ---: | ---: | --- |")
	for _, s := range shapes() {
		if !strings.HasPrefix(s.name, b.shape) {
			continue
		}
		if err := b.drainShape(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func (b *bench) drainShape(ctx context.Context, s shape) error {
	b.groups++
	topic := fmt.Sprintf("shape-%d", b.groups)
	if _, err := b.admin.CreateTopic(ctx, int32(s.partitions+s.empty), 1, nil, topic); err != nil {
		return err
	}
	of, err := traffic.New(s.users, time.Now().Add(-24*time.Hour), "web-") // devices of phones would be barriers
	if err != nil {
		return err
	}
	log.Printf("%s: producing", s.name)
	if err := of.Produce(ctx, b.client, topic, s.partitions, 0, shapeRecords, 0); err != nil {
		return err
	}
	if err := b.drain(ctx, load{topic: topic, traffic: of, records: shapeRecords},
		drain{name: s.name, rate: -1, latency: 5 * time.Millisecond, members: s.members}); err != nil {
		return err
	}
	_, err = b.admin.DeleteTopic(ctx, topic)
	return err
}
