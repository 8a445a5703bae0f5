package processor

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// absence keeps the time that a member is out of its group: it was frozen, cut off, or the coordinator died.
// Such a time ends by itself and is logged as a whole, once it is over; one that lasts is logged before.
type absence struct {
	mu  sync.Mutex
	out spell // zero for a member
}

type spell struct {
	since  time.Time // when the coordinator answered last
	failed time.Time // when that was noticed
	lost   []int32
	cause  string
	told   bool // that it lasts
}

// begins takes note that partitions were lost at some time.
func (a *absence) begins(since time.Time, lost []int32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.out.since.IsZero() {
		a.out.since = since
	}
	a.out.lost = append(a.out.lost, lost...)
}

// fails takes note that a session in the group ended, or that the group could not be joined. It reports whether
// that is to be logged: at once if somebody must act, otherwise when it has lasted for patience.
func (a *absence) fails(now time.Time, err error, patience time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.out.since.IsZero() {
		a.out.since = now
	}
	if a.out.cause == "" {
		a.out.failed, a.out.cause = now, err.Error()
	}
	if a.out.told || rejoins(err) && elapsed(now, a.out.failed) < patience {
		return false
	}
	a.out.told = true
	return true
}

// ends takes note that the group was joined, and returns what was before.
func (a *absence) ends() spell {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.out
	a.out = spell{}
	return was
}

// groupErrors is a hook of the client. Unlike what is polled, its errors come in order with the client's calls
// about partitions.
type groupErrors func(error)

// OnGroupManageError is told why a session in the group ended.
func (g groupErrors) OnGroupManageError(err error) { g(err) }

// outside logs that the group cannot be joined, unless that is likely to be over soon.
func (p *Processor) outside(err error) {
	if p.away.fails(time.Now(), err, p.cfg.Session) {
		level, attrs := trouble(err, rejoins(err))
		p.log.LogAttrs(context.Background(), level, "cannot join the group; nothing is lost, it is tried again", attrs...)
	}
}

// rejoins reports whether the client joins the group again after an error without anybody's doing.
func rejoins(err error) bool {
	for _, routine := range []error{
		kerr.UnknownMemberID, kerr.IllegalGeneration, kerr.RebalanceInProgress, kerr.MemberIDRequired, kerr.FencedMemberEpoch,
		kerr.StaleMemberEpoch, kerr.UnreleasedInstanceID,
	} {
		if errors.Is(err, routine) {
			return true
		}
	}
	return mends(err)
}

// joined logs that the member is back in its group, if it was away.
func (p *Processor) joined() {
	p.mu.Lock()
	delete(p.waits, wholeGroup)
	p.mu.Unlock()
	was := p.away.ends()
	switch {
	case len(was.lost) > 0:
		p.log.Warn("joined the group again: other members may have owned the partitions meanwhile and sent again what was in flight",
			slog.Duration("away", elapsed(time.Now(), was.since).Round(time.Millisecond)), slog.Any("lost", was.lost), slog.String("cause", was.cause))
	case was.told:
		p.log.Info("joined the group", slog.Duration("after", elapsed(time.Now(), was.since).Round(time.Millisecond)))
	}
}

// note keeps why a partition cannot be read, and says so once.
func (p *Processor) note(ctx context.Context, fetches kgo.Fetches) {
	if ctx.Err() != nil {
		return
	}
	seen := map[int32]string{}
	fetches.EachError(func(topic string, partition int32, err error) {
		if errors.Is(err, context.Canceled) || errors.Is(err, errNoRoom) || p.gap(err) {
			return
		}
		if errors.Is(err, kerr.UnknownTopicID) {
			p.rejoin.Store(true) // the client would stay with it
		}
		if topic == "" {
			partition = wholeGroup
		}
		seen[partition] = err.Error()
		if _, ok := errors.AsType[*kgo.ErrGroupSession](err); ok {
			return // logged by outside
		}
		p.mu.Lock()
		known := p.waits[partition] == err.Error()
		p.mu.Unlock()
		if !known {
			level, attrs := trouble(err, mends(err), slog.String("topic", p.cfg.Topic), slog.Int("partition", int(partition)))
			p.log.LogAttrs(ctx, level, "cannot read; nothing is lost, it is tried again", attrs...)
		}
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	fetches.EachPartition(func(f kgo.FetchTopicPartition) {
		if f.Err == nil {
			delete(p.waits, f.Partition)
			delete(p.waits, wholeGroup)
		}
	})
	maps.Copy(p.waits, seen)
}

// trouble is how an error of Kafka is logged: as a warning if it may mend itself, and with the next step if it
// calls for one.
func trouble(err error, mends bool, attrs ...slog.Attr) (slog.Level, []slog.Attr) {
	level := slog.LevelError
	if mends {
		level = slog.LevelWarn
	}
	attrs = append(attrs, slog.String("error", err.Error()))
	if next := Hint(err); next != "" {
		attrs = append(attrs, slog.String("next", next))
	}
	return level, attrs
}
