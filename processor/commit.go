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

func (p *Processor) commitEachSecond(ctx context.Context) {
	ticker := time.NewTicker(commitInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.commit(p.owned())
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
// overtook an earlier would be rewound by it.
func (p *Processor) commit(owners []*owner) {
	ctx, cancel := context.WithTimeout(context.Background(), commitPatience)
	defer cancel()
	select {
	case p.committing <- struct{}{}:
	case <-ctx.Done():
		p.log.Warn("commit skipped: the one before has not returned; what it leaves out is sent again by the next owner, with the same ids")
		return
	}
	offsets := map[int32]kgo.EpochOffset{}
	for _, o := range owners {
		if at, moved := o.commit(); moved {
			offsets[o.partition] = at
		}
	}
	if len(offsets) == 0 {
		<-p.committing
		return
	}
	returned := make(chan struct{})
	go func() {
		defer func() { <-p.committing }()
		defer close(returned)
		p.client.CommitOffsetsSync(ctx, map[string]map[int32]kgo.EpochOffset{p.cfg.Topic: offsets},
			func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
				p.committed(owners, offsets, resp, err)
			})
	}()
	select {
	case <-returned:
	case <-ctx.Done():
	}
}

// committed looks at the answer partition by partition.
func (p *Processor) committed(owners []*owner, offsets map[int32]kgo.EpochOffset, resp *kmsg.OffsetCommitResponse, err error) {
	if err != nil {
		p.log.Warn("commit failed; it is tried again", slog.String("error", err.Error()))
		return
	}
	codes := map[int32]int16{}
	for _, t := range resp.Topics {
		for _, r := range t.Partitions {
			codes[r.Partition] = r.ErrorCode
		}
	}
	for _, o := range owners {
		at, asked := offsets[o.partition]
		code, answered := codes[o.partition]
		switch {
		case !asked || !answered:
		case code == 0:
			o.committed(at.Offset)
		default:
			p.log.Warn("commit refused; it is tried again", slog.Int("partition", int(o.partition)),
				slog.Int64("offset", at.Offset), slog.String("error", kerr.ErrorForCode(code).Error()))
		}
	}
}
