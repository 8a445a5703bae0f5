package processor_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestAGroupThatBeganMeanwhileIsNotBegunAgain: while this member asks for the topic's offsets another one
// begins, reads on, and is gone. The broker takes anybody's commit for a group without members.
func TestAGroupThatBeganMeanwhileIsNotBegunAgain(t *testing.T) {
	s := newStage(t, 1)
	s.produceTracks(0, 10)
	s.cluster.ControlKey(int16(kmsg.ListOffsets), func(kmsg.Request) (kmsg.Response, error, bool) {
		var other kadm.Offsets
		other.Add(kadm.Offset{Topic: topic, Partition: 0, At: 7, LeaderEpoch: -1})
		s.cluster.SleepControl(func() {
			if err := s.admin.CommitAllOffsets(t.Context(), group, other); err != nil {
				t.Error(err)
			}
		})
		return nil, nil, false
	})
	r := s.start(&script{}, nil)
	r.delivered(t, 3)
	r.ends(t, s, 10)
	if got := r.Stats().Ledger.Consumed; got != 3 {
		t.Errorf("%d records were read, 7 of them again", got)
	}
}

// TestAGroupWhoseOffsetsAreNotKnownIsNotBegun: an error is no proof that nothing was committed.
func TestAGroupWhoseOffsetsAreNotKnownIsNotBegun(t *testing.T) {
	s := newStage(t, 1)
	s.produceTracks(0, 10)
	var other kadm.Offsets
	other.Add(kadm.Offset{Topic: topic, Partition: 0, At: 7, LeaderEpoch: -1})
	if err := s.admin.CommitAllOffsets(t.Context(), group, other); err != nil {
		t.Fatal(err)
	}
	s.cluster.ControlKey(int16(kmsg.OffsetFetch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		answer := req.ResponseKind().(*kmsg.OffsetFetchResponse)
		for _, g := range req.(*kmsg.OffsetFetchRequest).Groups {
			part := kmsg.NewOffsetFetchResponseGroupTopicPartition()
			part.Offset, part.ErrorCode = -1, kerr.UnstableOffsetCommit.Code
			of := kmsg.OffsetFetchResponseGroupTopic{Topic: topic, Partitions: []kmsg.OffsetFetchResponseGroupTopicPartition{part}}
			of.TopicID = s.cluster.TopicInfo(topic).TopicID
			answer.Groups = append(answer.Groups, kmsg.OffsetFetchResponseGroup{Group: g.Group, Topics: []kmsg.OffsetFetchResponseGroupTopic{of}})
		}
		return answer, nil, true
	})
	r := s.start(&script{}, nil)
	r.delivered(t, 3)
	r.ends(t, s, 10)
	if got := r.Stats().Ledger.Consumed; got != 3 {
		t.Errorf("%d records were read, 7 of them again", got)
	}
}
