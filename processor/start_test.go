package processor_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/processor"
)

// TestATopicThatSomeBrokersDoNotKnowYetIsAskedForAgain: it was made a moment ago, and a broker other than the
// one that made it is asked.
func TestATopicThatSomeBrokersDoNotKnowYetIsAskedForAgain(t *testing.T) {
	for name, key := range map[string]kmsg.Key{"metadata": kmsg.Metadata, "offsets": kmsg.ListOffsets, "commit": kmsg.OffsetCommit} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 1)
			s.produceTracks(0, 10)
			var refused atomic.Bool
			s.cluster.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
				refused.Store(true)
				return unknownTopic(req), nil, true
			})
			r := s.start(&script{}, nil)
			r.delivered(t, 10)
			if !refused.Load() {
				t.Error("no broker was asked that does not know the topic")
			}
		})
	}
}

// unknownTopic answers that the topic does not exist.
func unknownTopic(req kmsg.Request) kmsg.Response { //nolint:ireturn // the broker's controls want it so
	unknown := kerr.UnknownTopicOrPartition.Code
	switch answer := req.ResponseKind().(type) {
	case *kmsg.MetadataResponse:
		of := kmsg.NewMetadataResponseTopic()
		of.Topic, of.ErrorCode = new(topic), unknown
		answer.Topics = append(answer.Topics, of)
		return answer
	case *kmsg.ListOffsetsResponse:
		part := kmsg.NewListOffsetsResponseTopicPartition()
		part.ErrorCode = unknown
		answer.Topics = append(answer.Topics, kmsg.ListOffsetsResponseTopic{Topic: topic, Partitions: []kmsg.ListOffsetsResponseTopicPartition{part}})
		return answer
	case *kmsg.OffsetCommitResponse:
		asked := req.(*kmsg.OffsetCommitRequest).Topics[0]
		part := kmsg.NewOffsetCommitResponseTopicPartition()
		part.ErrorCode = unknown
		answer.Topics = append(answer.Topics, kmsg.OffsetCommitResponseTopic{
			Topic: asked.Topic, TopicID: asked.TopicID, Partitions: []kmsg.OffsetCommitResponseTopicPartition{part},
		})
		return answer
	}
	return nil
}

// TestARefusalEndsAStartAtOnce: what somebody must grant is not asked for again, and the error says what to grant.
func TestARefusalEndsAStartAtOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		key    kmsg.Key
		answer func(kmsg.Request) kmsg.Response
		says   string
	}{
		"topic": {kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
			answer := unknownTopic(req).(*kmsg.MetadataResponse)
			answer.Topics[0].ErrorCode = kerr.TopicAuthorizationFailed.Code
			return answer
		}, "READ and DESCRIBE on the topic"},
		"group": {kmsg.OffsetFetch, func(req kmsg.Request) kmsg.Response {
			answer := req.ResponseKind().(*kmsg.OffsetFetchResponse)
			for _, g := range req.(*kmsg.OffsetFetchRequest).Groups {
				answer.Groups = append(answer.Groups, kmsg.OffsetFetchResponseGroup{Group: g.Group, ErrorCode: kerr.GroupAuthorizationFailed.Code})
			}
			return answer
		}, "READ on the group"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 1)
			var asked atomic.Int64
			s.cluster.ControlKey(int16(tt.key), func(req kmsg.Request) (kmsg.Response, error, bool) {
				s.cluster.KeepControl()
				asked.Add(1)
				return tt.answer(req), nil, true
			})
			r := s.start(&script{}, nil)
			err := r.refusal()
			answer, ok := errors.AsType[*kerr.Error](err)
			if !ok || kerr.IsRetriable(answer) || !strings.Contains(err.Error(), tt.says) || asked.Load() != 1 {
				t.Errorf("after %d questions: %v", asked.Load(), err)
			}
			if _, noTopic := errors.AsType[*processor.NoTopicError](err); noTopic != (name == "topic") {
				t.Errorf("%T", err)
			}
		})
	}
}

// TestAGroupThatBeganMeanwhileIsNotBegunAgain: while this member asks for the topic's offsets another one
// begins, reads on, and is gone. The broker takes anybody's commit for a group without members.
func TestAGroupThatBeganMeanwhileIsNotBegunAgain(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
