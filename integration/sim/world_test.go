//go:build synctests

package sim

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/processor/deadletter"
)

// patience is how long a healed run may take to deliver everything, in virtual time.
const patience = 90 * time.Second

// world is one run.
type world struct {
	t        *testing.T
	plan     *plan
	net      *network
	broker   *broker
	brokers  []string
	sink     *destination
	record   *history.Recorder
	happen   *happenings
	client   *kgo.Client // the harness's own, which nothing is done to
	source   source
	faults   []injected
	requests atomic.Int64
	ends     map[int32]int64 // of the source partitions

	tasks sync.WaitGroup // restarts under way
	dying sync.WaitGroup // lives that were killed

	mu    sync.Mutex
	slots []*slot
	traps map[string]*trap // by the name of the life
	down  *node            // the broker that was taken away, if any
	log   []string
	begun time.Time
}

// injected is an error that the brokers were told to answer with.
type injected struct {
	*kfake.FaultHandle
	err *kerr.Error
	key kmsg.Key
}

func (w *world) inject(err *kerr.Error, key kmsg.Key, h *kfake.FaultHandle) {
	w.faults = append(w.faults, injected{h, err, key})
}

// slot is a process over its lives.
type slot struct {
	name  string
	lives int
	now   *process // nil while there is none
}

// outcome is what a run leaves behind.
type outcome struct {
	found   []history.Violation
	log     []string
	history history.History
}

// run plays a plan and returns what the checker finds.
func run(t *testing.T, p *plan, happen *happenings) outcome {
	t.Helper()
	w := &world{t: t, plan: p, net: newNetwork(), record: history.NewRecorder(), happen: happen, ends: map[int32]int64{}, traps: map[string]*trap{}, begun: time.Now()}
	w.source = source{random: p.random(1), users: p.users, fat: p.fat}
	w.broker = newBroker(t, w.net, p.session, w.record, happen, w.busy, w.reached)
	w.brokers = w.broker.ListenAddrs()
	w.sink = newDestination(w.net, w.record, happen, w.reached, p.allBad)
	var err error
	world := newCard(w.net, "world", 0)
	opts := []kgo.Opt{
		kgo.SeedBrokers(w.brokers...), kgo.Dialer(world.dialer(toKafka)),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0),
	}
	if p.fat { // a fetch brings whole batches
		opts = append(opts, kgo.ProducerBatchMaxBytes(fatFetch), kgo.ProducerBatchCompression(kgo.NoCompression()))
	}
	w.client, err = kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	w.broker.client = w.client
	w.play()
	found := w.finish()
	w.client.Close()
	w.sink.close()
	w.broker.Close()
	w.broker.watch.Wait()
	w.dying.Wait()
	h := w.record.History()
	happen.of(h)
	return outcome{append(found, history.Check(h)...), w.log, h}
}

// play goes through the plan.
func (w *world) play() {
	for i := range w.plan.processes {
		w.slots = append(w.slots, &slot{name: string(rune('a' + i))})
		w.begin(i)
	}
	for _, s := range w.plan.steps {
		if d := s.at - time.Since(w.begun); d > 0 {
			time.Sleep(d)
		}
		w.record.Add(history.Entry{Fault: &history.Fault{What: s.what}})
		w.note("plan", s.what)
		s.do(w)
	}
}

// finish heals the world, waits until all is delivered, stops everybody, and reads the letters.
func (w *world) finish() (found []history.Violation) {
	w.note("plan", "heal")
	w.sink.ClearFaults()
	w.sink.Outage(0)
	w.sink.SetCredentials(siteID, apiKey)
	for _, f := range w.faults {
		f.Remove()
		if f.Hits() > 0 && f.key == kmsg.Produce && (f.err == kerr.RequestTimedOut || f.err == kerr.NotEnoughReplicasAfterAppend) {
			w.happen.saw("letter applied and reported failed")
		}
	}
	w.disarm()
	w.bringBack()
	w.tasks.Wait()
	for i := range w.slots {
		w.begin(i)
	}
	for _, s := range w.slots {
		s.now.card.heal(toKafka)
		s.now.card.heal(toSink)
	}
	found = append(found, w.deliver()...)
	before := w.delivered()
	w.produce(40)
	found = append(found, w.deliver()...)
	for i, s := range w.slots {
		if st := s.now.Stats(); st.Sink.Gate.Shut && st.Ledger.Delivered > before[i] {
			found = append(found, history.Violation{Invariant: "I10", At: time.Since(w.begun), Text: s.now.name + " still holds, though the destination takes what it sends"})
		}
	}
	for _, s := range w.slots {
		for _, p := range s.now.Stats().Partitions {
			if p.Skipped > 0 {
				w.happen.saw("finished set skipped")
			}
		}
	}
	w.note("plan", "stop")
	var stops sync.WaitGroup
	for _, s := range w.slots {
		stops.Go(s.now.stop)
	}
	stops.Wait()
	w.readLetters()
	return found
}

