package processor

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestACommitLeavesOutWhatIsOver(t *testing.T) {
	tests := []struct {
		name string
		over []int32
		want map[int32]string // metadata by partition
	}{
		{"nothing", nil, map[int32]string{0: "", 1: "b", 2: "c"}},
		{"one", []int32{1}, map[int32]string{0: "", 2: "c"}},
		{"all", []int32{0, 1, 2}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := map[int32]pledge{}
			req := &kmsg.OffsetCommitRequest{Topics: []kmsg.OffsetCommitRequestTopic{{Topic: "t"}}}
			for n, metadata := range []string{"", "b", "c"} {
				asked[int32(n)] = pledge{progress{metadata: metadata}, &owner{over: make(chan struct{})}}
				member := "the member's id"
				req.Topics[0].Partitions = append(req.Topics[0].Partitions, kmsg.OffsetCommitRequestTopicPartition{Partition: int32(n), Metadata: &member})
			}
			for _, n := range tt.over {
				close(asked[n].owner.over)
			}
			err := revise(req, asked)
			var got map[int32]string
			for _, topic := range req.Topics {
				got = map[int32]string{}
				for _, part := range topic.Partitions {
					got[part.Partition] = *part.Metadata
				}
			}
			if d := cmp.Diff(got, tt.want); d != "" {
				t.Errorf("asks for (-got +want):\n%s", d)
			}
			if errors.Is(err, errOver) != (tt.want == nil) {
				t.Errorf("got %v", err)
			}
		})
	}
}
