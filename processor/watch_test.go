package processor

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// member is a processor in fake time, without Kafka: records are given to its owners by hand.
type member struct {
	*Processor

	t      *testing.T
	send   func(context.Context, *sink.Request) sink.Answer
	made   func(key string) ([]sink.Op, sink.Outcome)
	write  func(func(error))
	offset int64
	log    lines
}

// lines counts what is logged.
type lines struct{ atomic.Int64 }

func (l *lines) Write(text []byte) (int, error) {
	l.Add(1)
	return len(text), nil
}

func (m *member) Send(ctx context.Context, r *sink.Request) sink.Answer {
	if m.send == nil {
		time.Sleep(50 * time.Millisecond)
		return sink.Answer{Verdict: sink.Done, Status: 200}
	}
	return m.send(ctx, r)
}

func (*member) Release(*sink.Request) {}

func (m *member) Map(dst []sink.Op, _ *schema.Event, src schema.Source) ([]sink.Op, sink.Outcome) {
	if m.made != nil {
		ops, outcome := m.made(string(src.Key))
		return append(dst, ops...), outcome
	}
	return append(dst, toOp(string(src.Key))), sink.Outcome{}
}

func toOp(key string) sink.Op {
	return sink.Op{Body: []byte(`"` + key + `"`), Key: sink.KeyHashString(key)}
}

func (m *member) Write(_ *deadletter.Letter, done func(error)) {
	if m.write == nil {
		go done(nil)
		return
	}
	m.write(done)
}

// inBubble runs act with a member that works, and ends it. Whatever act blocks on must go when ctx ends.
func inBubble(t *testing.T, o sink.Options, act func(ctx context.Context, m *member)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := &member{t: t}
		p, err := New(Config{Topic: "t", Mapper: m, Session: 24 * time.Hour, Sink: o}, m, m, slog.New(slog.NewTextHandler(&m.log, &slog.HandlerOptions{Level: slog.LevelError})))
		if err != nil {
			t.Fatal(err)
		}
		m.Processor = p
		p.lease.answer(time.Now(), time.Now(), true)
		p.setState(StateRunning)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{}, 2)
		go func() { p.sink.Run(ctx); ended <- struct{}{} }()
		go func() { every(ctx, watchInterval, p.watch); ended <- struct{}{} }()
		act(ctx, m)
		cancel()
		p.halt(p.owned())
		<-ended
		<-ended
	})
}

// own makes the member the owner of a partition.
func (m *member) own(partition int32) *owner {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := newOwner(m.Processor, "t", partition, m.epochs.Add(1))
	m.owners[partition] = o
	go o.run()
	return o
}

// give gives an owner one record for each key.
func (m *member) give(o *owner, keys ...string) {
	for _, key := range keys {
		m.offset++
		record := &kgo.Record{Offset: m.offset, Key: []byte(key), Value: []byte(`{"type":"track"}`), Timestamp: time.Now()}
		o.give([]*kgo.Record{record}, m.offset+1, 0)
	}
}

// lives fails the test when the member is told to be stuck within d.
func (m *member) lives(d time.Duration) {
	m.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
		if why := m.Stuck(); why != "" {
			m.t.Fatalf("stuck %v before it should be: %s", time.Until(end), why)
		}
	}
}

// dies fails the test unless the member is told to be stuck, in the given state, a minute from now.
func (m *member) dies(state string) {
	m.t.Helper()
	m.lives(watchPatience - watchInterval)
	time.Sleep(4 * watchInterval)
	if why := m.Stuck(); !strings.Contains(why, "state "+state) {
		m.t.Errorf("a minute and a quarter later: %q, want it stuck in the state %s", why, state)
	}
	time.Sleep(time.Minute)
	if n := m.log.Load(); n != 1 {
		m.t.Errorf("it was logged %d times, want once", n)
	}
}

