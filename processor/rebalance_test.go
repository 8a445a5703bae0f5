package processor_test

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/sink"
)

// journal is a destination that several members share; it notes what arrives in its order.
type journal struct {
	mu   sync.Mutex
	seqs map[string][]int // by user, as they arrived
}

var inBody = regexp.MustCompile(`"identifiers":\{"id":"([^"]+)"\}.*"_seq":(\d+)`)

func (j *journal) answer(context.Context, int, *sink.Request) sink.Answer {
	time.Sleep(2 * time.Millisecond) // real time: the broker is reached over a socket
	return sink.Answer{Verdict: sink.Done, Status: 200}
}

func (j *journal) note(t *testing.T, r *sink.Request) {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, op := range r.Ops {
		m := inBody.FindSubmatch(op.Body)
		if m == nil {
			t.Errorf("no user and number in %s", op.Body)
			continue
		}
		n, _ := strconv.Atoi(string(m[2]))
		j.seqs[string(m[1])] = append(j.seqs[string(m[1])], n)
	}
}

func TestMembersJoinAndLeaveAndNothingIsLostTwiceOrOutOfOrder(t *testing.T) {
	t.Parallel()
	const users, each = 40, 100
	s := newStage(t, 6)
	j := &journal{seqs: map[string][]int{}}
	member := func() *run {
		dest := &script{answer: func(ctx context.Context, n int, r *sink.Request) sink.Answer {
			j.note(t, r)
			return j.answer(ctx, n, r)
		}}
		return s.start(dest, func(c *processor.Config) { c.Sink.MaxOps = 7 })
	}
	first := member()
	var second, third *run
	for n := range each {
		var batch []*kgo.Record
		for u := range users {
			batch = append(batch, track(int32(u%6), "user-"+strconv.Itoa(u), n))
		}
		s.produce(batch...)
		switch n {
		case 20:
			second = member()
		case 40:
			third = member()
			third.until(t, "a share for the third", func(st processor.Stats) bool { return len(st.Partitions) > 0 })
		case 60:
			if err := first.stop(); err != nil {
				t.Fatal(err)
			}
		case 80:
			if err := second.stop(); err != nil {
				t.Fatal(err)
			}
		}
	}
	third.until(t, "an end of all partitions", func(st processor.Stats) bool {
		for _, p := range st.Partitions {
			if p.Watermark != p.HighWatermark || p.HighWatermark == 0 {
				return false
			}
		}
		return len(st.Partitions) == 6 && st.Ledger.InFlight == 0
	})
	if err := third.stop(); err != nil {
		t.Fatal(err)
	}
	for n, at := range s.committed() {
		if want := int64(len(userOf(n, users)) * each); at != want {
			t.Errorf("partition %d is committed at %d, want %d", n, at, want)
		}
	}
	for user, seqs := range j.seqs {
		for i, n := range seqs {
			if i != n {
				t.Fatalf("%s: got %d as number %d: lost, twice or out of order", user, n, i)
			}
		}
		if len(seqs) != each {
			t.Errorf("%s: %d of %d arrived", user, len(seqs), each)
		}
	}
	for _, r := range []*run{first, second, third} {
		balanced(t, r.Stats())
		if late := r.Stats().LateResults; late != 0 {
			t.Errorf("%d results came under an ended epoch after a clean hand-over", late)
		}
	}
}

func userOf(partition int32, users int) (list []int) {
	for u := range users {
		if int32(u%6) == partition {
			list = append(list, u)
		}
	}
	return list
}

func TestAShutGatePausesFetchingAndStaysInTheGroup(t *testing.T) {
	t.Parallel()
	s := newStage(t, 2)
	var mu sync.Mutex
	down := true
	dest := &script{answer: func(context.Context, int, *sink.Request) sink.Answer {
		mu.Lock()
		defer mu.Unlock()
		if down {
			return sink.Answer{Verdict: sink.Hold, Cause: sink.CauseCredentials, Status: 401, Refusal: sink.Refusal{Hint: "set the right key"}}
		}
		return sink.Answer{Verdict: sink.Done, Status: 200}
	}}
	s.produceUsers(60, 1)
	r := s.start(dest, func(c *processor.Config) { c.Sink.MaxOps = 5 })
	st := r.until(t, "a pause of all", func(st processor.Stats) bool {
		return len(st.Partitions) == 2 && st.Partitions[0].Paused && st.Partitions[1].Paused && !st.Ready
	})
	if st.NotReady != "set the right key" {
		t.Errorf("not ready for %q", st.NotReady)
	}
	s.produceUsers(60, 2)
	mu.Lock()
	down = false
	mu.Unlock()
	st = r.until(t, "delivery of all", func(st processor.Stats) bool { return st.Ledger.Delivered == 120 })
	balanced(t, st)
	if st.Ledger.DeadLettered != 0 || !st.Ready {
		t.Errorf("%d letters for a wrong key, ready: %v", st.Ledger.DeadLettered, st.Ready)
	}
}

// produceUsers appends one event of each of so many users to the two partitions.
func (s *stage) produceUsers(users, n int) {
	s.t.Helper()
	for u := range users {
		s.produce(track(int32(u%2), "user-"+strconv.Itoa(u), n))
	}
}

