package processor_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/sink"
)

// virtually runs act with brokers in virtual time, in which nothing takes time but what waits. What it starts
// it must stop.
func virtually(t *testing.T, brokers int, partitions int32, act func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := new(kfake.VirtualNetwork)
		var ports []int
		for n := range brokers {
			ports = append(ports, 9092+n)
		}
		act(newStageOver(t, partitions, network.DialContext,
			kfake.NumBrokers(brokers), kfake.Ports(ports...), kfake.ListenFn(network.Listen)))
	})
}

// takes is a destination whose answers take so long.
func takes(d time.Duration) *script {
	return &script{answer: func(ctx context.Context, _ int, _ *sink.Request) sink.Answer {
		select {
		case <-ctx.Done():
			return sink.Answer{Verdict: sink.Retry, Cause: sink.CauseCanceled}
		case <-time.After(d):
			return sink.Answer{Verdict: sink.Done, Status: 200}
		}
	}}
}

// counts counts the requests of a kind and looks at each, if look is not nil.
func (s *stage) counts(key kmsg.Key, look func(kmsg.Request)) (sum func() int64) {
	var n atomic.Int64
	s.cluster.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
		s.cluster.KeepControl()
		n.Add(1)
		if look != nil {
			look(req)
		}
		return nil, nil, false
	})
	return n.Load
}

// TestASteadyStream: records gather at the broker instead of being fetched one by one, none of them waits long
// for that, and what was delivered is committed soon, but not with a commit for each request.
func TestASteadyStream(t *testing.T) {
	const seconds, perSecond, service = 5, 1000, 20 * time.Millisecond
	virtually(t, 1, 4, func(s *stage) {
		dest := takes(service)
		r := s.start(dest, nil)
		s.produce(track(0, "first", 0))
		r.delivered(s.t, 1)
		time.Sleep(time.Second)
		fetches, commits := s.counts(kmsg.Fetch, nil), s.counts(kmsg.OffsetCommit, nil)
		begun := time.Now()
		for n := range seconds * perSecond {
			s.produce(track(int32(n%4), fmt.Sprint("user", n), n))
			time.Sleep(time.Second / perSecond)
		}
		took := time.Since(begun).Seconds()
		if n := float64(fetches()) / took; n > 60 {
			s.t.Errorf("%.0f fetches a second, want 50 or so", n)
		}
		if n := float64(commits()) / took; n < 15 || n > 20 {
			s.t.Errorf("%.1f commits a second, want 20 at most, and not many less", n)
		}
		r.delivered(s.t, seconds*perSecond+1)
		time.Sleep(100 * time.Millisecond)
		var sum int64
		for _, at := range s.committed() {
			sum += at
		}
		if sum != seconds*perSecond+1 {
			s.t.Errorf("%d records are committed 100 ms after all were delivered", sum)
		}
		if err := r.stop(); err != nil {
			s.t.Error(err)
		}
	})
}

// TestAQuietTopic: what comes while nothing does is fetched and committed at once, and to wait costs next to
// nothing.
func TestAQuietTopic(t *testing.T) {
	virtually(t, 1, 4, func(s *stage) {
		r := s.start(takes(0), func(c *processor.Config) { c.Sink.Linger = time.Millisecond })
		s.produce(track(0, "u", 0))
		r.delivered(s.t, 1)
		var longest atomic.Int64
		fetches := s.counts(kmsg.Fetch, func(req kmsg.Request) {
			longest.Store(max(longest.Load(), int64(req.(*kmsg.FetchRequest).MaxWaitMillis)))
		})
		time.Sleep(10 * time.Second)
		if n := fetches(); n > 110 {
			s.t.Errorf("%d fetches in 10 s", n)
		}
		if ms := longest.Load(); ms > 100 {
			s.t.Errorf("a broker may keep a fetch for %d ms: as long waits a partition that is resumed", ms)
		}
		s.produce(track(1, "u", 1))
		produced := time.Now()
		for s.committed()[1] != 1 {
			time.Sleep(time.Millisecond)
		}
		if took := time.Since(produced); took > 20*time.Millisecond {
			s.t.Errorf("it took %v until it was committed", took)
		}
		if err := r.stop(); err != nil {
			s.t.Error(err)
		}
	})
}

// TestNoBrokerWaitsForAnother: of many brokers most have nothing to bring at any moment, and keep a fetch for a
// while.
func TestNoBrokerWaitsForAnother(t *testing.T) {
	const brokers = 8
	virtually(t, brokers, brokers, func(s *stage) {
		for n := range int32(brokers) {
			if err := s.cluster.MoveTopicPartition(topic, n, n); err != nil {
				s.t.Fatal(err)
			}
		}
		r := s.start(takes(0), func(c *processor.Config) { c.Sink.Linger = time.Millisecond })
		for round := range 3 {
			for n := range brokers {
				produced := time.Now()
				s.produce(track(int32(n), fmt.Sprint("user", n), round))
				r.delivered(s.t, int64(round*brokers+n+1))
				if took := time.Since(produced); round > 0 && took > 50*time.Millisecond {
					s.t.Errorf("a record at broker %d was delivered after %v", n, took)
				}
			}
		}
		if err := r.stop(); err != nil {
			s.t.Error(err)
		}
	})
}

// TestAHotUserIsReadAsFastAsItIsSent: all events are of one user, who fills the budget many times over, beside
// partitions with nothing to read. What limits it is the destination, and never the reading.
func TestAHotUserIsReadAsFastAsItIsSent(t *testing.T) {
	const events, service = 12_000, 5 * time.Millisecond
	for _, busy := range []int32{1, 6} {
		t.Run(fmt.Sprintf("%d of 12 partitions", busy), func(t *testing.T) {
			virtually(t, 1, 12, func(s *stage) {
				var records []*kgo.Record
				for n := range events {
					r := track(int32(n)%busy, fmt.Sprint("user", int32(n)%busy), n)
					r.Value = append(r.Value[:len(r.Value)-1], `,"context":{"a":"`+strings.Repeat("a", 700)+`"}}`...)
					records = append(records, r)
				}
				s.produce(records...)
				r := s.start(takes(service), func(c *processor.Config) { c.Budget, c.Sink.MaxInFlight = 4<<20, 1 })
				begun := time.Now()
				r.delivered(s.t, events)
				took := time.Since(begun)
				least := time.Duration(r.Stats().Sink.Requests) * service
				if took > least*3/2+time.Second {
					s.t.Errorf("it took %v, and the answers %v of that", took, least)
				}
				if err := r.stop(); err != nil {
					s.t.Error(err)
				}
			})
		})
	}
}
