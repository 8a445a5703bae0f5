//go:build synctests

package sim

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/integration/history"
)

const (
	topic            = "events"
	letterTopic      = "letters"
	group            = "pintle"
	partitions       = 4
	letterPartitions = 2
	brokers          = 3
)

// session is that of the group where the plan has no other. It is the broker's in this protocol, as is the
// heartbeat, which is a tenth of it.
const session = 6 * time.Second

// rebalance is how long members may take to hand over. The in-process broker begins that time anew with each
// member that joins, and waits that long for the dead ones, twice: for them to join, and to have joined.
const rebalance = 10 * time.Second

// broker is the cluster, with an eye on every connection to it.
type broker struct {
	*kfake.Cluster
	record  *history.Recorder
	happen  *happenings
	watch   sync.WaitGroup
	session time.Duration
	busy    func(life string) bool // whether it has requests in the air
	// reached is told that a life has come to a point.
	reached func(life string, at point)
	client  *kgo.Client // the harness's own

	mu      sync.Mutex
	members map[string]*member   // by the life
	names   map[string]string    // of lives, by the id that a group of KIP-848 knows
	heard   map[string]time.Time // when members of the classic protocol were heard of last, by their ids
}

func newBroker(t *testing.T, n *network, session time.Duration, record *history.Recorder, happen *happenings, busy func(string) bool, reached func(string, point)) *broker {
	t.Helper()
	b := &broker{session: session, record: record, happen: happen, busy: busy, reached: reached, members: map[string]*member{}, names: map[string]string{}, heard: map[string]time.Time{}}
	listen := func(_, addr string) (net.Listener, error) {
		return n.listen(addr, func(c net.Conn, from string) net.Conn {
			return newTap(c, func(req kmsg.Request) (func(kmsg.Response), func()) { return b.asked(from, req) })
		}), nil
	}
	var err error
	b.Cluster, err = kfake.NewCluster(
		kfake.NumBrokers(brokers), kfake.ListenFn(listen),
		kfake.SeedTopics(partitions, topic), kfake.SeedTopics(letterPartitions, letterTopic),
		kfake.BrokerConfigs(map[string]string{
			"group.consumer.session.timeout.ms":    strconv.FormatInt(session.Milliseconds(), 10),
			"group.consumer.heartbeat.interval.ms": strconv.FormatInt(session.Milliseconds()/10, 10),
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
	b.ControlKey(kmsg.OffsetForLeaderEpoch.Int16(), b.endOfEpoch)
	b.ControlKey(kmsg.OffsetCommit.Int16(), b.refuseStale)
	return b
}

// refuseStale refuses commits of partitions that were taken from a member which has joined anew since it
// asked, as Kafka does (KIP-1251). The in-process broker looks at the partitions that the member has, and
// takes commits of all others.
func (b *broker) refuseStale(req kmsg.Request) (kmsg.Response, error, bool) { //nolint:ireturn // the cluster's form
	ask := req.(*kmsg.OffsetCommitRequest)
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.members[b.names[ask.MemberID]]
	if m == nil || ask.Generation >= m.epoch {
		return nil, nil, false
	}
	stale := false
	resp := ask.ResponseKind().(*kmsg.OffsetCommitResponse)
	for _, t := range ask.Topics {
		out := kmsg.NewOffsetCommitResponseTopic()
		out.Topic, out.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			part := kmsg.NewOffsetCommitResponseTopicPartition()
			part.Partition, part.ErrorCode = p.Partition, kerr.StaleMemberEpoch.Code
			out.Partitions = append(out.Partitions, part)
			stale = stale || !m.owned[p.Partition]
		}
		resp.Topics = append(resp.Topics, out)
	}
	if !stale {
		return nil, nil, false
	}
	b.KeepControl()
	return resp, nil, true
}

// endOfEpoch says that no log was ever cut. The in-process broker answers "unknown" for an epoch in
// which nothing was written before the next began, and the client takes that for a truncated log.
func (b *broker) endOfEpoch(req kmsg.Request) (kmsg.Response, error, bool) { //nolint:ireturn // the cluster's form
	b.KeepControl()
	ask := req.(*kmsg.OffsetForLeaderEpochRequest)
	resp := ask.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
	for _, t := range ask.Topics {
		out := kmsg.NewOffsetForLeaderEpochResponseTopic()
		out.Topic = t.Topic
		for _, p := range t.Partitions {
			part := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
			part.Partition, part.LeaderEpoch, part.EndOffset = p.Partition, p.LeaderEpoch, math.MaxInt32
			out.Partitions = append(out.Partitions, part)
		}
		resp.Topics = append(resp.Topics, out)
	}
	return resp, nil, true
}

func none() {}

// asked records what a request says and returns what to record of its answer.
func (b *broker) asked(by string, req kmsg.Request) (func(kmsg.Response), func()) {
	switch req := req.(type) {
	case *kmsg.OffsetCommitRequest:
		return b.commit(by, req)
	case *kmsg.ConsumerGroupHeartbeatRequest:
		b.beat(by, req)
		if req.MemberEpoch == 0 {
			b.reached(by, joining)
		}
		return func(resp kmsg.Response) { b.beaten(by, req, resp.(*kmsg.ConsumerGroupHeartbeatResponse)) }, none
	case *kmsg.JoinGroupRequest:
		b.rejoin(by, req)
		b.reached(by, joining)
		return func(kmsg.Response) {}, b.dies(req.MemberID)
	case *kmsg.SyncGroupRequest:
		b.hear(req.MemberID)
		return func(resp kmsg.Response) { b.synced(by, resp.(*kmsg.SyncGroupResponse)) }, b.dies(req.MemberID)
	case *kmsg.HeartbeatRequest:
		b.hear(req.MemberID)
		return func(resp kmsg.Response) { b.fenced(resp.(*kmsg.HeartbeatResponse).ErrorCode) }, none
	case *kmsg.LeaveGroupRequest:
		b.leave(by)
	default:
	}
	return func(kmsg.Response) {}, none
}

// asked is a commit of a partition with its metadata.
type asked struct {
	*history.Commit
	metadata string
}

func (b *broker) commit(by string, req *kmsg.OffsetCommitRequest) (func(kmsg.Response), func()) {
	commits := map[int32]asked{}
	for _, t := range req.Topics {
		for _, p := range t.Partitions {
			c := asked{Commit: &history.Commit{By: by, Place: history.Place{Partition: p.Partition, Offset: p.Offset}, Outside: req.MemberID == ""}}
			if p.Metadata != nil {
				c.metadata = *p.Metadata
				c.Beyond = beyond(p.Offset, c.metadata)
			}
			commits[p.Partition] = c
			b.record.Add(history.Entry{Commit: c.Commit})
		}
	}
	answered := func(resp kmsg.Response) {
		b.reached(by, committed)
		unclear := map[int32]asked{}
		for _, t := range resp.(*kmsg.OffsetCommitResponse).Topics {
			for _, p := range t.Partitions {
				if b.committed(commits[p.Partition], p.ErrorCode) {
					unclear[p.Partition] = commits[p.Partition]
				}
			}
		}
		if len(unclear) > 0 {
			b.watch.Go(func() { b.look(unclear, "commit applied and reported failed") })
		}
	}
	// The connection ended before the answer.
	over := func() { b.watch.Go(func() { b.look(commits, "commit applied and never answered") }) }
	return answered, over
}

// committed writes down how a commit was answered, and reports whether that leaves open what became of it:
// the broker applies what it calls timed out, unless it was told to refuse it as well.
func (b *broker) committed(c asked, code int16) (unclear bool) {
	if c.Commit == nil {
		return false
	}
	b.record.Settle(func() { c.Code, c.Applied = code, code == 0 })
	if code != 0 && code != kerr.RequestTimedOut.Code {
		b.happen.saw("commit refused")
	}
	return code == kerr.RequestTimedOut.Code
}

// look asks the group whether it has the commits.
func (b *broker) look(commits map[int32]asked, what string) {
	info := b.GroupInfo(group)
	if info == nil {
		return
	}
	for p, c := range commits {
		if at, has := info.Commits[topic][p]; has && at.Offset == c.Offset && at.Metadata == c.metadata {
			b.record.Settle(func() { c.Applied = true })
			b.happen.saw(what)
		}
	}
}

// beyond reads the offsets that a commit's metadata calls finished, as docs/adr/004 describes them. It
// shares no code with whoever wrote them.
func beyond(offset int64, metadata string) (list []int64) {
	text, ours := strings.CutPrefix(metadata, "pintle1.")
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if !ours || err != nil || len(raw) < 24 || binary.BigEndian.Uint64(raw[16:24]) != uint64(offset) {
		return nil
	}
	for i, bits := range raw[24:] {
		for bit := range 8 {
			if bits&(1<<bit) != 0 {
				list = append(list, offset+int64(8*i+bit))
			}
		}
	}
	return list
}
