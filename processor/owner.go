package processor

import (
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// submitOps is how many ops an owner gathers before it hands them to the sink: enough to make the lock
// cheap, few enough that the sink begins while the owner maps on.
const submitOps = 64

// owner works one partition for one assignment. Its goroutine decodes and maps the records in their
// order; what becomes of them comes back from the sink and the letters in any order.
type owner struct {
	p         *Processor
	topic     string
	partition int32
	epoch     uint64

	halting sync.Once
	wake    chan struct{} // capacity 1: records came, or the window moved
	stop    chan struct{} // closed when nothing more may be mapped
	done    chan struct{} // closed when the goroutine has ended
	over    chan struct{} // closed when the epoch has ended

	mu           sync.Mutex   // covers what follows
	topicID      kadm.TopicID // which its offsets are of
	inbox        []*record
	tracker      *Tracker
	ledger       Ledger
	ended        bool  // the epoch is over: what comes back is ignored
	held         int64 // bytes
	letters      int   // that wait for the broker
	lettered     int64 // bytes of these letters
	paused       bool
	braked       bool          // the brake has stopped it
	withheld     []withheld    // letters that the brake keeps back
	answers      outcomes      // the last ops that the destination has decided about, for the brake
	leader       int32         // epoch of the partition's leader, as of the newest record
	high         int64         // high watermark
	start        int64         // of the log
	reach        int64         // the offset that is read next; -1: unknown
	spanned      time.Time     // when the log's start and end were asked for last
	mapping      int64         // the offset that is mapped at the moment, -1: none
	acknowledged int64         // the committed offset as far as we know; -1 before our first commit
	moves        int64         // finished records, ever
	committed    int64         // of moves, as of our last commit
	before       beyond        // what the former owner finished
	skipped      int64         // records that the former owner had finished
	settled      chan struct{} // closed and made anew when a letter was settled

	// Of the owner's goroutine alone.
	fared   outcomes // the last records, for the brake
	decoded []schema.Event
	scratch []eventScratch
	slab    []sink.Op  // a slab that the next ops are cut from
	batch   []*sink.Op // mapped and not yet submitted
}

func newOwner(p *Processor, topic string, partition int32, epoch uint64) *owner {
	return &owner{
		p: p, topic: topic, topicID: p.topicID, partition: partition, epoch: epoch,
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}), over: make(chan struct{}),
		tracker: NewTracker(p.cfg.Window), ledger: newLedger(), acknowledged: -1, reach: -1, mapping: -1,
		settled: make(chan struct{}), fared: outcomes{size: brakeOwn}, answers: outcomes{size: brakeOwn},
	}
}

// give hands copies of records over, with the ends of the log as they were fetched. It never blocks.
func (o *owner) give(records []*kgo.Record, high, start int64) {
	var bytes int64
	ours := make([]*record, len(records))
	for i, k := range records {
		ours[i] = newRecord(o, k)
		bytes += ours[i].held
	}
	o.resume()
	if gap, ok := o.arrives(records[0].Offset, high, start); ok {
		o.p.report(gap)
	}
	o.mu.Lock()
	o.inbox = append(o.inbox, ours...)
	o.reach = records[len(records)-1].Offset + 1
	o.high, o.start = high, max(o.start, start)
	o.charge(bytes)
	o.mu.Unlock()
	o.nudge()
}

func (o *owner) nudge() {
	signal(o.wake)
}

// charge books bytes, negative ones to give back, while the lock is held. An ended owner holds nothing.
func (o *owner) charge(bytes int64) {
	if o.ended {
		return
	}
	o.held += bytes
	o.p.held.Add(bytes)
}

// run is the owner's goroutine.
func (o *owner) run() {
	defer close(o.done)
	for {
		select {
		case <-o.stop:
			return
		case <-o.wake:
		}
		for o.work() {
		}
		o.submit()
	}
}

// work maps the next record, if there is one and the window has room.
func (o *owner) work() bool {
	select {
	case <-o.stop:
		return false
	default:
	}
	o.mu.Lock()
	if len(o.inbox) == 0 || !o.tracker.Fits(o.inbox[0].offset) {
		o.mu.Unlock()
		return false
	}
	r := o.inbox[0]
	o.inbox[0] = nil
	o.inbox = o.inbox[1:]
	if len(o.inbox) == 0 {
		o.inbox = nil // so that the array behind it can go
	}
	if o.tracker.Known(r.offset) {
		o.before = beyond{} // the log was truncated: what stands there is taken for new records
	}
	o.tracker.Begin(r.offset, r.at)
	o.mapping = r.offset
	o.leader = r.leader
	done := o.before.has(r.offset, r.leader)
	if done || r.control {
		if done {
			o.skipped++
		}
		o.mapped(r)
		o.mu.Unlock()
		return true
	}
	o.mu.Unlock()

	o.process(r)
	if len(o.batch) >= submitOps {
		o.submit()
	}
	return true
}

