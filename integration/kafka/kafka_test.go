package kafka_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/kafka"
)

// TestWays starts Kafka by each way that this machine offers and takes it through what the
// scenarios rely on: three brokers, of which one is killed, one frozen, and both come back.
func TestWays(t *testing.T) {
	for _, via := range []string{"compose", "java"} {
		t.Run(via, func(t *testing.T) {
			if only := os.Getenv("PINTLE_KAFKA_VIA"); only != "" && only != via {
				t.Logf("left out by PINTLE_KAFKA_VIA=%s", only)
				return
			}
			t.Setenv("PINTLE_KAFKA_VIA", via)
			ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
			defer cancel()
			cluster, err := kafka.Start(ctx, kafka.Options{Brokers: 3, Log: t.Logf})
			if errors.Is(err, kafka.ErrUnavailable) {
				unavailable(t, err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := cluster.Stop(); err != nil {
					t.Error(err)
				}
			})
			survive(ctx, t, cluster)
		})
	}
}

// unavailable says what could not run. In CI that is a failure.
func unavailable(t *testing.T, err error) {
	t.Helper()
	t.Logf("NOT RUN: %v", err)
	if os.Getenv("CI") != "" {
		t.Error("CI must run everything")
	}
}

func survive(ctx context.Context, t *testing.T, cluster *kafka.Cluster) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.Addrs...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := kadm.NewClient(client).CreateTopic(ctx, 3, 3, nil, "t"); err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		name string
		do   func(context.Context, int) error
	}{
		{"with all", func(context.Context, int) error { return nil }},
		{"one killed", cluster.Kill},
		{"one restarted", func(ctx context.Context, n int) error { return cluster.Restart(ctx, n) }},
		{"one frozen", cluster.Pause},
		{"one thawed", cluster.Resume},
		{"one stopped", cluster.Terminate},
		{"one started", func(ctx context.Context, n int) error { return cluster.Restart(ctx, n) }},
	}
	for _, step := range steps {
		start := time.Now()
		if err := step.do(ctx, 2); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		for p := range int32(3) {
			r := &kgo.Record{Topic: "t", Partition: p, Value: []byte(step.name)}
			if err := client.ProduceSync(ctx, r).FirstErr(); err != nil {
				t.Fatalf("%s: produce: %v", step.name, err)
			}
		}
		t.Logf("%s: %s", step.name, time.Since(start).Round(time.Millisecond))
	}
}
