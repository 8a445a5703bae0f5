package processor

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// commitSpacing is the least time from the beginning of one commit to that of the next: what was delivered
	// since the last one is sent again after a kill.
	commitSpacing = 50 * time.Millisecond
	// commitShare bounds what commits cost when many partitions move: the next one waits for so many times as
	// long as it took to put the last one together, so that this takes at most 3 % of a core.
	commitShare = 33
	// commitRetry is how long it takes until a commit that failed is repeated.
	commitRetry = time.Second
)

// commitPatience bounds one commit. The client may take longer to return from a frozen broker than its
// context allows (13 s were measured), so the wait has a deadline of its own.
const commitPatience = 5 * time.Second

// every calls act each interval until ctx ends.
func every(ctx context.Context, interval time.Duration, act func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			act()
		}
	}
}

// commits commits what moved, until ctx ends: at once when nothing has for a while, and else spaced out.
func (p *Processor) commits(ctx context.Context) {
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		select {
		case <-ctx.Done():
			return
		case <-p.moved:
		}
		begun := time.Now()
		took, ok := p.commit(ctx, p.owned())
		wait := max(commitSpacing, commitShare*took)
		if !ok {
			wait = commitRetry
			signal(p.moved)
		}
		next.Reset(wait - time.Since(begun))
	}
}

func (p *Processor) owned() []*owner {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]*owner, 0, len(p.owners))
	for _, o := range p.owners {
		list = append(list, o)
	}
	return list
}

// commit commits the watermarks of owners that moved. One commit runs at a time: a later one that
// overtook an earlier would be rewound by it. It returns when it is done, after commitPatience, or when ctx
// ends, with the time that it took to put the commit together and whether all of it was taken.
func (p *Processor) commit(ctx context.Context, owners []*owner) (took time.Duration, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, commitPatience)
	defer cancel()
	select {
	case p.committing <- struct{}{}:
	case <-ctx.Done():
		p.log.Warn("commit skipped: the one before has not returned; what it leaves out is sent again by the next owner, with the same ids")
		return 0, false
	}
	sent, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	p.cutCommit.Store(&cut)
	returned := make(chan attempt, 1)
	go func() {
		defer func() { <-p.committing }()
		did := p.tryCommit(sent, owners)
		if did.bare {
			did = p.tryCommit(sent, owners)
		}
		returned <- did
	}()
	select {
	case did := <-returned:
		return did.took, did.ok
	case <-ctx.Done():
		return 0, false
	}
}

// giveUpCommit ends the commit that is under way, if there is one: it is of partitions that are lost. The
// client would repeat it until the member owns them anew, from where the group stood before.
func (p *Processor) giveUpCommit() {
	if cut := p.cutCommit.Load(); cut != nil {
		(*cut)(errOver)
	}
}

// pledge is what an owner asks to commit.
type pledge struct {
	progress
	owner *owner
}

// errOver says that a commit was not sent: what it is of has been given up meanwhile, or may have been.
var errOver = errors.New("the assignment is over")

// attempt is how a commit went.
type attempt struct {
	took time.Duration // to put it together
	ok   bool          // all of it was taken
	bare bool          // another one without metadata would do better: a hand-over has no second to wait
}

// tryCommit makes one commit.
func (p *Processor) tryCommit(ctx context.Context, owners []*owner) (did attempt) {
	begun := time.Now()
	asked := map[int32]pledge{}
	offsets := map[int32]kgo.EpochOffset{}
	for _, o := range owners {
		if at, moved := o.commit(); moved {
			asked[o.partition], offsets[o.partition] = pledge{at, o}, at.offset
		}
	}
	did.took = time.Since(begun)
	if len(asked) == 0 {
		did.ok = true
		return did
	}
	lastLook := kgo.PreCommitFnContext(ctx, func(req *kmsg.OffsetCommitRequest) error {
		// A process that was frozen may have joined anew before it hears that its partitions have moved on: the
		// client tells that as a revocation, and a group of the classic protocol takes a member's every commit.
		if !p.lease.Held() {
			return errOver
		}
		return revise(req, asked)
	})
	p.client.CommitOffsetsSync(lastLook, map[string]map[int32]kgo.EpochOffset{p.cfg.Topic: offsets},
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
			if errors.Is(context.Cause(ctx), errOver) {
				err = errOver
			}
			did.ok, did.bare = p.committed(asked, resp, err)
		})
	return did
}

// revise has the last look at a commit before it is sent.
//
// It leaves out what belongs to an assignment that is over. The client may hold a commit back until it has
// joined the group anew, and send it as the member that it is then: the offset would be taken, and put the
// group back to where a process stood that was frozen since.
//
// It adds the metadata, of which the client's call knows nothing. Where there is none it says so: the client
// would put the member's id there, which a broker may refuse too.
func revise(req *kmsg.OffsetCommitRequest, asked map[int32]pledge) error {
	topics := req.Topics[:0]
	for _, t := range req.Topics {
		t.Partitions = slices.DeleteFunc(t.Partitions, func(part kmsg.OffsetCommitRequestTopicPartition) bool {
			return asked[part.Partition].owner.isOver()
		})
		for i := range t.Partitions {
			metadata := asked[t.Partitions[i].Partition].metadata
			t.Partitions[i].Metadata = &metadata
		}
		if len(t.Partitions) > 0 {
			topics = append(topics, t)
		}
	}
	req.Topics = topics
	if len(topics) == 0 {
		return errOver
	}
	return nil
}

func (o *owner) isOver() bool {
	select {
	case <-o.over:
		return true
	default:
		return false
	}
}

// committed looks at the answer partition by partition. It reports whether all were taken, and whether some
// were refused only for their metadata, which the next commit leaves out.
func (p *Processor) committed(asked map[int32]pledge, resp *kmsg.OffsetCommitResponse, err error) (all, refused bool) {
	switch {
	case errors.Is(err, errOver):
		return false, false // it is repeated if only the lease lapsed; otherwise there is nothing left to commit
	case err != nil:
		p.log.Warn("commit failed; it is tried again", slog.String("error", err.Error()))
		return false, false
	}
	all = true
	for _, t := range resp.Topics {
		for _, r := range t.Partitions {
			at, was := asked[r.Partition]
			switch {
			case !was:
			case r.ErrorCode == 0:
				at.owner.acknowledge(at.progress)
				continue
			case r.ErrorCode == kerr.OffsetMetadataTooLarge.Code:
				refused = true
			case r.ErrorCode == kerr.FencedInstanceID.Code:
				p.instance.end()
			default:
				p.log.Warn("commit refused; it is tried again", slog.Int("partition", int(r.Partition)),
					slog.Int64("offset", at.offset.Offset), slog.String("error", kerr.ErrorForCode(r.ErrorCode).Error()))
			}
			all = false
		}
	}
	if refused && !p.bare.Swap(true) {
		p.log.Warn("the broker takes no metadata of this size with a commit, so commits go without: after a hand-over, what was finished out of order is sent again, with the same ids; to avoid it, set offset.metadata.max.bytes to 4096 on the brokers")
	}
	return all, refused
}