func TestOneToxicEventOfAQuietTopicDoesNotKeepTheGateShut(t *testing.T) {
	t.Parallel()
	s := newStage(t, 2)
	dest := &script{answer: func(_ context.Context, _ int, r *sink.Request) sink.Answer {
		for _, op := range r.Ops {
			if bytes.Contains(op.Body, []byte("toxic")) {
				return sink.Answer{Verdict: sink.Retry, Cause: sink.CauseServer, Status: 500}
			}
		}
		return sink.Answer{Verdict: sink.Done, Status: 200}
	}}
	s.produce(track(0, "toxic", 1))
	r := s.start(dest, nil)
	r.until(t, "a shut gate", func(st processor.Stats) bool { return st.Sink.Gate.Shut })
	s.produceUsers(20, 1)
	st := r.until(t, "delivery of the others", func(st processor.Stats) bool { return st.Ledger.Delivered == 20 })
	balanced(t, st)
	r.Hurry()
}

func TestAMemberThatJoinsDuringAStopWaitsForItsEnd(t *testing.T) {
	t.Parallel()
	s := newStage(t, 2)
	s.produceUsers(10, 1)
	var begun atomic.Int64
	var mu sync.Mutex
	var order []string
	note := func(who string) { mu.Lock(); defer mu.Unlock(); order = append(order, who) }
	slow := &script{answer: func(_ context.Context, _ int, r *sink.Request) sink.Answer {
		begun.Add(int64(len(r.Ops)))
		time.Sleep(2 * time.Second) // a broker on a socket keeps real time
		note("first")
		return sink.Answer{Verdict: sink.Done, Status: 200}
	}}
	quick := &script{answer: func(context.Context, int, *sink.Request) sink.Answer {
		note("second")
		return sink.Answer{Verdict: sink.Done, Status: 200}
	}}
	first := s.start(slow, nil)
	first.until(t, "all of them in the air", func(processor.Stats) bool { return begun.Load() == 10 })
	stopped := make(chan error, 1)
	go func() { stopped <- first.stop() }()
	second := s.start(quick, nil)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	s.produceUsers(10, 2)
	second.until(t, "delivery by the second", func(st processor.Stats) bool { return st.Ledger.Delivered == 10 })
	mu.Lock()
	defer mu.Unlock()
	if order[0] != "first" || slow.count() != 10 || quick.count() != 10 {
		t.Errorf("sent in the order %v: %d events by the first, %d by the second, want 10 each", order, slow.count(), quick.count())
	}
	if n := first.Stats().LateResults; n != 0 {
		t.Errorf("%d results came too late", n)
	}
}

// stuck is a dead-letter topic that takes nothing until it is told to.
type stuck struct {
	mu   sync.Mutex
	done []func(error)
}

func (w *stuck) Write(_ *deadletter.Letter, done func(error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = append(w.done, done)
}

func TestLettersOfAnEndedAssignmentCountUntilTheyAreWritten(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	s.produce(&kgo.Record{Value: []byte("no event")}, &kgo.Record{Value: []byte("nor this")})
	mapper, err := transform.New(transform.Options{})
	if err != nil {
		t.Fatal(err)
	}
	writer := &stuck{}
	p, err := processor.New(processor.Config{
		Brokers: s.brokers, Topic: topic, Group: group, Start: "earliest", Mapper: mapper, DrainTimeout: 100 * time.Millisecond,
	}, &script{}, writer, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &run{Processor: p, ended: make(chan struct{})}
	go func() { defer close(r.ended); r.err = p.Run(ctx) }()
	r.until(t, "two letters", func(st processor.Stats) bool { return st.Ledger.Consumed == 2 })
	cancel()
	<-r.ended
	st := r.Stats()
	balanced(t, st)
	if st.HeldBytes == 0 || st.Ledger.HandedBack != 2 {
		t.Errorf("held %d bytes with two letters unwritten, handed back %d", st.HeldBytes, st.Ledger.HandedBack)
	}
	for _, done := range writer.done {
		done(nil)
	}
	if held := r.Stats().HeldBytes; held != 0 {
		t.Errorf("held %d bytes when all letters were written", held)
	}
}

// A snapshot takes the processor's lock and then each owner's: nothing may take them the other way.
func TestSnapshotsDuringAnAssignmentHangNothing(t *testing.T) {
	t.Parallel()
	const partitions = 100
	s := newStage(t, partitions)
	for n := range partitions {
		s.produce(track(int32(n), "user-"+strconv.Itoa(n), 1))
	}
	r := s.start(&script{}, nil)
	var scrapes sync.WaitGroup
	done := make(chan struct{})
	for range 8 {
		scrapes.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					r.Stats()
				}
			}
		})
	}
	delivered := make(chan struct{})
	go func() {
		defer close(delivered)
		for r.Stats().Ledger.Delivered < partitions {
			time.Sleep(time.Millisecond) // the broker is reached over a socket
		}
	}()
	select {
	case <-delivered:
	case <-time.After(patience):
		t.Fatal("nothing moves: a lock was taken inside another")
	}
	close(done)
	scrapes.Wait()
}
