package transform_test

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// eventsPerSeed is how many events each seed makes. With -rapid.checks=10000 TestGeneratedEvents maps
// a million.
const eventsPerSeed = 50

// TestGeneratedEvents maps events of the grammar under options drawn with them: each has an outcome, the
// same from two mappers, and what it becomes keeps to the rules of the API and is taken by the strict
// stand-in without a drop or a warning. rapid draws the seeds: drawing each choice as well costs a hundred
// times as much. The event that fails is shown, so there is nothing to shrink.
func TestGeneratedEvents(t *testing.T) {
	t.Parallel()
	for _, profile := range []transform.Profile{transform.Guide, transform.Current} {
		t.Run(string(profile), func(t *testing.T) {
			t.Parallel()
			total := newJudge(t, transform.Options{})
			rapid.Check(t, func(t *rapid.T) {
				seed := rapid.Uint64().Draw(t, "seed")
				pick := rand.New(rand.NewPCG(seed, 0)).IntN
				j := newJudge(t, drawOptions(pick, profile))
				j.explains = 20
				g := newGrammar(pick)
				for g.event < eventsPerSeed {
					j.judge(g.value())
				}
				j.workspace.flush()
				total.count(j)
			})
			total.report(t)
		})
	}
}

// judge maps events and holds what becomes of them against all that is promised.
type judge struct {
	t         fataler
	mapper    *transform.Mapper
	again     *transform.Mapper
	workspace *workspace

	explains int // every which event is explained too: it costs

	events []schema.Event
	seen   map[string]int
	total  int
}

func newJudge(t fataler, o transform.Options) *judge {
	j := &judge{t: t, seen: map[string]int{}, explains: 1, mapper: mustNew(t, o), again: mustNew(t, o)}
	j.workspace = &workspace{
		t: t, noEmail: o.Identifiers.EmailsAreIDs, names: map[string]bool{}, excuses: map[string]int{},
		excused: func(reason string, it *item) string { return excused(reason, it, &o) },
	}
	return j
}

// judge takes the value of a record.
func (j *judge) judge(value []byte) {
	j.t.Helper()
	var err error
	if j.events, err = schema.Decode(j.events[:0], value, schema.Limits{}); err != nil {
		j.t.Fatalf("%s: %v", value, err)
	}
	for i := range j.events {
		j.judgeEvent(&j.events[i])
	}
}

func (j *judge) judgeEvent(ev *schema.Event) {
	j.t.Helper()
	j.total++
	src := schema.Source{Time: recordTime()}
	ops, out := j.mapper.Map(nil, ev, src)
	same, sameOut := j.again.Map(nil, ev, src)
	if fault := outcomeFault(ops, &out); fault != "" {
		j.t.Fatalf("%s: %s: %+v", clip(ev.Raw, shown), fault, out)
	}
	if fault := sameOps(ops, same); fault != "" {
		j.t.Fatalf("%s: the second time: %s", clip(ev.Raw, shown), fault)
	}
	for i := range ops {
		for _, word := range []string{"undefined", "[object Object]", "NaN"} {
			if bytes.Contains(ops[i].Body, []byte(word)) && !bytes.Contains(ev.Raw, []byte(word)) {
				j.t.Fatalf("%s: makes %s of nothing: %s", clip(ev.Raw, shown), word, ops[i].Body)
			}
		}
		if ops[i].Key != ops[0].Key {
			j.t.Fatalf("%s: its operations have two keys, and so no order", clip(ev.Raw, shown))
		}
		j.seen[ops[i].Kind.String()]++
	}
	if len(out.Changes)+len(sameOut.Changes) > 0 || !out.Mapped() {
		if diff := cmp.Diff(out, sameOut); diff != "" {
			j.t.Fatalf("%s: another outcome the second time:\n%s", clip(ev.Raw, shown), diff)
		}
	}
	if j.explains == 1 || j.total%j.explains == 0 {
		if fault := explainFault(j.mapper, ev, ops, &out); fault != "" {
			j.t.Fatalf("%s\n%s", clip(ev.Raw, shown), fault)
		}
	}
	switch {
	case out.Filtered:
		j.seen["filtered "+string(out.Reason)]++
	case !out.Mapped():
		j.seen["letter "+out.Field]++
	}
	for _, c := range out.Changes {
		j.seen["changed "+string(c.Why)]++
	}
	j.send(ev.Raw, ops)
}

