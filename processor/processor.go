package processor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/sink"
)

// Processor is one member of a consumer group with everything behind it. Make it with [New], run it
// once.
type Processor struct {
	cfg      Config
	log      *slog.Logger
	sink     *sink.Dispatcher
	letters  LetterWriter
	client   *kgo.Client
	admin    *kadm.Client
	flow     *flow
	unpack   *unpacker
	gather   gather
	brakes   *brakes // of records that cannot be decoded or mapped
	refusals *brakes // of ops that the destination refuses
	gaps     gaps
	dog      watchdog // of its goroutine alone
	alive    atomic.Pointer[liveness]
	lease    *lease
	away     absence
	// instance ends the run, sever all that the client waits for.
	instance *instance
	sever    context.CancelFunc

	epochs  atomic.Uint64
	held    atomic.Int64  // bytes, of all owners
	late    atomic.Int64  // results of ended epochs
	bare    atomic.Bool   // commits go without metadata: the broker takes none of that size
	rejoin  atomic.Bool   // the group is to be joined anew
	moved   chan struct{} // capacity 1: there is something to commit
	hurry   chan struct{}
	hurried sync.Once
	// committing is held by whoever commits, so that no commit overtakes a later one.
	committing chan struct{}
	cutCommit  atomic.Pointer[context.CancelCauseFunc] // ends the newest commit

	mu      sync.Mutex // covers what follows
	owners  map[int32]*owner
	leaving map[*owner]struct{} // taken and not yet ended
	past    Ledger              // of ended owners
	state   string
	waits   map[int32]string  // why the client cannot read a partition
	beyond  map[int32]*beyond // what former owners left, until an owner takes it
	topicID kadm.TopicID
	anew    map[int32]struct{} // partitions whose commit speaks of a former topic of the name
}

// flowInterval is how often the pauses are looked at without a cause: a probe may take the last op that
// could be probed with, and nothing else would tell.
const flowInterval = 500 * time.Millisecond

// wholeGroup stands for a partition where a fault is of none: joining the group, for one.
const wholeGroup = -1

// States of a processor, as [Stats] tells them.
const (
	StateStarting = "starting"
	StateRunning  = "running"
	StateDraining = "draining"
	StateStopped  = "stopped"
)

// New returns a processor that delivers by sender and writes what cannot be delivered to letters. It
// does not talk to Kafka yet.
func New(cfg Config, sender sink.Sender, letters LetterWriter, log *slog.Logger) (*Processor, error) {
	cfg = cfg.withDefaults()
	if _, err := parseStart(cfg.Start); err != nil {
		return nil, err
	}
	p := &Processor{
		cfg: cfg, log: log, letters: letters, lease: newLease(cfg.Session),
		moved: make(chan struct{}, 1), hurry: make(chan struct{}), committing: make(chan struct{}, 1),
		owners: map[int32]*owner{}, leaving: map[*owner]struct{}{}, past: newLedger(), state: StateStarting, waits: map[int32]string{}, beyond: map[int32]*beyond{},
		gaps: gaps{counts: map[GapReason]GapCount{}}, anew: map[int32]struct{}{},
	}
	p.flow, p.brakes, p.refusals = newFlow(p), newBrakes(cfg.NoBrake), newBrakes(cfg.NoBrake)
	p.sink = sink.NewDispatcher(sender, p.lease, cfg.Sink, p.settle, p.gateMoved)
	return p, nil
}

// Run reads and delivers until ctx ends, then stops in order: no more polling, drain, letters, commit,
// leave. It returns nil after an orderly stop. It refuses to start with [*NoStartError],
// [*NoTopicError] or [ErrUnreachable], and stops with [*InstanceTakenError] when it must not go on.
func (p *Processor) Run(ctx context.Context) error {
	defer p.setState(StateStopped)
	// With its context a client gives up on brokers that take connections and say nothing.
	whole, sever := context.WithCancel(context.WithoutCancel(ctx))
	defer sever()
	p.sever = sever
	begun := context.AfterFunc(ctx, sever) // before it has begun, a stop waits for nobody
	// This client is asked seldom, and must not answer from memory: the topic may have been made anew a moment ago.
	var s scratch
	admin, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(p.cfg.Brokers...), kgo.WithContext(whole), kgo.MetadataMinAge(10 * time.Millisecond), kgo.MaxDecompressBatchBytes(fetchUnpackedBytes), kgo.WithPools(&s),
	}, p.cfg.Opts...)...)
	if err != nil {
		return fmt.Errorf("kafka options: %w", err)
	}
	defer admin.Close()
	p.admin = kadm.NewClient(admin)
	// There is no other way to a bounded decompressor than by a client that has one.
	p.unpack = newUnpacker(admin.OptValue(kgo.WithDecompressor).(kgo.Decompressor), &s, fetchRoom(p.cfg.Budget))
	if err := p.settleStart(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // it was stopped before it began
		}
		return err
	}
	if p.cfg.ServerSideBalancer {
		p.learnSession(ctx, admin)
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	taken := &InstanceTakenError{Group: p.cfg.Group, InstanceID: p.cfg.InstanceID}
	p.instance = &instance{end: func() { end(taken) }}
	begun()
	if p.client, err = kgo.NewClient(append(p.options(), kgo.WithContext(whole), kgo.WithHooks(p.lease, p.instance, p.unpack, groupErrors(p.outside), &pace{empty: map[int32]int{}}))...); err != nil {
		return fmt.Errorf("kafka options: %w", err)
	}
	p.setState(StateRunning)
	p.work(ctx)
	if errors.Is(context.Cause(ctx), taken) {
		return taken
	}
	return nil
}

