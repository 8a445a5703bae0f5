package kill

import (
	"errors"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/kafka"
	"github.com/pintle-io/pintle/integration/program"
)

// membership is how a killed process was known to its group, and how long nothing may be delivered.
type membership struct {
	name, instance string
	within         time.Duration
}

func memberships() []membership {
	return []membership{
		{"with an instance id", "pintle-0", 5 * time.Second},
		{"without", "", 12 * time.Second},
	}
}

// TestRecovery measures how long nothing is delivered after a kill -9 with a restart two seconds later.
func TestRecovery(t *testing.T) {
	t.Parallel()
	for i, m := range memberships() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.measure(t, "in-process broker", func() time.Duration {
				w := newWorld(t, i)
				defer w.judge()
				return w.recover(m)
			})
		})
	}
}

// TestRecoveryOnKafka does the same on Apache Kafka.
func TestRecoveryOnKafka(t *testing.T) {
	cluster, err := kafka.Start(t.Context(), kafka.Options{Brokers: 1, Log: t.Logf})
	if errors.Is(err, kafka.ErrUnavailable) {
		notRun(t, err)
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
	for i, m := range memberships() {
		t.Run(m.name, func(t *testing.T) {
			slot := i
			m.measure(t, "Apache Kafka "+kafka.Version, func() time.Duration {
				w := newWorldOn(t, slot, cluster.Addrs)
				slot += len(memberships()) // what the first left on the brokers stays there
				defer w.delivered()
				return w.recover(m)
			})
		})
	}
}

// measure prints the hole that a kill leaves.
func (m membership) measure(t *testing.T, broker string, hole func() time.Duration) {
	t.Helper()
	took, times := within(m.within, hole)
	w := &world{T: t}
	w.figure("deliveries go on after a kill -9 with a restart 2 s later, "+m.name+", "+broker, times, took.Seconds(), "s", m.within.Seconds())
}

// recover kills a process that delivers, starts it again, and returns how long nothing was delivered.
func (w *world) recover(m membership) time.Duration {
	w.Helper()
	change := func(s *program.Settings) { s.Instance, s.Session = m.instance, 0 } // that is, its default
	w.load.some(100)                                                              // which waits until the broker knows the topic
	stop := w.load.start(200)
	first := w.launch(change)
	w.reach(first, answered)
	w.until("a commit", 30*time.Second, func() (bool, string) {
		offsets, err := w.admin.FetchOffsets(w.ctx, w.settings.Group)
		at, _ := offsets.Lookup(w.settings.Topic, 0)
		return err == nil && at.At > 0, "none"
	})
	first.kill()
	killed := time.Now()
	<-time.After(2 * time.Second)
	second := w.launch(change)
	w.reach(second, taken)
	hole := time.Since(killed)
	stop()
	w.settled(30 * time.Second)
	second.stop(deadline)
	return hole
}

// delivered fails for events that were to be delivered and were not. It is what can be judged without
// seeing into the brokers.
func (w *world) delivered() {
	w.Helper()
	stored := map[int]bool{}
	for _, e := range w.rec.History() {
		if e.Applied != nil {
			for _, seq := range e.Applied.Stored {
				stored[seq] = true
			}
		}
	}
	lost := 0
	book := w.load.Book()
	for _, p := range book {
		if p.Event.End == history.Delivered && !stored[p.Event.Seq] {
			lost++
		}
	}
	if lost > 0 {
		w.Errorf("%d of %d events were never delivered", lost, len(book))
	}
}