// send holds the operations against the rules of the API, and sends them if there is somewhere to.
func (j *judge) send(value []byte, ops []sink.Op) {
	j.t.Helper()
	items := make([]*item, len(ops))
	for i := range ops {
		items[i] = readItem(&ops[i])
		if items[i].fault != "" {
			j.t.Fatalf("%s\nbecomes %s\nwhich breaks a rule: %s", clip(value, shown), clip(ops[i].Body, shown), items[i].fault)
		}
	}
	if j.workspace != nil {
		j.workspace.add(value, ops, items)
	}
}

// outcomeFault says what is wrong with an outcome: it says too little, or two things at once.
func outcomeFault(ops []sink.Op, out *sink.Outcome) string {
	switch {
	case out.Mapped() != (len(ops) > 0):
		return "mapped, and no operation; or the other way round"
	case out.Filtered && (out.Reason == "" || out.Field != "" || out.Detail != ""):
		return "filtered, and unclear why"
	case !out.Filtered && !out.Mapped() && (out.Field == "" || out.Detail == "" || out.Reason != sink.ReasonInvalid && out.Reason != sink.ReasonTooLarge):
		return "a letter that says too little"
	case out.Mapped() && (out.Field != "" || out.Detail != ""):
		return "mapped, and yet a letter"
	case len(out.Changes) > sink.MaxChanges, !out.Mapped() && len(out.Changes) > 0:
		return "changes of what did not go"
	}
	for _, c := range out.Changes {
		if c.Field == "" || c.Why == "" {
			return "a change that says nothing"
		}
	}
	return ""
}

// count adds what another judge has seen.
func (j *judge) count(other *judge) {
	for what, n := range other.seen {
		j.seen[what] += n
	}
	for what, n := range other.workspace.excuses {
		j.workspace.excuses[what] += n
	}
	j.total += other.total
	j.workspace.accepted += other.workspace.accepted
	j.workspace.restarts += other.workspace.restarts
}

// report tells what was seen, and wants everything to have been met that there is: a run in which
// nothing happened proves nothing.
func (j *judge) report(t *testing.T) {
	t.Helper()
	w := j.workspace
	t.Logf("%d events made %d operations, which were accepted in %d workspaces", j.total, w.accepted, w.restarts)
	for _, what := range slices.Sorted(maps.Keys(w.excuses)) {
		t.Logf("%d times %s", w.excuses[what], what)
	}
	for _, what := range []string{
		"identify", "event", "page", "add_device", "delete_device", "merge", "delete", "suppress", "unsuppress", "object",
		"filtered loop", "filtered integration_off", "filtered unsupported_type", "filtered same_person", "filtered anonymous",
		"letter type", "letter userId", "letter anonymousId", "letter name", "letter event", "letter previousId", "letter groupId",
		"letter traits.action", "letter traits.objectTypeId", "letter context.traits.id", "letter context.externalId",
		"changed name_cut", "changed attribute_name", "changed attribute_value", "changed attribute_count", "changed item_size",
		"changed reserved_name", "changed identifier", "changed not_an_object", "changed time_unreadable", "changed time_in_future",
		"changed time_of_record", "changed collision", "changed not_a_boolean", "changed not_taken",
	} {
		if j.total >= 10_000 && j.seen[what] < 2 {
			t.Errorf("%s: %d times in %d events: the grammar hardly makes it (%v)", what, j.seen[what], j.total, j.seen)
		}
	}
}
