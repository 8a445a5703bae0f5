package kafka

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// fixed are brokers that somebody else started.
type fixed struct{}

func (fixed) do(context.Context, act, int) error { return ErrFixed }
func (fixed) stop() error                        { return nil }

// startEnv takes the cluster that PINTLE_KAFKA names.
func startEnv(ctx context.Context, o Options) (*Cluster, error) {
	addrs := os.Getenv("PINTLE_KAFKA")
	if addrs == "" {
		return nil, errUnset
	}
	list := strings.Split(addrs, ",")
	n, err := countBrokers(ctx, list[0])
	if err != nil {
		return nil, fmt.Errorf("PINTLE_KAFKA=%s does not answer: %w", addrs, err)
	}
	if n < o.Brokers {
		return nil, fmt.Errorf("PINTLE_KAFKA=%s has %d broker(s)", addrs, n)
	}
	return &Cluster{Addrs: list, nodes: fixed{}}, nil
}