// deliver waits until everything is committed, and says so when that does not come to pass.
func (w *world) deliver() []history.Violation {
	deadline := time.Now().Add(patience)
	for w.behind() > 0 {
		if time.Now().After(deadline) {
			return []history.Violation{{Invariant: "I10", At: time.Since(w.begun), Text: w.stuck()}}
		}
		time.Sleep(500 * time.Millisecond)
	}
	return nil
}

// delivered is how much each process has delivered.
func (w *world) delivered() (list []int64) {
	for _, s := range w.slots {
		list = append(list, s.now.Stats().Ledger.Delivered)
	}
	return list
}

// begin starts the next life of a process that has none.
func (w *world) begin(i int) {
	w.mu.Lock()
	s := w.slots[i]
	if s.now != nil {
		w.mu.Unlock()
		return
	}
	delete(w.traps, life(s.name, s.lives)) // which would keep a life in memory that is over
	s.lives++
	name := life(s.name, s.lives)
	w.mu.Unlock()
	p, err := w.start(name)
	if err != nil {
		w.t.Errorf("%s does not start: %v", name, err)
		return
	}
	w.mu.Lock()
	s.now = p
	w.mu.Unlock()
}

// alive returns a process that lives, or nil.
func (w *world) alive(i int) *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.slots[i].now
}

// busy tells whether a life has requests in the air.
func (w *world) busy(life string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.slots {
		if s.now != nil && s.now.name == life {
			return s.now.web.air.Load() > 0
		}
	}
	return false
}

// take returns a process that lives and leaves its slot empty.
func (w *world) take(i int) *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.slots[i].now
	w.slots[i].now = nil
	return p
}

// behind counts what the group has not committed.
func (w *world) behind() (n int64) {
	info := w.broker.GroupInfo(group)
	for p, end := range w.ends {
		n += end
		if info != nil {
			n -= info.Commits[topic][p].Offset
		}
	}
	return n
}

// stuck says what a run that does not end looks like.
func (w *world) stuck() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d records are not committed %s after everything was healed", w.behind(), patience)
	if info := w.broker.GroupInfo(group); info != nil {
		fmt.Fprintf(&b, "\n  group: %s, epoch %d, members %+v, commits %+v", info.State, info.Epoch, info.Members, info.Commits[topic])
	}
	for _, s := range w.slots {
		st := s.now.Stats()
		fmt.Fprintf(&b, "\n  %s: %s, gate %+v, letters %+v, partitions %+v", s.now.name, st.State, st.Sink.Gate, s.now.letters.Stats(), st.Partitions)
	}
	return b.String()
}

// readLetters puts the letters that their topic holds into the history.
func (w *world) readLetters() {
	world := newCard(w.net, "reader", 0)
	client, err := kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.Dialer(world.dialer(toKafka)), kgo.ConsumeTopics(letterTopic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		w.t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	left := w.letterEnds(ctx)
	for left > 0 {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			w.t.Errorf("%d letters cannot be read: %v", left, fetches.Err())
			return
		}
		fetches.EachRecord(func(r *kgo.Record) {
			left--
			w.letter(r)
		})
	}
}

func (w *world) letter(r *kgo.Record) {
	l, err := deadletter.Parse(r)
	if err != nil {
		w.record.Add(history.Entry{Letter: &history.Letter{Place: history.Place{Partition: -1}}})
		return
	}
	out := &history.Letter{
		Place: history.Place{Partition: l.Partition, Offset: l.Offset}, Op: l.Op, Reason: l.Reason,
		Record: history.Record{Key: l.Key, Value: l.Value, Millis: l.Timestamp.UnixMilli()},
	}
	for _, h := range l.Headers {
		out.Record.Headers = append(out.Record.Headers, history.Header(h))
	}
	w.record.Add(history.Entry{Letter: out})
}

// note keeps a line for whoever looks for the cause of a failure.
func (w *world) note(who, line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, fmt.Sprintf("%10s %-6s %s", time.Since(w.begun).Round(time.Millisecond), who, line))
}

// letterEnds counts the letters in their topic.
func (w *world) letterEnds(ctx context.Context) (n int64) {
	ends, err := kadm.NewClient(w.client).ListEndOffsets(ctx, letterTopic)
	if err != nil {
		w.t.Fatal(err)
	}
	ends.Each(func(o kadm.ListedOffset) { n += o.Offset })
	return n
}
