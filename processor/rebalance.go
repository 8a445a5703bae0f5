package processor

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// assigned makes an owner for each partition. The client calls it, and the two below, one at a time.
func (p *Processor) assigned(_ context.Context, client *kgo.Client, topics map[string][]int32) {
	p.joined()
	partitions := slices.Compact(slices.Sorted(slices.Values(topics[p.cfg.Topic]))) // it has named some twice
	if len(partitions) == 0 {
		return
	}
	if slices.ContainsFunc(partitions, func(n int32) bool { return p.owner(n) != nil }) {
		p.drop(topics[p.cfg.Topic]) //nolint:contextcheck // assigned anew without a word, as after the topic was left; nothing is waited for
	}
	p.flow.mu.Lock() // no pause in between, which the resume below would undo
	defer p.flow.mu.Unlock()
	p.mu.Lock()
	for _, n := range partitions {
		o := newOwner(p, p.cfg.Topic, n, p.epochs.Add(1))
		p.owners[n] = o
		go o.run()
	}
	p.mu.Unlock()
	// The client keeps pauses over a reassignment.
	client.ResumeFetchPartitions(map[string][]int32{p.cfg.Topic: partitions})
	p.log.Info("partitions assigned", slog.Any("partitions", partitions))
}

// revoked gives partitions back in order: what is in the air may finish, then the offset is committed,
// then the epoch ends. Heartbeats go on meanwhile. An empty map is routine and means nothing.
func (p *Processor) revoked(session context.Context, client *kgo.Client, topics map[string][]int32) {
	if len(topics[p.cfg.Topic]) == 0 {
		return
	}
	if !p.lease.Held() {
		// It was away for longer than its session, and has joined anew: what it gives back may have been another
		// member's meanwhile, and the group would take its commit all the same once a heartbeat was answered.
		p.lost(session, client, topics)
		return
	}
	ctx, cancel := p.within(p.cfg.revokeDrain())
	defer cancel()
	defer p.awaitLeaving(ctx, topics[p.cfg.Topic]) //nolint:contextcheck // the client's context ends with the session; the wait has its own deadline
	gone := p.takeOwners(topics[p.cfg.Topic])
	if len(gone) == 0 {
		return
	}
	cut := p.drain(ctx, gone)            //nolint:contextcheck // the client's context ends with the session; the drain has its own deadline
	p.recognize()                        //nolint:contextcheck // the client's context ends with the session; the question has its own deadline
	p.commit(context.Background(), gone) //nolint:contextcheck // when the drain ran into its deadline, what was finished is committed all the same
	p.end(gone)
	p.log.Info("partitions handed over", slog.Any("partitions", numbers(gone)), slog.Int("requests_cut", cut))
}

// lost ends epochs at once and commits nothing: the partitions have another owner by now.
func (p *Processor) lost(_ context.Context, _ *kgo.Client, topics map[string][]int32) {
	if len(topics[p.cfg.Topic]) == 0 {
		return
	}
	since := p.lease.last()
	if gone := p.drop(topics[p.cfg.Topic]); len(gone) > 0 { //nolint:contextcheck // nothing is waited for
		p.away.begins(since, gone)
	}
}

// drop ends the owners of partitions at once, commits nothing, and returns which there were.
func (p *Processor) drop(partitions []int32) []int32 {
	p.takeOwners(partitions)
	gone := p.leavers(partitions) // those that a stop drains included
	if len(gone) == 0 {
		return nil
	}
	p.end(gone)
	p.giveUpCommit()
	p.halt(gone)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	cut := p.sink.Drain(ctx, epochs(gone)...) // ended on purpose: there is nothing to wait for
	p.log.Info("partitions lost: the group went on without this member; whoever owns them now sends again what was in flight",
		slog.Any("partitions", numbers(gone)), slog.Int("requests_cut", cut))
	return numbers(gone)
}

// awaitLeaving waits for the owners of partitions that a stop, or the look at the topic, is draining: the
// group must not give them to anybody before their offset is committed and their epoch ended. When ctx ends,
// a stop is hurried; the other has a deadline like that of ctx.
func (p *Processor) awaitLeaving(ctx context.Context, partitions []int32) {
	for _, o := range p.leavers(partitions) {
		select {
		case <-o.over:
		case <-ctx.Done():
			if p.stopping() {
				p.Hurry()
			}
			<-o.over
		}
	}
}

// leavers returns the owners of the given partitions, or of all of them for nil, that are taken and not yet
// ended.
func (p *Processor) leavers(partitions []int32) (list []*owner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for o := range p.leaving {
		if partitions == nil || slices.Contains(partitions, o.partition) {
			list = append(list, o)
		}
	}
	return list
}

// takeOwners removes the owners of the given partitions, or all of them for nil, from what is owned.
func (p *Processor) takeOwners(partitions []int32) []*owner {
	p.mu.Lock()
	defer p.mu.Unlock()
	if partitions == nil {
		partitions = slices.Collect(maps.Keys(p.owners))
	}
	var gone []*owner
	for _, n := range partitions {
		if o := p.owners[n]; o != nil {
			gone = append(gone, o)
			delete(p.owners, n)
			p.leaving[o] = struct{}{}
			delete(p.waits, n)
		}
	}
	return gone
}

// drain finishes what is under way of owners that were taken, until ctx ends. It returns how many requests
// were cut.
func (p *Processor) drain(ctx context.Context, gone []*owner) (cut int) {
	p.halt(gone)
	cut = p.sink.Drain(ctx, epochs(gone)...)
	for _, o := range gone {
		o.awaitLetters(ctx)
	}
	return cut
}

// awaitLetters waits until no letter of the owner waits for the broker, or ctx ends.
func (o *owner) awaitLetters(ctx context.Context) {
	for {
		o.mu.Lock()
		open, settled := o.letters, o.settled
		o.mu.Unlock()
		if open == 0 {
			return
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return
		}
	}
}

func (p *Processor) halt(owners []*owner) {
	var halts sync.WaitGroup
	for _, o := range owners {
		halts.Go(o.halt)
	}
	halts.Wait()
}

func (p *Processor) end(owners []*owner) {
	for _, o := range owners {
		p.former(o)
		p.mu.Lock()
		if ledger, first := o.end(); first {
			p.past.add(&ledger)
		}
		delete(p.leaving, o)
		p.mu.Unlock()
	}
}

func epochs(owners []*owner) []uint64 {
	list := make([]uint64, len(owners))
	for i, o := range owners {
		list[i] = o.epoch
	}
	return list
}

func numbers(owners []*owner) []int32 {
	list := make([]int32, len(owners))
	for i, o := range owners {
		list[i] = o.partition
	}
	slices.Sort(list)
	return list
}
