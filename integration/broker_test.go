package integration

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/pintle-io/pintle/integration/kafka"
)

// broker is what a scenario runs on.
type broker struct {
	name  string
	addrs []string
	// outage is how long the scenarios keep the destination down.
	outage time.Duration
	// nextGen asks the members for the KIP-848 protocol. The in-process broker keeps ghost members in
	// the classic one; real brokers are used with the classic one, the program's default.
	nextGen bool
	// session is what members believe of sessions where the broker does not say, 0 their default.
	session time.Duration
	// cluster is Kafka itself, nil in process.
	cluster *kafka.Cluster
	// binary is the program that members run.
	binary string
}

// startFake starts the in-process broker on loopback.
func startFake(t *testing.T) broker {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second),
		kfake.BrokerConfigs(map[string]string{
			"group.consumer.session.timeout.ms":    "3000",
			"group.consumer.heartbeat.interval.ms": "300",
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return broker{name: "kfake", addrs: cluster.ListenAddrs(), outage: 3 * time.Second, nextGen: true, session: 3 * time.Second}
}

// startReal starts Apache Kafka; ok is false when this machine cannot, which
// has then been said, and is a failure in CI.
func startReal(t *testing.T) (b broker, ok bool) {
	t.Helper()
	start := time.Now()
	cluster, err := kafka.Start(t.Context(), kafka.Options{Brokers: 1, Log: t.Logf})
	if errors.Is(err, kafka.ErrUnavailable) {
		notRun(t, err)
		return broker{}, false
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	name := fmt.Sprintf("Apache Kafka %s by %s", kafka.Version, cluster.Via)
	t.Logf("%s: ready after %s", name, time.Since(start).Round(100*time.Millisecond))
	return broker{
		name: name, addrs: cluster.Addrs, outage: 30 * time.Second,
		cluster: cluster,
	}, true
}

// notRun says out loud what could not run and why. In CI that is a failure.
func notRun(t *testing.T, why error) {
	t.Helper()
	t.Logf("NOT RUN: %s: %v", t.Name(), why)
	if os.Getenv("CI") != "" || os.Getenv("PINTLE_CI") != "" {
		t.Error("in CI everything must run")
	}
}
