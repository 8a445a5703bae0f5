package processor

import (
	"context"
	"iter"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// offsetsFetched keeps what the former owners of partitions finished beyond what they committed. A commit
// that speaks of a former topic of the name says nothing about this one, which is read from its start.
func (p *Processor) offsetsFetched(ctx context.Context, _ *kgo.Client, resp *kmsg.OffsetFetchResponse) error {
	if err := p.identify(ctx, resp); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for part, of := range commits(resp) {
		b := &beyond{topic: p.topicID, from: -1, epoch: -1}
		p.beyond[part.Partition] = b
		delete(p.anew, part.Partition) // of an assignment that ended before it was read
		switch {
		case part.Offset < 0:
		case p.foreign(of):
			p.anew[part.Partition] = struct{}{}
			p.report(Gap{Partition: part.Partition, From: part.Offset, To: part.Offset, Resumed: -1, Reason: GapRecreated})
		default:
			b.from, b.epoch = part.Offset, part.LeaderEpoch
			if part.Metadata != nil {
				b.bitmap = decodeBeyond(p.topicID, part.Offset, *part.Metadata)
			}
		}
	}
	return nil
}

// identify asks for the topic's id when a commit speaks of another one: this process may be the one that
// knows a former topic, or none.
func (p *Processor) identify(ctx context.Context, resp *kmsg.OffsetFetchResponse) error {
	p.mu.Lock()
	known := p.topicID != deleted
	for _, of := range commits(resp) {
		known = known && !p.foreign(of)
	}
	p.mu.Unlock()
	if known {
		return nil
	}
	id, err := p.askTopic(ctx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.topicID = id
	return nil
}

// foreign tells whether of is a topic other than the one that is read. The lock is held.
func (p *Processor) foreign(of kadm.TopicID) bool {
	none := kadm.TopicID{}
	return of != none && p.topicID != none && of != p.topicID
}

// commits are the committed offsets of an answer, each with the topic that its metadata speaks of.
func commits(resp *kmsg.OffsetFetchResponse) iter.Seq2[*kmsg.OffsetFetchResponseGroupTopicPartition, kadm.TopicID] {
	return func(yield func(*kmsg.OffsetFetchResponseGroupTopicPartition, kadm.TopicID) bool) {
		for _, g := range resp.Groups {
			for _, t := range g.Topics {
				for i := range t.Partitions {
					part := &t.Partitions[i]
					var of kadm.TopicID
					if part.Metadata != nil {
						of, _ = readBeyond(part.Offset, *part.Metadata)
					}
					if !yield(part, of) {
						return
					}
				}
			}
		}
	}
}

// adjustOffsets begins at the start of partitions whose commit speaks of a former topic.
func (p *Processor) adjustOffsets(_ context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for partition := range offsets[p.cfg.Topic] {
		if _, anew := p.anew[partition]; anew {
			offsets[p.cfg.Topic][partition] = kgo.NewOffset().AtStart()
			delete(p.anew, partition)
		}
	}
	return offsets, nil
}

// takeBeyond takes it for o, unless the partition has its next owner by now, whose it is.
func (p *Processor) takeBeyond(o *owner) *beyond {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.owners[o.partition]; now != nil && now != o {
		return nil
	}
	b := p.beyond[o.partition]
	delete(p.beyond, o.partition)
	return b
}

// resume takes what the former owner left, if that has been fetched and not been taken, and the topic that it
// was taken for the offsets of. It asks the processor, whose lock is never taken inside an owner's.
func (o *owner) resume() {
	if before := o.p.takeBeyond(o); before != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.before, o.reach, o.topicID = *before, before.from, before.topic
	}
}

// expects returns the offset that is read next, if it is known.
func (o *owner) expects() (offset int64, known bool) {
	o.resume()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.reach, o.reach >= 0
}