func TestASenderThatNeverReturnsIsTold(t *testing.T) {
	inBubble(t, sink.Options{}, func(_ context.Context, m *member) {
		back := make(chan struct{})
		m.send = func(context.Context, *sink.Request) sink.Answer { // deaf to its context
			<-back
			return sink.Answer{Verdict: sink.Done, Status: 200}
		}
		o := m.own(3)
		m.give(o, "a", "b")
		m.dies("in_the_air")
		if why := m.Stuck(); !strings.HasPrefix(why, fmt.Sprintf("partition 3 does not move: offset 1, state in_the_air, lane %d", sink.KeyHashString("a")%sink.Lanes)) {
			t.Errorf("told: %s", why)
		}
		close(back)
		time.Sleep(2 * watchInterval)
		m.lives(5 * time.Minute)
	})
}

func TestAMappingThatNeverReturnsIsTold(t *testing.T) {
	inBubble(t, sink.Options{}, func(ctx context.Context, m *member) {
		m.made = func(key string) ([]sink.Op, sink.Outcome) {
			if key == "b" {
				<-ctx.Done()
			}
			return []sink.Op{toOp(key)}, sink.Outcome{}
		}
		m.give(m.own(0), "a", "b")
		m.dies("mapping")
	})
}

func TestAResultThatIsLostIsTold(t *testing.T) {
	inBubble(t, sink.Options{}, func(_ context.Context, m *member) {
		o := m.own(0)
		o.mu.Lock()
		o.tracker.Begin(0, time.Now())
		o.high = 1
		o.mu.Unlock()
		m.dies("nowhere")
	})
}

func TestAnOwnerThatTakesNothingUpIsTold(t *testing.T) {
	inBubble(t, sink.Options{}, func(_ context.Context, m *member) {
		o := m.own(0)
		o.halt()
		m.give(o, "a")
		m.dies("taking_up")
	})
}

func TestRecordsThatAreNeverReadAreTold(t *testing.T) {
	for _, tc := range []struct {
		name  string
		dies  bool
		asked bool
		wait  func(*member)
	}{
		{name: "the log has more", asked: true, dies: true},
		{name: "nobody knows what the log has by now"},
		{name: "the client says that it cannot", asked: true, wait: func(m *member) { m.waits[0] = "NOT_LEADER" }},
		{name: "the client says that it is in no group", asked: true, wait: func(m *member) { m.waits[wholeGroup] = "no" }},
		{name: "polling waits for room, and nothing moves", asked: true, dies: true, wait: func(m *member) { m.flow.held.Store(true) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, sink.Options{}, func(ctx context.Context, m *member) {
				o := m.own(0)
				o.mu.Lock()
				o.reach, o.high = 5, 9
				o.mu.Unlock()
				if tc.wait != nil {
					m.mu.Lock()
					tc.wait(m)
					m.mu.Unlock()
				}
				if tc.asked {
					o.spans(time.Now(), 0, 9)
					go every(ctx, endsInterval, func() { o.spans(time.Now(), 0, 9) })
				}
				if tc.dies {
					m.dies("reading")
				} else {
					m.lives(10 * time.Minute)
				}
			})
		})
	}
}

