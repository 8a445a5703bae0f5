package processor

import (
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Bounds of fetches that come back at once and bring nothing: after so many in a row from one broker, the
// answer is held for a moment.
const (
	fetchEmpty  = 300 // bytes; less than a record takes with what is around it
	fetchAtOnce = 50 * time.Millisecond
	fetchInARow = 10
	fetchPause  = 20 * time.Millisecond
)

// pace is a hook of the client that keeps it from fetching in a loop. A broker that refuses a partition
// answers at once. If it refuses all that it is asked for, the client waits; if it refuses some, as when one of
// several has another leader, the client asks again as fast as it is answered until it has news of the leaders,
// and begins a goroutine each time that a leader is named: 4,400 a second were measured while a request for
// metadata hung, and a schedule of the simulation in which nothing takes time never ended. A fetch that has
// nothing to bring and no error takes as long as the client lets it.
type pace struct {
	mu    sync.Mutex
	empty map[int32]int // in a row, by broker
}

// OnBrokerE2E is called by the client for each answer, before it goes on with it.
func (p *pace) OnBrokerE2E(broker kgo.BrokerMetadata, key int16, e kgo.BrokerE2E) {
	if key != kmsg.Fetch.Int16() {
		return
	}
	if p.hurries(broker.NodeID, e.Err() == nil && e.BytesRead < fetchEmpty && e.DurationE2E() < fetchAtOnce) {
		time.Sleep(fetchPause)
	}
}

// hurries counts fetches that come back at once and bring nothing, and tells whether there are too many.
func (p *pace) hurries(broker int32, empty bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !empty {
		delete(p.empty, broker)
		return false
	}
	p.empty[broker]++
	return p.empty[broker] > fetchInARow
}
