package processor

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/pintle-io/pintle/sink"
)

// Stats is a snapshot of a processor.
type Stats struct {
	// State is one of the State constants.
	State string
	// Ready is true when partitions can be worked; NotReady says why not.
	Ready    bool
	NotReady string
	// Ledger is the account of the whole process, ended assignments included.
	Ledger Ledger
	// Partitions are those owned, by number.
	Partitions             []PartitionStats
	HeldBytes, BudgetBytes int64
	LateResults            int64
	Sink                   sink.Stats
	// Gaps counts the stretches that were passed over because they could not be read, by why.
	Gaps map[GapReason]GapCount
	// Lapsed says since when nothing is sent because the group's coordinator has not answered, the zero
	// time when it has.
	Lapsed time.Time
}

// PartitionStats is a snapshot of one partition.
type PartitionStats struct {
	Topic     string
	Partition int32
	Ledger    Ledger
	// Committed is the last offset we committed, -1 before the first; Watermark the offset below which
	// everything is finished or gone, -1 while that is not known; HighWatermark the end of the partition as
	// last heard.
	Committed, Watermark, HighWatermark int64
	// Skipped counts records that a former owner had finished beyond the offset it committed.
	Skipped int64
	// Lag is HighWatermark less Watermark, without what the topic has deleted.
	Lag int64
	// Age is how old the oldest unfinished record is, 0 when all are finished.
	Age    time.Duration
	Paused bool
	// Braked is true when it was stopped because most records fail, or most ops are refused, see
	// [Processor.ReleaseBrake].
	Braked bool
	// Waiting says what holds the partition up, empty when nothing does.
	Waiting string
}

// Stats returns a snapshot. It may be called at any time, by any goroutine.
func (p *Processor) Stats() Stats {
	s := Stats{Sink: p.sink.Stats(), HeldBytes: p.held.Load(), BudgetBytes: p.cfg.Budget, LateResults: p.late.Load()}
	s.Gaps = p.gaps.snapshot()
	now := time.Now()
	s.Lapsed = p.lease.lapsed(now)
	p.mu.Lock()
	defer p.mu.Unlock()
	s.State, s.Ledger = p.state, p.past.clone()
	for n, o := range p.owners {
		part := o.stats(now)
		if why := p.waits[n]; why != "" {
			part.Waiting = "fetch: " + why
		}
		s.Ledger.add(&part.Ledger)
		s.Partitions = append(s.Partitions, part)
	}
	for o := range p.leaving {
		part := o.stats(now)
		s.Ledger.add(&part.Ledger)
	}
	slices.SortFunc(s.Partitions, func(a, b PartitionStats) int { return int(a.Partition - b.Partition) })
	s.Ready, s.NotReady = ready(&s)
	return s
}

func ready(s *Stats) (bool, string) {
	switch g := s.Sink.Gate; {
	case s.State != StateRunning:
		return false, s.State
	case g.Shut && (g.Cause == sink.CauseCredentials || g.Cause == sink.CauseConfiguration):
		return false, g.Hint
	case slices.ContainsFunc(s.Partitions, func(p PartitionStats) bool { return p.Braked }):
		return false, BrakeHint
	default:
		return true, ""
	}
}

func (o *owner) stats(now time.Time) PartitionStats {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := PartitionStats{
		Topic: o.topic, Partition: o.partition, Ledger: o.ledger.clone(),
		Committed: o.acknowledged, Watermark: -1, HighWatermark: o.high,
		Age: o.age(now), Paused: o.paused, Skipped: o.skipped,
	}
	if low, known := o.low(); known {
		s.Watermark = low
		s.Lag = max(0, o.high-max(low, o.start))
	}
	s.Waiting, s.Braked = o.stopped()
	switch {
	case s.Braked:
	case o.letters > 0:
		s.Waiting = "letters"
	case len(o.inbox) > 0 && !o.tracker.Fits(o.inbox[0].offset):
		s.Waiting = "window"
	}
	return s
}

// endsInterval is how often the ends of partitions are asked for, so that lag is true while they are
// paused.
const endsInterval = 5 * time.Second

func (p *Processor) askEnds(ctx context.Context) {
	asking, cancel := context.WithTimeout(ctx, endsInterval)
	defer cancel()
	ends, err := p.admin.ListEndOffsets(asking, p.cfg.Topic)
	if err != nil {
		p.log.Debug("the ends of the partitions are not known", slog.String("error", err.Error()))
		return
	}
	starts, err := p.admin.ListStartOffsets(asking, p.cfg.Topic)
	if err != nil {
		p.log.Debug("the starts of the partitions are not known", slog.String("error", err.Error()))
		return
	}
	id, err := p.askTopic(asking) // last: a topic that is the same now was so all the time
	if err != nil {
		p.log.Debug("whose ends they are is not known", slog.String("error", err.Error()))
		return
	}
	for _, o := range p.owned() {
		if !o.reads(id) {
			continue
		}
		start, known := starts.Lookup(p.cfg.Topic, o.partition)
		if end, ok := ends.Lookup(p.cfg.Topic, o.partition); ok && end.Err == nil && known && start.Err == nil {
			o.spans(time.Now(), start.Offset, end.Offset)
		}
	}
}

// spans takes note of what the log holds now.
func (o *owner) spans(now time.Time, start, end int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.high, o.start, o.spanned = max(o.high, end), max(o.start, start), now
}