// TestWhatWaitsForAReasonLives: in each of these cases a partition has lag and does not move.
func TestWhatWaitsForAReasonLives(t *testing.T) {
	failed := sink.Answer{Verdict: sink.Retry, Cause: sink.CauseServer, Status: 503}
	for _, tc := range []struct {
		name string
		opts sink.Options
		act  func(ctx context.Context, m *member, o *owner)
	}{
		{"an outage", sink.Options{}, func(_ context.Context, m *member, o *owner) {
			m.send = func(context.Context, *sink.Request) sink.Answer { return failed }
			m.give(o, "a", "b", "c")
		}},
		{"a refused key", sink.Options{}, func(_ context.Context, m *member, o *owner) {
			m.send = func(context.Context, *sink.Request) sink.Answer {
				return sink.Answer{Verdict: sink.Hold, Cause: sink.CauseCredentials, Status: 401}
			}
			m.give(o, "a", "b", "c")
		}},
		{"a lease that is not held", sink.Options{}, func(_ context.Context, m *member, o *owner) {
			m.lease.mu.Lock()
			m.lease.proved = time.Time{}
			m.lease.mu.Unlock()
			m.give(o, "a", "b", "c")
		}},
		{"a letter of an op", sink.Options{}, func(_ context.Context, m *member, o *owner) {
			m.write = func(func(error)) {}
			m.send = func(context.Context, *sink.Request) sink.Answer {
				return sink.Answer{Verdict: sink.Reject, Cause: sink.CauseContent, Status: 400}
			}
			m.give(o, "a", "a", "a")
		}},
		{"a letter of the mapping", sink.Options{}, func(_ context.Context, m *member, o *owner) {
			m.write = func(func(error)) {}
			m.made = func(string) ([]sink.Op, sink.Outcome) { return nil, sink.Outcome{Reason: sink.ReasonInvalid} }
			m.give(o, "a")
		}},
		{"the brake", sink.Options{}, func(_ context.Context, m *member, o *owner) {
			m.made = func(string) ([]sink.Op, sink.Outcome) { return nil, sink.Outcome{Reason: sink.ReasonInvalid} }
			for range 60 {
				m.give(o, "a")
			}
		}},
		{"an op that fails alone while others are taken", sink.Options{}, func(ctx context.Context, m *member, o *owner) {
			m.send = func(_ context.Context, r *sink.Request) sink.Answer {
				for _, op := range r.Ops {
					if string(op.Body) == `"bad"` {
						return failed
					}
				}
				return sink.Answer{Verdict: sink.Done, Status: 200}
			}
			m.give(o, "bad")
			go every(ctx, 3*time.Second, func() { m.give(o, "good") })
		}},
		{"a partition that waits for its turn behind another", sink.Options{Rate: 0.2, MaxOps: 1}, func(_ context.Context, m *member, o *owner) {
			first := m.own(1)
			for n := range 200 {
				m.give(first, strconv.Itoa(n))
			}
			time.Sleep(time.Second)
			m.give(o, "last")
		}},
		{"no partition", sink.Options{}, func(_ context.Context, m *member, o *owner) {
			o.halt()
			m.takeOwners(nil)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, tc.opts, func(ctx context.Context, m *member) {
				tc.act(ctx, m, m.own(0))
				m.lives(14 * time.Minute)
			})
		})
	}
}

func TestAWatchdogThatDoesNotComeBackIsTold(t *testing.T) {
	p := &Processor{}
	if why := p.Stuck(); why != "" {
		t.Errorf("before it runs: %s", why)
	}
	p.alive.Store(&liveness{looked: time.Now().Add(-watchPatience / 2)})
	if why := p.Stuck(); why != "" {
		t.Errorf("half a minute after a look: %s", why)
	}
	p.alive.Store(&liveness{looked: time.Now().Add(-watchPatience - time.Second)})
	if why := p.Stuck(); !strings.Contains(why, "holds a lock") {
		t.Errorf("a minute after the last look: %q", why)
	}
}

// TestNothingIsSeenWhileTheGateHolds: probes make little progress, and longer pauses may be asked for.
func TestNothingIsSeenWhileTheGateHolds(t *testing.T) {
	inBubble(t, sink.Options{}, func(ctx context.Context, m *member) {
		m.send = func(context.Context, *sink.Request) sink.Answer {
			<-ctx.Done()
			return sink.Answer{Verdict: sink.Retry, Cause: sink.CauseCanceled}
		}
		m.give(m.own(0), "a")
		synctest.Wait()
		for _, tc := range []struct {
			gate sink.GateState
			want stage
		}{
			{sink.GateState{}, stageSink},
			{sink.GateState{Shut: true}, stageIdle},
			{sink.GateState{RetryAfter: time.Now().Add(time.Second)}, stageIdle},
			{sink.GateState{RetryAfter: time.Now()}, stageSink},
		} {
			got, _ := m.sights(time.Now(), &sink.Stats{Gate: tc.gate})
			if len(got) != 1 || got[0].stage != tc.want {
				t.Errorf("%+v: %+v, want the stage %d", tc.gate, got, tc.want)
			}
		}
	})
}
