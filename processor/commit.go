package processor

import (
	"context"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// commitInterval is how often progress is committed: what was acknowledged since is sent again after a
// kill.
const commitInterval = time.Second

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
// ends.
func (p *Processor) commit(ctx context.Context, owners []*owner) {
	ctx, cancel := context.WithTimeout(ctx, commitPatience)
	defer cancel()
	select {
	case p.committing <- struct{}{}:
	case <-ctx.Done():
		p.log.Warn("commit skipped: the one before has not returned; what it leaves out is sent again by the next owner, with the same ids")
		return
	}
	returned := make(chan struct{})
	go func() {
		defer func() { <-p.committing }()
		defer close(returned)
		if again := p.tryCommit(ctx, owners); again {
			p.tryCommit(ctx, owners)
		}
	}()
	select {
	case <-returned:
	case <-ctx.Done():
	}
}

// tryCommit makes one commit, and reports whether another one at once would do better: a hand-over has no
// second to wait.
func (p *Processor) tryCommit(ctx context.Context, owners []*owner) (again bool) {
	asked := map[int32]progress{}
	offsets := map[int32]kgo.EpochOffset{}
	for _, o := range owners {
		if at, moved := o.commit(); moved {
			asked[o.partition], offsets[o.partition] = at, at.offset
		}
	}
	if len(asked) == 0 {
		return false
	}
	p.client.CommitOffsetsSync(withMetadata(ctx, asked), map[string]map[int32]kgo.EpochOffset{p.cfg.Topic: offsets},
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
			again = p.committed(owners, asked, resp, err)
		})
	return again
}

// withMetadata puts the metadata into the request just before it is sent: the call knows none. Where there
// is none it says so, since the client would put the member's id there, which a broker may refuse too.
func withMetadata(ctx context.Context, asked map[int32]progress) context.Context {
	return kgo.PreCommitFnContext(ctx, func(req *kmsg.OffsetCommitRequest) error {
		for i := range req.Topics {
			for j := range req.Topics[i].Partitions {
				part := &req.Topics[i].Partitions[j]
				metadata := asked[part.Partition].metadata
				part.Metadata = &metadata
			}
		}
		return nil
	})
}

// committed looks at the answer partition by partition. It reports whether some were refused only for
// their metadata, which the next commit leaves out.
func (p *Processor) committed(owners []*owner, asked map[int32]progress, resp *kmsg.OffsetCommitResponse, err error) (refused bool) {
	if err != nil {
		p.log.Warn("commit failed; it is tried again", slog.String("error", err.Error()))
		return false
	}
	codes := map[int32]int16{}
	for _, t := range resp.Topics {
		for _, r := range t.Partitions {
			codes[r.Partition] = r.ErrorCode
		}
	}
	for _, o := range owners {
		at, was := asked[o.partition]
		code, answered := codes[o.partition]
		switch {
		case !was || !answered:
		case code == 0:
			o.acknowledge(at)
		case code == kerr.OffsetMetadataTooLarge.Code:
			refused = true
		case code == kerr.FencedInstanceID.Code:
			p.instance.end()
		default:
			p.log.Warn("commit refused; it is tried again", slog.Int("partition", int(o.partition)),
				slog.Int64("offset", at.offset.Offset), slog.String("error", kerr.ErrorForCode(code).Error()))
		}
	}
	if refused && !p.bare.Swap(true) {
		p.log.Warn("the broker takes no metadata of this size with a commit, so commits go without: after a hand-over, what was finished out of order is sent again, with the same ids; to avoid it, set offset.metadata.max.bytes to 4096 on the brokers")
	}
	return refused
}
