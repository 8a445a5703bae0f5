//go:build synctests

package sim

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/integration/history"
)

// member is what the brokers told a life, and heard from it, about who owns what.
type member struct {
	by     string
	epoch  int32 // of KIP-848
	owned  map[int32]bool
	target map[int32]bool // what it was told last to own
}

// member returns what is known of a life, while the lock is held.
func (b *broker) member(by string) *member {
	m := b.members[by]
	if m == nil {
		m = &member{by: by, owned: map[int32]bool{}, target: map[int32]bool{}}
		b.members[by] = m
	}
	return m
}

// beat reads what a member of KIP-848 says it owns.
func (b *broker) beat(by string, req *kmsg.ConsumerGroupHeartbeatRequest) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.member(by)
	b.names[req.MemberID] = by
	switch {
	case req.MemberEpoch < 0:
		b.release(m, all)
	case req.Topics != nil && req.MemberEpoch > 0:
		said := map[int32]bool{}
		for _, t := range req.Topics {
			for _, p := range t.Partitions {
				said[p] = true
			}
		}
		b.release(m, func(p int32) bool { return !said[p] && !m.target[p] })
	}
}

// beaten reads what a member of KIP-848 is told to own.
func (b *broker) beaten(by string, req *kmsg.ConsumerGroupHeartbeatRequest, resp *kmsg.ConsumerGroupHeartbeatResponse) {
	b.fenced(resp.ErrorCode)
	if resp.ErrorCode != 0 {
		return
	}
	b.mu.Lock()
	m := b.member(by)
	m.epoch = resp.MemberEpoch
	if req.MemberEpoch == 0 { // it has joined anew, and forgotten what it owned
		b.release(m, all)
	}
	b.mu.Unlock()
	if resp.Assignment == nil {
		return
	}
	target := map[int32]bool{}
	for _, t := range resp.Assignment.Topics {
		for _, p := range t.Partitions {
			target[p] = true
		}
	}
	b.assign(by, target)
}

// rejoin reads what a member of the classic protocol says it owns: it has given back everything else.
func (b *broker) rejoin(by string, req *kmsg.JoinGroupRequest) {
	said := map[int32]bool{}
	for _, proto := range req.Protocols {
		var meta kmsg.ConsumerMemberMetadata
		if meta.ReadFrom(proto.Metadata) != nil {
			continue
		}
		for _, t := range meta.OwnedPartitions {
			for _, p := range t.Partitions {
				said[p] = true
			}
		}
	}
	b.hear(req.MemberID)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.release(b.member(by), func(p int32) bool { return !said[p] })
}

// hear notes that a member of the classic protocol lives.
func (b *broker) hear(memberID string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heard[memberID] = time.Now()
}

// dies returns what to do when a member's connection ends while it waits for the others: once its session
// would have ended, it is taken out of the group. The in-process broker would keep it for ever: it begins a
// session with an answer, and there is nobody to answer to.
func (b *broker) dies(memberID string) func() {
	return func() { b.watch.Go(func() { b.expire(memberID) }) }
}

func (b *broker) expire(memberID string) {
	time.Sleep(b.session)
	b.mu.Lock()
	lives := time.Since(b.heard[memberID]) < b.session
	b.mu.Unlock()
	if lives {
		return
	}
	req := kmsg.NewPtrLeaveGroupRequest()
	m := kmsg.NewLeaveGroupRequestMember()
	m.MemberID = memberID
	req.Group, req.Members = group, append(req.Members, m)
	ctx, cancel := context.WithTimeout(context.Background(), b.session)
	defer cancel()
	_, _ = b.client.Request(ctx, req) // nobody minds where it is not there any more
}

// synced reads what a member of the classic protocol is told to own.
func (b *broker) synced(by string, resp *kmsg.SyncGroupResponse) {
	b.fenced(resp.ErrorCode)
	var told kmsg.ConsumerMemberAssignment
	if resp.ErrorCode != 0 || len(resp.MemberAssignment) > 0 && told.ReadFrom(resp.MemberAssignment) != nil {
		return
	}
	target := map[int32]bool{}
	for _, t := range told.Topics {
		for _, p := range t.Partitions {
			target[p] = true
		}
	}
	b.assign(by, target)
}

// leave says that a member has left the group.
func (b *broker) leave(by string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.release(b.member(by), all)
}

// fenced counts members that are told that the group went on without them. Such a one owns by itself until
// somebody else does, or it joins again.
func (b *broker) fenced(code int16) {
	switch code {
	case kerr.UnknownMemberID.Code, kerr.FencedMemberEpoch.Code, kerr.IllegalGeneration.Code:
		b.happen.saw("member fenced")
	}
}

// assign records what a member is told to own. What it owns beyond, it is to give back.
func (b *broker) assign(by string, target map[int32]bool) {
	b.mu.Lock()
	m, less := b.member(by), false
	for p := range target {
		if !m.owned[p] {
			m.owned[p] = true
			b.record.Add(history.Entry{Ownership: &history.Ownership{By: by, Partition: p, Gained: true}})
		}
	}
	for p := range m.owned {
		less = less || !target[p]
	}
	m.target = target
	b.mu.Unlock()
	if !less {
		return
	}
	if b.busy(by) {
		b.happen.saw("revoked with requests in the air")
	}
	b.reached(by, revoking)
}

func all(int32) bool { return true }

// release records that a member owns some partitions no more, while the lock is held.
func (b *broker) release(m *member, which func(int32) bool) {
	for p := range m.owned {
		if which(p) {
			delete(m.owned, p)
			b.record.Add(history.Entry{Ownership: &history.Ownership{By: m.by, Partition: p}})
		}
	}
}
