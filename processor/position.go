package processor

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// arrives compares the first offset of a fetch with the one that was expected, and returns the gap
// between them if there is one. Offsets that compaction left out are none: they lie above the log's start.
func (o *owner) arrives(first, high, start int64) (Gap, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	gap := Gap{Partition: o.partition, Resumed: first}
	switch {
	case o.reach < 0:
		return Gap{}, false
	case first < o.reach:
		gap.Reason, gap.From, gap.To = GapTruncated, first, o.reach
		if high < o.reach { // what stands below the end of the log is merely read again
			gap.From = high
		}
	case first > o.reach && start > o.reach:
		gap.Reason, gap.From, gap.To = GapRetention, o.reach, min(start, first)
	default:
		return Gap{}, false
	}
	return gap, true
}

// moved takes note that reading goes on at another offset, after the gap between was reported.
func (o *owner) moved(to int64, epoch int32) {
	o.resume()
	o.mu.Lock()
	defer o.mu.Unlock()
	if to < o.reach {
		o.before = beyond{} // the log was truncated
	}
	o.reach, o.leader = to, epoch
	o.move()
}

// low is the offset below which everything is finished or reported as gone, once that is known. The lock
// is held.
func (o *owner) low() (int64, bool) {
	if o.reach >= 0 && o.tracker.Pending() == 0 && len(o.inbox) == 0 {
		return o.reach, true
	}
	return o.tracker.Watermark()
}

// gap looks whether an error of a fetch tells of records that are gone, and reports them.
func (p *Processor) gap(err error) bool {
	if lost, ok := errors.AsType[*kgo.ErrDataLoss](err); ok {
		p.report(Gap{
			Partition: lost.Partition, From: min(lost.ResetTo, lost.ConsumedTo), To: lost.ConsumedTo, Resumed: lost.ResetTo,
			Reason: GapTruncated,
		})
		if o := p.owner(lost.Partition); o != nil {
			o.moved(lost.ResetTo, lost.ResetToEpoch)
		}
		return true
	}
	if large, ok := errors.AsType[*kgo.ErrDecompressTooLarge](err); ok {
		p.stepOver(large)
		return true
	}
	return false
}

// stepOver goes on behind a batch that cannot be unpacked. No rebalance runs meanwhile.
func (p *Processor) stepOver(batch *kgo.ErrDecompressTooLarge) {
	p.unpack.tooLarge.Add(-1)
	o := p.owner(batch.Partition)
	if o == nil {
		return
	}
	from := batch.Offset
	if reach, known := o.expects(); known {
		from = max(from, reach) // what stands before in the batch is finished
	}
	p.report(Gap{Partition: batch.Partition, From: from, To: batch.NextOffset, Resumed: batch.NextOffset, Reason: GapTooLarge})
	next := kgo.EpochOffset{Epoch: batch.Epoch, Offset: batch.NextOffset}
	p.client.SetOffsets(map[string]map[int32]kgo.EpochOffset{p.cfg.Topic: {batch.Partition: next}})
	o.moved(batch.NextOffset, batch.Epoch)
	if p.client.CommittedOffsets()[p.cfg.Topic][batch.Partition] != next {
		p.rejoin.Store(true) // the client moves only what it had an offset of; the group will have one by then
	}
}

// settleTopic looks whether the topic is still the one that it was, and joins the group anew for one that
// was made under its name: the client stays with the former one, and may find it again when a broker is
// late. It does nothing once polling has ended, nor while there is no topic.
func (p *Processor) settleTopic(polling, ctx context.Context) {
	if polling.Err() != nil {
		return
	}
	id, err := p.askTopic(ctx)
	if err != nil || !p.remade(id) && !p.rejoin.Load() && !p.unheard() {
		return
	}
	p.rejoin.Store(false)
	p.unpack.tooLarge.Store(0)
	p.revoked(ctx, p.client, map[string][]int32{p.cfg.Topic: numbers(p.owned())}) // the client may not say so
	if polling.Err() != nil {
		return
	}
	p.client.PurgeTopicsFromClient(p.cfg.Topic)
	p.client.AddConsumeTopics(p.cfg.Topic)
}

