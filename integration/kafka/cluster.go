package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Version is the Kafka that is started.
const Version = "4.3.1"

// ErrUnavailable says that this machine could start no Kafka; the error that wraps it says why.
var ErrUnavailable = errors.New("no Apache Kafka could be started")

// errUnset is the ordinary case, and not worth a line.
var errUnset = errors.New("PINTLE_KAFKA is not set")

// ErrFixed is returned for acts on the brokers of a cluster that was given and not started here.
var ErrFixed = errors.New("the brokers named by PINTLE_KAFKA cannot be killed or paused")

// Options say what cluster is wanted.
type Options struct {
	// Brokers is how many, 1 or 3. With three, topics have three replicas and need two in sync.
	Brokers int
	// Heap is the Java heap of each broker, such as "1g". Empty: 512m for one, 320m for three.
	Heap string
	// Log takes progress, and why a way was not taken. It may be nil.
	Log func(format string, args ...any)
}

// act is what can be done to one broker.
type act string

const (
	actKill    act = "kill"
	actStop    act = "stop"
	actStart   act = "start"
	actPause   act = "pause"
	actUnpause act = "unpause"
)

// nodes are the brokers of a cluster as the way that started them sees them. Brokers count from 1.
type nodes interface {
	do(ctx context.Context, a act, broker int) error
	stop() error
}

// Cluster is a running Kafka. Its methods are for one goroutine at a time.
type Cluster struct {
	// Via names the way it was started: env, compose or java.
	Via string
	// Addrs are its bootstrap addresses. Broker n has the n-th, unless the way was env.
	Addrs []string

	brokers int
	nodes   nodes
}

// Start starts a cluster and returns when all its brokers know of each other. The caller stops it.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Brokers != 1 && o.Brokers != 3 {
		return nil, fmt.Errorf("start Kafka: %d brokers: want 1 or 3", o.Brokers)
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	if o.Heap == "" {
		o.Heap = map[int]string{1: "512m", 3: "320m"}[o.Brokers]
	}
	ways := []struct {
		name  string
		start func(context.Context, Options) (*Cluster, error)
	}{{"env", startEnv}, {"compose", startCompose}, {"java", startJava}}
	only := os.Getenv("PINTLE_KAFKA_VIA")
	var reasons []error
	for _, way := range ways {
		if only != "" && only != way.name {
			continue
		}
		c, err := way.start(ctx, o)
		if err == nil {
			c.Via, c.brokers = way.name, o.Brokers
			if err = c.ready(ctx); err == nil {
				return c, nil
			}
			_ = c.Stop()
		}
		if !errors.Is(err, errUnset) {
			o.Log("Kafka by %s: %v", way.name, err)
		}
		reasons = append(reasons, fmt.Errorf("%s: %w", way.name, err))
	}
	if len(reasons) == 0 {
		reasons = append(reasons, fmt.Errorf("PINTLE_KAFKA_VIA=%s: want env, compose or java", only))
	}
	return nil, fmt.Errorf("%w with %d broker(s): %w", ErrUnavailable, o.Brokers, errors.Join(reasons...))
}

// Stop ends the cluster and deletes its data. Nothing is kept, so nothing ends in good order.
func (c *Cluster) Stop() error { return c.nodes.stop() }

// Kill ends a broker at once (SIGKILL). Brokers count from 1.
func (c *Cluster) Kill(ctx context.Context, broker int) error { return c.do(ctx, actKill, broker) }

// Terminate asks a broker to end (SIGTERM) and returns when it has handed its partitions over and is gone.
func (c *Cluster) Terminate(ctx context.Context, broker int) error { return c.do(ctx, actStop, broker) }

// Pause freezes a broker: its connections stay open and nothing answers.
func (c *Cluster) Pause(ctx context.Context, broker int) error { return c.do(ctx, actPause, broker) }

// Resume thaws a paused broker.
func (c *Cluster) Resume(ctx context.Context, broker int) error {
	return c.do(ctx, actUnpause, broker)
}

// Restart starts brokers that have ended on their old data and returns when the cluster is whole again.
func (c *Cluster) Restart(ctx context.Context, brokers ...int) error {
	for _, b := range brokers {
		if err := c.do(ctx, actStart, b); err != nil {
			return err
		}
	}
	return c.ready(ctx)
}

func (c *Cluster) do(ctx context.Context, a act, broker int) error {
	if broker < 1 || broker > c.brokers {
		return fmt.Errorf("%s broker %d: the cluster has brokers 1 to %d", a, broker, c.brokers)
	}
	if err := c.nodes.do(ctx, a, broker); err != nil {
		return fmt.Errorf("%s broker %d: %w", a, broker, err)
	}
	return nil
}

// ready waits until each broker lists all of them.
func (c *Cluster) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	for _, addr := range c.Addrs {
		for {
			n, err := countBrokers(ctx, addr)
			if n >= c.brokers {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("%s lists %d of %d brokers: %w", addr, n, c.brokers, errors.Join(err, ctx.Err()))
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	return nil
}

func countBrokers(ctx context.Context, addr string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		return 0, err
	}
	defer client.Close()
	brokers, err := kadm.NewClient(client).ListBrokers(ctx)
	return len(brokers), err
}

// FreePorts returns n loopback ports that were free a moment ago.
func FreePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	for range n {
		//nolint:noctx // nothing to wait for: it listens on loopback and closes again
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("look for a free port: %w", err)
		}
		defer l.Close() // at the end, so that the n are different ones
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
