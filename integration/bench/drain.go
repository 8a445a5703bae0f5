package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"strconv"
	"time"

	"github.com/pintle-io/pintle/integration/machine"
	"github.com/pintle-io/pintle/integration/program"
)

// drain is one way to drain the backlog.
type drain struct {
	name    string
	rate    float64       // requests a second: 0 the program's default, below 0 no limit
	latency time.Duration // of the stand-in's answers
}

// drain measures how pintle empties the backlog into the stand-in, from the start of its process to
// the last event's arrival.
func (b *bench) drain(ctx context.Context, d drain) error {
	standin, err := b.startStandin(ctx, d.latency)
	if err != nil {
		return err
	}
	defer standin.Kill()
	want := 0
	for seq := range b.records {
		if !b.traffic.Off(seq) {
			want++
		}
	}
	before := machine.Load()
	start := time.Now()
	m, err := b.run(ctx, backlog, standin.Endpoint, d.rate)
	if err != nil {
		return err
	}
	defer m.Kill()
	var stats program.StandinStats
	for quiet := time.Now(); stats.Items < want; {
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
		now, err := standin.Stats(ctx)
		if err != nil {
			return err
		}
		if now.Items > stats.Items {
			quiet = time.Now()
		}
		if !m.Running() || time.Since(quiet) > time.Minute {
			return fmt.Errorf("%d of %d events arrived, then no more: %s", now.Items, want, m.Tail(10))
		}
		stats = now
	}
	took := time.Since(start)
	if err := m.Stop(30 * time.Second); err != nil {
		return err
	}
	cpu, resident := m.Usage()
	b.row(d.name, took, cpu, resident, strconv.Itoa(stats.Requests), fmt.Sprintf("%.0f", float64(b.records)/float64(stats.Requests)), before)
	log.Printf("%s: %s", d.name, took.Round(100*time.Millisecond))
	return nil
}

// run starts pintle on a topic, in a group of its own.
func (b *bench) run(ctx context.Context, topic, endpoint string, rate float64) (*program.Member, error) {
	b.groups++
	return program.Run(ctx, b.pintle, b.dir, fmt.Sprintf("pintle-%d", b.groups), program.Settings{
		Brokers: b.cluster.Addrs, Topic: topic, Letters: letters, Group: fmt.Sprintf("bench-%d", b.groups),
		Endpoint: endpoint, Rate: rate,
	})
}

// reachable waits until something listens.
func reachable(ctx context.Context, addr string) error {
	var d net.Dialer
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		c, err := d.DialContext(ctx, "tcp", addr)
		if err == nil {
			return c.Close()
		}
		if pause(ctx, 20*time.Millisecond) != nil {
			return fmt.Errorf("nothing listens on %s: %w", addr, err)
		}
	}
}

// startStandin starts a stand-in that checks everything and remembers as little as it can.
func (b *bench) startStandin(ctx context.Context, latency time.Duration) (*program.Standin, error) {
	b.groups++
	return program.StartStandin(ctx, b.standin, b.dir, fmt.Sprintf("standin-%d", b.groups), map[string]any{
		"lean": true, "latency": latency,
	})
}