func (o *owner) submit() {
	if len(o.batch) == 0 {
		return
	}
	o.p.sink.Submit(o.batch)
	o.batch = slices.Delete(o.batch, 0, len(o.batch))
}

// settle books results of the sink. It is called by many goroutines at once.
func (o *owner) settle(results []sink.Result) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range results {
		op := results[i].Op
		ev := op.Origin.(*event)
		switch {
		case o.ended:
			o.p.late.Add(1)
		case results[i].Delivered():
			o.stopsAt(false)
			o.closeOp(ev)
			if r := ev.record; r.open > 0 {
				o.tracker.Halve(r.offset)
			}
		default:
			o.refused(ev, &results[i])
		}
		// Ops are allocated by the slab: what is finished must not keep its bytes for its neighbours' sake.
		op.Body, op.Origin = nil, nil
	}
}

// closeOp books the end of one op, and of its event and its record with it. The lock is held.
func (o *owner) closeOp(ev *event) {
	ev.open--
	if ev.open > 0 {
		return
	}
	if ev.lost != "" {
		o.ledger.deadLetter(ev.lost)
	} else {
		o.ledger.deliver()
	}
	o.closeEvent(ev.record)
}

// mapped books that the mapping of a record is finished. The lock is held.
func (o *owner) mapped(r *record) {
	o.mapping = -1
	r.held -= r.reserved
	o.charge(-r.reserved)
	o.closeEvent(r)
}

// closeEvent books that an event, or the mapping of the whole record, is finished. The lock is held.
func (o *owner) closeEvent(r *record) {
	r.open--
	if r.open > 0 {
		return
	}
	o.charge(-r.held)
	r.key, r.value, r.headers = nil, nil, nil
	o.move()
	if o.tracker.Finish(r.offset) && len(o.inbox) > 0 {
		o.nudge()
	}
	o.p.flow.freed()
}

// move books that there is something new to commit. The lock is held.
func (o *owner) move() {
	o.moves++
	signal(o.p.moved)
}

// halt stops the mapping and waits for the goroutine: the record at hand is finished, no other begun.
func (o *owner) halt() {
	o.halting.Do(func() { close(o.stop) })
	<-o.done
}

// end fences the owner: whatever comes back is ignored from here on. It reports whether this was the
// first call, and then the final account.
func (o *owner) end() (Ledger, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return Ledger{}, false
	}
	o.inbox = nil
	o.forget()
	// The writer keeps its letters until the broker has them, whoever owns the partition by then.
	o.charge(o.lettered - o.held)
	o.ended = true
	o.p.flow.freed()
	o.ledger.handBack()
	close(o.over)
	return o.ledger.clone(), true
}

// progress is what to commit for a partition.
type progress struct {
	offset   kgo.EpochOffset
	metadata string
	moves    int64
}

// commit is what to commit for the owner, if anything was finished since the last time.
func (o *owner) commit() (progress, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	low, known := o.low()
	if o.ended || !known || o.moves == o.committed {
		return progress{}, false
	}
	var finished []byte
	next := low
	if o.tracker.Pending() > 0 {
		low, finished = o.tracker.Snapshot()
		next = o.tracker.Next()
	}
	leader := o.leader
	if o.tracker.Halves() == 0 {
		finished, leader = o.before.carry(finished, low, next, leader)
	}
	at := progress{offset: kgo.EpochOffset{Epoch: leader, Offset: low}, moves: o.moves}
	if !o.p.bare.Load() {
		at.metadata = encodeBeyond(o.topicID, low, finished)
	}
	return at, true
}

func (o *owner) acknowledge(at progress) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acknowledged = max(o.acknowledged, at.offset.Offset)
	o.committed = max(o.committed, at.moves)
}

func (o *owner) age(now time.Time) time.Duration {
	oldest, ok := o.tracker.Oldest()
	if !ok && len(o.inbox) > 0 {
		oldest, ok = o.inbox[0].at, true
	}
	if !ok {
		return 0
	}
	return max(0, now.Sub(oldest))
}
