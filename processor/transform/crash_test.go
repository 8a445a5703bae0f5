package transform

import (
	"strings"
	"testing"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// TestAnEventThatTheMappingBreaksDownOverIsALetter: the process goes on, and whoever repairs the mapping is
// told the place. It breaks down over no event at all.
func TestAnEventThatTheMappingBreaksDownOverIsALetter(t *testing.T) {
	before := []sink.Op{{Index: 7}}
	ops, out := (&Mapper{}).Map(before, nil, schema.Source{})
	_, explained, how := (&Mapper{}).Explain(nil, schema.Source{})
	if len(ops) != 1 || ops[0].Index != 7 {
		t.Errorf("the operations before it are %v", ops)
	}
	for name, out := range map[string]sink.Outcome{"Map": out, "Explain": explained} {
		if out.Mapped() || out.Filtered || out.Reason != sink.ReasonCrashed || !strings.Contains(out.Detail, "transform.") {
			t.Errorf("%s: %+v", name, out)
		}
	}
	if how.Fields != nil {
		t.Errorf("explained by %v", how.Fields)
	}
}