// work runs the goroutines of a processor from the first poll to the last commit.
func (p *Processor) work(ctx context.Context) {
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var tasks sync.WaitGroup
	tasks.Go(func() { p.sink.Run(background) })
	tasks.Go(func() { p.flow.run(background) })
	tasks.Go(func() { p.commits(background) })
	tasks.Go(func() { every(background, flowInterval, p.flow.nudge) })
	tasks.Go(func() { every(background, flowInterval, p.tellLease()) })
	tasks.Go(func() { every(background, endsInterval, func() { p.askEnds(background) }) })
	tasks.Go(func() { every(background, endsInterval, func() { p.settleTopic(ctx, background) }) })
	tasks.Go(func() {
		every(background, watchInterval, p.watch)
		p.alive.Store(nil)
	})
	tasks.Go(func() { p.poll(ctx) })
	<-ctx.Done() // and not the end of polling, which waits for hand-overs
	p.stop()     //nolint:contextcheck // ctx has ended: the drain has a deadline of its own
	cancel()
	tasks.Wait()
}

func (p *Processor) options() []kgo.Opt {
	all, partition := p.unpack.fetch()
	opts := []kgo.Opt{
		kgo.SeedBrokers(p.cfg.Brokers...),
		kgo.ConsumeTopics(p.cfg.Topic),
		kgo.ConsumerGroup(p.cfg.Group),
		kgo.BlockRebalanceOnPoll(),
		kgo.DisableAutoCommit(),
		kgo.SessionTimeout(p.cfg.Session),
		kgo.HeartbeatInterval(p.cfg.Session / 10),
		kgo.RebalanceTimeout(p.cfg.Rebalance),
		kgo.FetchMaxBytes(all),
		kgo.FetchMaxPartitionBytes(partition),
		kgo.FetchMaxWait(fetchWait),
		kgo.ConsumePreferringLagFn(p.gather.hold),
		kgo.WithDecompressor(p.unpack),
		kgo.WithPools(p.unpack),
		// A group always has commits, see settleStart: a partition without one is new.
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.OnOffsetsFetched(p.offsetsFetched),
		kgo.AdjustFetchOffsetsFn(p.adjustOffsets),
		// Markers of transactions are told, so that nothing waits for records in their place.
		kgo.KeepControlRecords(),
		kgo.OnPartitionsAssigned(p.assigned),
		kgo.OnPartitionsRevoked(p.revoked),
		kgo.OnPartitionsLost(p.lost),
	}
	if p.cfg.InstanceID != "" {
		opts = append(opts, kgo.InstanceID(p.cfg.InstanceID))
	}
	if p.cfg.ServerSideBalancer {
		opts = append(opts, kgo.ServerSideBalancer())
	} else {
		opts = append(opts, kgo.Balancers(kgo.CooperativeStickyBalancer()))
	}
	return append(opts, p.cfg.Opts...)
}

// poll hands records to their owners and does nothing else: whatever blocks here holds up rebalances.
func (p *Processor) poll(ctx context.Context) {
	for ctx.Err() == nil {
		fetches := p.client.PollRecords(ctx, p.unpack.portion(p.client.BufferedFetchRecords(), p.client.BufferedFetchBytes()))
		p.note(ctx, fetches)
		for _, fetch := range fetches { // and not by EachTopic, which takes all of a name for one topic
			for i := range fetch.Topics {
				p.hand(&fetch.Topics[i])
			}
		}
		p.unpack.recycle()
		if p.client.BufferedFetchRecords() == 0 {
			p.unpack.out.lost(time.Now())
		}
		p.client.UpdateFetchMaxBytes(p.unpack.fetch())
		p.client.AllowRebalance()
		p.flow.took()
		p.flow.awaitRoom(ctx)
	}
}

func (p *Processor) owner(partition int32) *owner {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.owners[partition]
}

// settle hands results to their owners, those of one owner together where they stand together.
func (p *Processor) settle(results []sink.Result) {
	of := func(r *sink.Result) *owner { return r.Op.Origin.(*event).record.owner }
	for start := 0; start < len(results); {
		end := start + 1
		for end < len(results) && of(&results[end]) == of(&results[start]) {
			end++
		}
		of(&results[start]).settle(results[start:end])
		start = end
	}
}

func (p *Processor) gateMoved(g sink.GateState) {
	if !g.Shut {
		p.log.Info("delivering again")
	} else {
		p.log.Warn("holding: nothing is sent but probes, nothing is lost", slog.String("cause", g.Cause.String()),
			slog.Int("status", g.Status), slog.String("next", g.Hint))
	}
	p.flow.nudge()
}

func (p *Processor) setState(state string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = state
}

func (p *Processor) stopping() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state == StateDraining
}
