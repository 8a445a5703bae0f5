package processor_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/pintle-io/pintle/processor"
)

// TestAMemberThatItsGroupForgotSaysSoInOneLine: as after a freeze, its next heartbeat is refused, and it joins
// again. That happens a second time: the line is not kept back as known.
func TestAMemberThatItsGroupForgotSaysSoInOneLine(t *testing.T) {
	for _, code := range []*kerr.Error{kerr.UnknownMemberID, kerr.IllegalGeneration} {
		t.Run(code.Message, func(t *testing.T) {
			s := newStage(t, 2)
			r := s.start(&script{}, nil)
			r.until(t, "an assignment", func(st processor.Stats) bool { return len(st.Partitions) == 2 })
			for n := 1; n <= 2; n++ {
				var refused atomic.Bool
				s.cluster.ControlKey(int16(kmsg.Heartbeat), func(req kmsg.Request) (kmsg.Response, error, bool) {
					refused.Store(true)
					answer := req.ResponseKind().(*kmsg.HeartbeatResponse)
					answer.ErrorCode = code.Code
					return answer, nil, true
				})
				r.until(t, "another assignment", func(st processor.Stats) bool {
					return refused.Load() && len(r.log.lines("joined the group again")) == n && len(st.Partitions) == 2
				})
			}
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			said := strings.Join(append(r.log.lines("level=WARN"), r.log.lines("level=ERROR")...), "")
			if strings.Count(said, "\n") != 2 || strings.Count(said, `lost="[0 1]"`) != 2 || strings.Count(said, code.Message) != 2 {
				t.Errorf("it says:\n%s", said)
			}
		})
	}
}
