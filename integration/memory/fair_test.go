package memory

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestFairness has one partition with a huge backlog and others with a little, a budget that the huge one
// could fill many times, and a destination that is the bottleneck: the little ones are done long before
// the huge one is.
func TestFairness(t *testing.T) {
	const huge, little = 40_000, 500
	w := newWorld(t, 12)
	w.settings.Memory, w.settings.Rate = 16*mib, 20
	for partition := range w.partitions {
		n := little
		if partition == 0 {
			n = huge
		}
		for i := range n {
			person := fmt.Sprintf("person-%d-%d", partition, i%100)
			w.produce(&kgo.Record{Key: []byte(person), Value: padded(person, i, 2000), Partition: int32(partition)})
		}
	}
	w.flush()
	m := w.run()
	var done [2]int64 // records of the huge partition, and of the others
	for done[1] < int64(w.partitions-1)*little {
		select {
		case <-m.Done():
			t.Fatalf("the program ended:\n%s", m.Tail(20))
		case <-time.After(20 * time.Millisecond):
		}
		committed, err := w.admin.FetchOffsets(w.ctx, w.settings.Group)
		if err != nil {
			t.Fatal(err)
		}
		done = [2]int64{}
		committed.Each(func(o kadm.OffsetResponse) { done[min(o.Partition, 1)] += max(o.At, 0) })
	}
	w.figure("partitions with little wait for one with much: its share of what was delivered until they were done",
		float64(100*done[0])/float64(done[0]+done[1]), "%", 80)
	w.judge(m, "one huge partition beside small ones")
}
