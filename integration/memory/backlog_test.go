package memory

import (
	"strconv"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/traffic"
)

// users is how many people the events are of.
const users = 2000

// backlog produces events until there are so many bytes of them. It returns how many reach the
// destination.
func (w *world) backlog(bytes int) (deliverable int) {
	w.Helper()
	stream, err := traffic.New(users, time.Now().Add(-time.Hour))
	if err != nil {
		w.Fatal(err)
	}
	for seq := 0; bytes > 0; seq++ {
		e := stream.Event(seq)
		bytes -= len(e.Value)
		if !e.Off {
			deliverable++
		}
		w.produce(e.Record(w.settings.Topic, w.partitions))
	}
	w.flush()
	return deliverable
}

// TestBacklog drains a backlog of several times the budget into a destination in good health.
func TestBacklog(t *testing.T) {
	for _, budget := range []int{16 * mib, 64 * mib, 128 * mib} {
		t.Run(strconv.Itoa(budget/mib), func(t *testing.T) {
			w := newWorld(t, 12)
			w.settings.Memory = budget
			want := w.backlog(300 * mib)
			m := w.run()
			w.committed(m)
			w.judge(m, "a backlog of 300 MiB")
			w.arrived(want)
		})
	}
}
