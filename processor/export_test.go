package processor

import (
	"context"
	"time"
)

// LeaseFor makes the lease of a running processor that of another session.
func LeaseFor(p *Processor, session time.Duration) { p.lease.lasts(session) }

// Revoke takes all partitions from a running processor, as a coordinator does.
func Revoke(p *Processor) {
	p.revoked(context.Background(), p.client, map[string][]int32{p.cfg.Topic: numbers(p.owned())})
}
