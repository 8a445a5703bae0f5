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
	"github.com/pintle-io/pintle/integration/traffic"
)

// drain is one way to drain the backlog.
type drain struct {
	name    string
	rate    float64       // requests a second: 0 the program's default, below 0 no limit
	latency time.Duration // of the stand-in's answers
	members int           // of the group, 0 for one
}

// load is what lies in a topic.
type load struct {
	topic   string
	traffic *traffic.Traffic
	records int
}

// drain measures how pintle empties a backlog into the stand-in, from the start of the first process to the
// last event's arrival.
func (b *bench) drain(ctx context.Context, l load, d drain) error {
	standin, err := b.startStandin(ctx, d.latency)
	if err != nil {
		return err
	}
	defer standin.Kill()
	want := 0
	for seq := range l.records {
		if !l.traffic.Off(seq) {
			want++
		}
	}
	before := machine.Load()
	start := time.Now()
	b.groups++
	group := fmt.Sprintf("bench-%d", b.groups)
	var members []*program.Member
	for range max(1, d.members) {
		m, err := b.run(ctx, l.topic, group, standin.Endpoint, d.rate)
		if err != nil {
			return err
		}
		defer m.Kill()
		members = append(members, m)
	}
	stats, err := b.arrive(ctx, standin, members, want)
	if err != nil {
		return err
	}
	took := time.Since(start)
	var cpu time.Duration
	var resident int64
	for _, m := range members {
		if err := m.Stop(30 * time.Second); err != nil {
			return err
		}
		used, most := m.Usage()
		cpu, resident = cpu+used, max(resident, most)
	}
	b.row(d.name, l.records, took, cpu, resident, strconv.Itoa(stats.Requests), fmt.Sprintf("%.0f", float64(l.records)/float64(stats.Requests)), before)
	log.Printf("%s: %s", d.name, took.Round(100*time.Millisecond))
	return nil
}

// arrive waits until the stand-in has so many events.
func (b *bench) arrive(ctx context.Context, standin *program.Standin, members []*program.Member, want int) (stats program.StandinStats, err error) {
	for quiet := time.Now(); stats.Items < want; {
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return stats, err
		}
		now, err := standin.Stats(ctx)
		if err != nil {
			return stats, err
		}
		if now.Items > stats.Items {
			quiet = time.Now()
		}
		for _, m := range members {
			if !m.Running() || time.Since(quiet) > time.Minute {
				return stats, fmt.Errorf("%d of %d events arrived, then no more: %s", now.Items, want, m.Tail(10))
			}
		}
		stats = now
	}
	return stats, nil
}

// run starts a member on a topic.
func (b *bench) run(ctx context.Context, topic, group, endpoint string, rate float64) (*program.Member, error) {
	b.groups++
	return program.Run(ctx, b.pintle, b.dir, fmt.Sprintf("pintle-%d", b.groups), program.Settings{
		Brokers: b.cluster.Addrs, Topic: topic, Letters: letters, Group: group, Endpoint: endpoint, Rate: rate,
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