// unheard tells whether the word of a batch that cannot be unpacked is lost: the client throws away what it
// fetched of a paused partition, that word too, and then reads the partition no further.
func (p *Processor) unheard() bool {
	if p.unpack.tooLarge.Load() <= 0 {
		return false
	}
	return slices.ContainsFunc(p.owned(), func(o *owner) bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		return !o.paused && o.tracker.Pending() == 0 && len(o.inbox) == 0 && o.high > max(o.reach, o.start)
	})
}

// hand gives what was fetched of a topic to the owners of its partitions. The client may be with another topic
// of the name than they are, as after a word of a broker that is late: offsets of the one say nothing about
// the other, so the group is joined anew and what was fetched is fetched again.
func (p *Processor) hand(topic *kgo.FetchTopic) {
	for i := range topic.Partitions {
		f := &topic.Partitions[i]
		switch o := p.owner(f.Partition); {
		case o == nil || len(f.Records) == 0:
		case !o.reads(topic.TopicID):
			p.rejoin.Store(true)
		default:
			o.give(f.Records, f.HighWatermark, f.LogStartOffset)
		}
	}
}

// reads tells whether a topic is the one that the owner's offsets are of. Brokers that tell no ids tell nothing.
func (o *owner) reads(topic kadm.TopicID) bool {
	o.resume()
	o.mu.Lock()
	defer o.mu.Unlock()
	none := kadm.TopicID{}
	return topic == none || o.topicID == none || topic == o.topicID
}

// remade takes note of the topic's id, and tells whether there was another one. Its owners report what is gone
// with it when they end. Brokers that tell no ids tell nothing.
func (p *Processor) remade(id kadm.TopicID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	other := p.foreign(id)
	p.topicID = id
	return other
}

// deleted is the id of no topic: that of one that was deleted and not made anew yet.
var deleted = kadm.TopicID{15: 0xff} //nolint:gochecknoglobals // an array cannot be a constant

// recognize looks whether owners that end are of a topic that was deleted: the coordinator may take its
// partitions away before anybody here has seen that. It asks also when settleTopic has just asked: the topic may
// have been deleted during the drain, and a broker that is late may have answered then.
func (p *Processor) recognize() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second) // a hand-over does not wait for long
	defer cancel()
	id, err := p.askTopic(ctx)
	for errors.Is(err, kerr.UnknownTopicOrPartition) && ctx.Err() == nil { // a broker may know it again, or a later one
		<-time.After(askAgain)
		if other, again := p.askTopic(ctx); ctx.Err() == nil {
			id, err = other, again
		}
	}
	if errors.Is(err, kerr.UnknownTopicOrPartition) {
		id, err = deleted, nil
	}
	if err == nil && p.remade(id) {
		p.rejoin.Store(true) // the client may stay with the former one
	}
}

// askAgain is how long a hand-over waits before it asks another broker for a topic that one does not know.
const askAgain = 100 * time.Millisecond

// unfinished tells whether something of the partition was not read or not finished.
func (o *owner) unfinished() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.inbox) > 0 || o.tracker.Pending() > 0 || o.high > max(o.reach, o.start)
}

// former reports what an owner that is about to end has not finished of a topic that was made anew since: what
// it read and what it did not.
func (p *Processor) former(o *owner) {
	o.resume()
	o.mu.Lock()
	from, known := o.low() // 0 where nobody knows
	if !known && len(o.inbox) > 0 {
		from = o.inbox[0].offset
	}
	of, to, ended := o.topicID, max(from, o.reach, o.high), o.ended
	o.mu.Unlock()
	p.mu.Lock()
	other := p.foreign(of)
	p.mu.Unlock()
	if other && !ended {
		p.report(Gap{Partition: o.partition, From: from, To: to, Resumed: -1, Reason: GapRecreated})
	}
}

// askTopic asks for the id of the topic as it is now. It fails when there is none, or no answer.
func (p *Processor) askTopic(ctx context.Context) (kadm.TopicID, error) {
	asking, cancel := context.WithTimeout(ctx, commitPatience)
	defer cancel()
	topics, err := p.admin.ListTopics(asking, p.cfg.Topic)
	if err != nil {
		return kadm.TopicID{}, err //nolint:wrapcheck // it is asked again
	}
	topic := topics[p.cfg.Topic]
	p.unpack.spread(&topic)
	return topic.ID, topic.Err
}
