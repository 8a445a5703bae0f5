package processor_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// altering is a mapper that says of every event that it was altered, whatever becomes of it.
type altering struct{ processor.Mapper }

func (a altering) Map(dst []sink.Op, ev *schema.Event, src schema.Source) ([]sink.Op, sink.Outcome) {
	dst, out := a.Mapper.Map(dst, ev, src)
	out.Changes = []sink.Change{{Field: "event", Why: sink.WhyNameCut}, {Field: "a", Why: sink.WhyDropped}, {Field: "b", Why: sink.WhyDropped}}
	return dst, out
}

// TestChangesOfMappedEventsAreCounted: by why, over partitions, and kept when their owners end. What
// was tried on an event that became a letter is nothing that changed.
func TestChangesOfMappedEventsAreCounted(t *testing.T) {
	t.Parallel()
	s := newStage(t, 2)
	s.produce(track(0, "u", 1), track(1, "v", 1), track(1, "v", 2), &kgo.Record{Value: []byte(`{"type":"track","userId":"u"}`)})
	r := s.start(&script{}, func(c *processor.Config) { c.Mapper = altering{c.Mapper} })
	st := r.until(t, "an outcome for all", func(st processor.Stats) bool { return st.Ledger.Consumed == 4 && st.Ledger.InFlight == 0 })
	want := map[sink.Why]int64{sink.WhyNameCut: 3, sink.WhyDropped: 6}
	if d := cmp.Diff(want, st.Ledger.ChangedBy); d != "" {
		t.Errorf("while it runs (-want +got):\n%s", d)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, r.Stats().Ledger.ChangedBy); d != "" {
		t.Errorf("once it has stopped (-want +got):\n%s", d)
	}
	balanced(t, st)
}
