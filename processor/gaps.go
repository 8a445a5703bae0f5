package processor

import (
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// GapReason is a stable code for why records will never be read. The list is closed and API.
type GapReason string

// Reasons of gaps.
const (
	// GapRetention: the topic had deleted the records before they were read.
	GapRetention GapReason = "retention"
	// GapTruncated: the log ends, or begins again, below what had been read: a leader without these
	// records was elected, or a disk was lost. Those that were read are delivered nevertheless.
	GapTruncated GapReason = "truncated"
	// GapRecreated: the topic was deleted, and made anew under its name or not yet.
	GapRecreated GapReason = "recreated"
	// GapTooLarge: a batch unpacks to more than the client may hold.
	GapTooLarge GapReason = "decompress_too_large"
)

// GapReasons are all reasons of gaps.
func GapReasons() []GapReason {
	return []GapReason{GapRetention, GapTruncated, GapRecreated, GapTooLarge}
}

// Next is the next step for the operator.
func (r GapReason) Next() string {
	switch r {
	case GapRetention:
		return "raise retention.ms and retention.bytes of the topic, and watch pintle_consumer_lag_age_seconds against them"
	case GapTruncated:
		return "see that unclean.leader.election.enable is false and enough replicas are in sync; what senders wrote there and still have can be sent again"
	case GapRecreated:
		return "nothing if it was meant; offsets that were copied from another cluster look the same: stop all members and set them with " +
			"kafka-consumer-groups --reset-offsets, which leaves the note of the topic out"
	default:
		return "read these offsets with another consumer and send them again in smaller batches: see batch.size, linger.ms and compression.type of the sender"
	}
}

// Gap is a stretch of a partition that is passed over because it cannot be read, or never again.
type Gap struct {
	Time      time.Time
	Topic     string
	Partition int32
	// From and To bound the offsets that are gone; To is not among them. They are equal where nobody can
	// know how many were.
	From, To int64
	// Resumed is the offset that reading goes on at, -1 for the start of the topic.
	Resumed int64
	Reason  GapReason
}

// Records is how many records are gone at most: some offsets may have held none.
func (g *Gap) Records() int64 { return g.To - g.From }

// GapCount is how many gaps there were, and how many records they held at most.
type GapCount struct{ Gaps, Records int64 }

// gapsKept bounds the gaps that are told one by one; all are counted.
const gapsKept = 1000

// gaps are those that this process met.
type gaps struct {
	mu     sync.Mutex
	list   []Gap
	counts map[GapReason]GapCount
}

// add keeps g and reports whether it is new: a batch, or a note of another topic, may be met again.
func (g *gaps) add(gap Gap) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	same := func(o Gap) bool { o.Time = gap.Time; return o == gap }
	if slices.ContainsFunc(g.list, same) {
		return false
	}
	if len(g.list) == gapsKept {
		g.list = slices.Delete(g.list, 0, 1)
	}
	g.list = append(g.list, gap)
	n := g.counts[gap.Reason]
	g.counts[gap.Reason] = GapCount{Gaps: n.Gaps + 1, Records: n.Records + gap.Records()}
	return true
}

func (g *gaps) snapshot() map[GapReason]GapCount {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.counts)
}

// Gaps are the newest gaps that this process met, oldest first, at most 1,000. It may be called at any
// time, by any goroutine.
func (p *Processor) Gaps() []Gap {
	p.gaps.mu.Lock()
	defer p.gaps.mu.Unlock()
	return slices.Clone(p.gaps.list)
}

// report tells of a gap, before anything behind it is read.
func (p *Processor) report(gap Gap) {
	gap.Time, gap.Topic = time.Now(), p.cfg.Topic
	if !p.gaps.add(gap) {
		return
	}
	p.log.Error("records cannot be read and are passed over", slog.String("reason", string(gap.Reason)),
		slog.String("topic", gap.Topic), slog.Int("partition", int(gap.Partition)), slog.Int64("from", gap.From), slog.Int64("to", gap.To),
		slog.Int64("records_at_most", gap.Records()), slog.Int64("resumed", gap.Resumed), slog.String("next", gap.Reason.Next()))
}
