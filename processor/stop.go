package processor

import (
	"context"
	"log/slog"
	"slices"
	"time"
)

// hurriedDrain is what is left of a drain after [Processor.Hurry].
const hurriedDrain = time.Second

// farewell is what a stop keeps of its time for the last commit and for leaving the group. Brokers that
// answer need some milliseconds.
const farewell = 2 * time.Second

// Hurry cuts the drain of a stop to a second.
func (p *Processor) Hurry() { p.hurried.Do(func() { close(p.hurry) }) }

// stop drains what is owned, commits it and leaves the group, all within the drain time-out: brokers that
// do not answer are left without a word, and replace this member when its session ends.
func (p *Processor) stop() {
	p.setState(StateDraining)
	started := time.Now()
	last := min(farewell, p.cfg.DrainTimeout/2)
	ctx, drained := p.within(p.cfg.DrainTimeout - last)
	context.AfterFunc(ctx, func() { time.AfterFunc(last, p.sever) })
	gone := p.takeOwners(nil)
	cut := p.drain(ctx, gone)
	p.awaitHandOvers(ctx, gone)
	drained()
	if slices.ContainsFunc(gone, (*owner).unfinished) { // an idle stop waits for nobody
		p.recognize()
	}
	p.commit(context.Background(), gone)
	p.end(gone)
	p.client.CloseAllowingRebalance()
	books := p.Stats().Ledger
	p.log.Info("stopped", slog.Int64("consumed", books.Consumed), slog.Int64("delivered", books.Delivered),
		slog.Int64("filtered", books.Filtered), slog.Int64("dead_lettered", books.DeadLettered),
		slog.Int64("handed_back", books.HandedBack), slog.Int("requests_cut", cut), slog.Duration("took", time.Since(started)))
}

// within returns a context that ends after so long, or hurriedDrain after [Processor.Hurry].
func (p *Processor) within(d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	go func() {
		select {
		case <-ctx.Done():
		case <-p.hurry:
			time.AfterFunc(hurriedDrain, cancel)
		}
	}()
	return ctx, cancel
}

// awaitHandOvers waits for the owners that a revocation drains while the processor stops. When ctx ends,
// that is hurried.
func (p *Processor) awaitHandOvers(ctx context.Context, ours []*owner) {
	for _, o := range p.leavers(nil) {
		if slices.Contains(ours, o) {
			continue
		}
		select {
		case <-o.over:
		case <-ctx.Done():
			p.Hurry()
			return
		}
	}
}
