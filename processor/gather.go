package processor

import (
	"sync"
	"time"
)

const (
	// fetchWait is how long a broker may keep a fetch that has nothing to bring. A partition that is resumed
	// meanwhile waits for it, since a client has one fetch under way at a broker.
	fetchWait = 100 * time.Millisecond
	// fetchSpacing is the least time between two fetches of a partition that has no lag: less than the linger of a
	// request, and far more than what a fetch costs.
	fetchSpacing = 20 * time.Millisecond
)

// gather lets records gather at the broker while partitions have no lag, as a minimum of bytes would, but
// without making the first record wait: a fetch that follows another one within fetchSpacing is held back for
// the rest of it. Without this, a steady stream of 3,000 records a second is fetched almost record by record. It
// is safe for concurrent use.
type gather struct {
	mu    sync.Mutex
	asked map[int32]time.Time // when each partition was asked for last
}

// hold is called by the client just before it writes a fetch, see [kgo.ConsumePreferringLagFn], on the goroutine
// that writes to that broker: other requests to the same broker may wait for fetchSpacing, too. It keeps the
// order of the partitions.
func (g *gather) hold(lag map[string]map[int32]int64, _ []string, _ map[string][]int32) (topics []string, partitions map[string][]int32) {
	for _, of := range lag {
		time.Sleep(g.wait(time.Now(), of))
	}
	return nil, nil
}

// wait returns how long to hold back a fetch of partitions with the given lag, and notes that it follows.
func (g *gather) wait(now time.Time, lag map[int32]int64) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.asked == nil {
		g.asked = map[int32]time.Time{}
	}
	due := now
	for partition, behind := range lag {
		if behind > 0 {
			due = now
			break
		}
		if next := g.asked[partition].Add(fetchSpacing); next.After(due) {
			due = next
		}
	}
	for partition := range lag {
		g.asked[partition] = due
	}
	return due.Sub(now)
}
