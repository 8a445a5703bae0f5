package processor

import "time"

// LeaseFor makes the lease of a running processor that of another session.
func LeaseFor(p *Processor, session time.Duration) { p.lease.lasts(session) }
