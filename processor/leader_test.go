package processor_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A broker that refuses one partition of several is not asked again as fast as it answers, while nobody tells
// who leads it.
func TestALeaderThatMovedIsNotAskedInALoop(t *testing.T) {
	t.Parallel()
	s := newStage(t, 4, kfake.NumBrokers(2), kfake.SleepOutOfOrder())
	for p := range int32(4) {
		if err := s.cluster.MoveTopicPartition(topic, p, 0); err != nil {
			t.Fatal(err)
		}
	}
	r := s.start(&script{}, nil)
	for p := range int32(4) {
		s.produce(track(p, "u", int(p)))
	}
	r.delivered(t, 4)

	var asks atomic.Int32
	var once sync.Once
	asked, known := make(chan struct{}), make(chan struct{})
	defer close(known)
	s.cluster.ControlKey(int16(kmsg.Metadata), func(kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		once.Do(func() { close(asked) })
		s.cluster.SleepControl(func() { <-known })
		return nil, nil, false
	})
	s.cluster.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		asks.Add(1)
		return nil, nil, false
	})
	s.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: topic, Err: kerr.NotLeaderForPartition, Count: 1})
	s.produce(track(1, "u", 4))
	<-asked
	before := asks.Load()
	if err := s.cluster.MoveTopicPartition(topic, 0, 1); err != nil {
		t.Fatal(err)
	}
	s.produce(track(1, "u", 5)) // or the client would wait for the answer to what it asked before
	<-time.After(time.Second)
	if n := asks.Load() - before; n > 100 {
		t.Errorf("%d fetches in a second", n)
	}
}
