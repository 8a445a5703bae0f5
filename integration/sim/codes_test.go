//go:build synctests

package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// planCode has the brokers answer some requests of a kind with an error.
func planCode(p *plan, r *rand.Rand, at time.Duration, key kmsg.Key, group, topic string, codes []*kerr.Error) {
	err, count := codes[r.IntN(len(codes))], 1+r.IntN(6)
	p.add(at, fmt.Sprintf("brokers: %s to the next %d of %s", err.Message, count, key.Name()), func(w *world) {
		w.inject(err, key, w.broker.Fault(kfake.Fault{
			Keys: []kmsg.Key{key}, Group: group, Topic: topic, TopLevel: slices.Contains(membershipKeys(), key), Err: err, Count: count, When: byMember,
		}))
	})
}

// byMember spares the first commit of a group: a process may refuse to start when that is refused.
func byMember(req kmsg.Request) bool {
	c, ok := req.(*kmsg.OffsetCommitRequest)
	return !ok || c.MemberID != ""
}

func coordinatorCodes() []*kerr.Error {
	return []*kerr.Error{kerr.CoordinatorNotAvailable, kerr.NotCoordinator, kerr.CoordinatorLoadInProgress}
}

func commitCodes() []*kerr.Error {
	return append(coordinatorCodes(), kerr.RequestTimedOut, kerr.RequestTimedOut, kerr.UnknownServerError, kerr.RebalanceInProgress,
		kerr.StaleMemberEpoch, kerr.OffsetMetadataTooLarge, kerr.InvalidCommitOffsetSize, kerr.GroupAuthorizationFailed, kerr.UnknownMemberID)
}

func produceCodes() []*kerr.Error {
	return []*kerr.Error{
		kerr.RequestTimedOut, kerr.NotEnoughReplicas, kerr.NotEnoughReplicasAfterAppend, kerr.NotLeaderForPartition,
		kerr.UnknownTopicOrPartition, kerr.KafkaStorageError, kerr.TopicAuthorizationFailed, kerr.UnknownServerError,
	}
}

func fetchCodes() []*kerr.Error {
	return []*kerr.Error{
		kerr.NotLeaderForPartition, kerr.UnknownTopicOrPartition, kerr.KafkaStorageError, kerr.FencedLeaderEpoch,
		kerr.UnknownLeaderEpoch, kerr.TopicAuthorizationFailed, kerr.UnknownServerError,
	}
}

// planLetters has letters refused while events of their users wait for them.
func planLetters(p *plan, r *rand.Rand, at time.Duration) {
	planCode(p, r, at, kmsg.Produce, "", letterTopic, produceCodes())
	p.add(at, "produce events that are refused", func(w *world) {
		for range 3 {
			w.produceRefused()
		}
	})
	n, soon := 10+r.IntN(20), some(r, 0, 200*time.Millisecond)
	for i := range time.Duration(3) {
		p.add(at+soon+i*300*time.Millisecond, fmt.Sprintf("produce %d records", n), func(w *world) { w.produce(n) })
	}
}

// membership draws a kind of request by which a member keeps to its group, and the errors to it.
func (p *plan) membership(r *rand.Rand) (kmsg.Key, []*kerr.Error) {
	codes := append(coordinatorCodes(), kerr.UnknownMemberID, kerr.UnknownServerError)
	if !p.classic {
		return kmsg.ConsumerGroupHeartbeat, append(codes, kerr.FencedMemberEpoch)
	}
	key := []kmsg.Key{kmsg.Heartbeat, kmsg.Heartbeat, kmsg.JoinGroup, kmsg.SyncGroup}[r.IntN(4)]
	if key == kmsg.JoinGroup {
		return key, codes
	}
	return key, append(codes, kerr.IllegalGeneration, kerr.RebalanceInProgress)
}

// membershipKeys are those whose answers have one error for all.
func membershipKeys() []kmsg.Key {
	return []kmsg.Key{kmsg.ConsumerGroupHeartbeat, kmsg.Heartbeat, kmsg.JoinGroup, kmsg.SyncGroup}
}
