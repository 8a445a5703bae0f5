package processor

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestArrivals(t *testing.T) {
	for _, tc := range []struct {
		name                      string
		reach, first, high, start int64
		want                      Gap
	}{
		{"nothing is known of the partition", -1, 500, 600, 400, Gap{}},
		{"the very next", 100, 100, 200, 0, Gap{}},
		{"the very next, and the log's start is behind it by now", 100, 100, 200, 150, Gap{}},
		{"behind what compaction left out", 100, 170, 200, 0, Gap{}},
		{"behind what compaction left out at the log's start", 100, 170, 200, 100, Gap{}},
		{"brokers that do not tell the start", 100, 170, 200, -1, Gap{}},
		{"behind the log's start", 100, 150, 200, 150, Gap{From: 100, To: 150, Resumed: 150, Reason: GapRetention}},
		{"behind the log's start and what compaction left out", 100, 170, 200, 150, Gap{From: 100, To: 150, Resumed: 170, Reason: GapRetention}},
		{"before the log's start, which has moved on", 100, 150, 200, 180, Gap{From: 100, To: 150, Resumed: 150, Reason: GapRetention}},
		{"the log ends below", 100, 0, 60, 0, Gap{From: 60, To: 100, Resumed: 0, Reason: GapTruncated}},
		{"the log ended below and has grown to the same length", 100, 60, 100, 0, Gap{From: 60, To: 100, Resumed: 60, Reason: GapTruncated}},
		{"the first of the topic are gone", 0, 10, 20, 10, Gap{From: 0, To: 10, Resumed: 10, Reason: GapRetention}},
		{"the log ended below and has grown since", 100, 60, 130, 0, Gap{From: 60, To: 100, Resumed: 60, Reason: GapTruncated}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := &owner{reach: tc.reach}
			got, found := o.arrives(tc.first, tc.high, tc.start)
			if got != tc.want || found != (tc.want != Gap{}) {
				t.Errorf("got %+v, %v, want %+v", got, found, tc.want)
			}
		})
	}
}

func TestGapsAreCountedOnceAndKeptInBounds(t *testing.T) {
	g := gaps{counts: map[GapReason]GapCount{}}
	for n := range int64(gapsKept + 5) {
		gap := Gap{From: n, To: n + 2, Reason: GapRetention}
		later := gap
		later.Time = time.Unix(n, 0)
		if !g.add(gap) || g.add(later) {
			t.Fatalf("gap %d is not told once", n)
		}
	}
	if len(g.list) != gapsKept || g.list[0].From != 5 {
		t.Errorf("%d gaps are kept, from that at %d on", len(g.list), g.list[0].From)
	}
	if n := g.snapshot()[GapRetention]; n.Gaps != gapsKept+5 || n.Records != 2*(gapsKept+5) {
		t.Errorf("counted %+v", n)
	}
}

func TestEveryReasonOfAGapSaysWhatToDo(t *testing.T) {
	said := map[string]GapReason{}
	for _, r := range GapReasons() {
		if other, twice := said[r.Next()]; r.Next() == "" || twice {
			t.Errorf("%s says %q, as %s does", r, r.Next(), other)
		}
		said[r.Next()] = r
	}
	if len(said) != 4 {
		t.Errorf("%d reasons", len(said))
	}
}

// TestAWordThatIsLost: a batch could not be unpacked, nobody was told which, and a partition that could be read
// has nothing to do though its log goes on.
func TestAWordThatIsLost(t *testing.T) {
	for _, tc := range []struct {
		name string
		but  func(p *Processor, o *owner)
		want bool
	}{
		{"all of it", func(*Processor, *owner) {}, true},
		{"everything could be unpacked", func(p *Processor, _ *owner) { p.unpack.tooLarge.Store(0) }, false},
		{"the partition is paused", func(_ *Processor, o *owner) { o.paused = true }, false},
		{"a record is not finished", func(_ *Processor, o *owner) { o.tracker.Begin(5, time.Time{}) }, false},
		{"a record was not taken up", func(_ *Processor, o *owner) { o.inbox = []*record{{}} }, false},
		{"all was read", func(_ *Processor, o *owner) { o.high = 5 }, false},
		{"the log holds nothing", func(_ *Processor, o *owner) { o.start = 6 }, false},
		{"nobody knows where it would be read", func(_ *Processor, o *owner) { o.reach = -1 }, true},
	} {
		p, err := New(Config{Topic: "t"}, nil, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		o := newOwner(p, "t", 0, 1)
		o.reach, o.high = 5, 6
		p.owners[0] = o
		p.unpack = &unpacker{}
		p.unpack.tooLarge.Store(1)
		if tc.but(p, o); p.unheard() != tc.want {
			t.Errorf("%s: lost %v, want %v", tc.name, !tc.want, tc.want)
		}
	}
}

// TestWhatIsGoneWithAFormerTopic: all from the first record that is not finished to the end of the log, as far as
// either is known.
func TestWhatIsGoneWithAFormerTopic(t *testing.T) {
	for _, tc := range []struct {
		name     string
		is       func(p *Processor, o *owner)
		from, to int64 // no gap: -1
	}{
		{"all was delivered", func(_ *Processor, o *owner) { o.reach = 7 }, 7, 7},
		{"the log went on", func(_ *Processor, o *owner) { o.reach, o.high = 7, 9 }, 7, 9},
		{"a record is not finished", func(_ *Processor, o *owner) { o.reach = 7; o.tracker.Begin(4, time.Time{}) }, 4, 7},
		{"none was taken up", func(_ *Processor, o *owner) { o.reach = 7; o.inbox = []*record{{offset: 5}} }, 5, 7},
		{"nothing is known", func(*Processor, *owner) {}, 0, 0},
		{"only the end is", func(_ *Processor, o *owner) { o.high = 9 }, 0, 9},
		{"it was resumed, and nothing read", func(p *Processor, _ *owner) { p.beyond[0] = &beyond{topic: kadm.TopicID{1}, from: 3} }, 3, 3},
		{"it is the same topic", func(p *Processor, o *owner) { o.reach, p.topicID = 7, o.topicID }, -1, -1},
		{"the owner has ended", func(_ *Processor, o *owner) { o.reach, o.ended = 7, true }, -1, -1},
	} {
		p, err := New(Config{Topic: "t"}, nil, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		p.topicID = kadm.TopicID{1}
		o := newOwner(p, "t", 0, 1)
		p.topicID = kadm.TopicID{2}
		tc.is(p, o)
		p.former(o)
		got := [2]int64{-1, -1}
		if list := p.Gaps(); len(list) == 1 && list[0].Reason == GapRecreated && list[0].Resumed == -1 {
			got = [2]int64{list[0].From, list[0].To}
		}
		if got != [2]int64{tc.from, tc.to} {
			t.Errorf("%s: gone are %v, want from %d to %d", tc.name, got, tc.from, tc.to)
		}
	}
}

// TestWhereAPartitionStands: once all is finished, at the offset that is read next, which may be the first of all.
func TestWhereAPartitionStands(t *testing.T) {
	o := newOwner(&Processor{cfg: Config{Window: 8}}, "t", 0, 1)
	expect := func(when string, want int64, known bool) {
		t.Helper()
		if low, ok := o.low(); low != want || ok != known {
			t.Errorf("%s: %d, %v; want %d, %v", when, low, ok, want, known)
		}
	}
	expect("before anything is known", 0, false)
	o.reach = 0
	expect("when nothing was read", 0, true)
	o.tracker.Begin(0, time.Time{})
	o.reach = 3
	expect("with a record that is not finished", 0, true)
	o.tracker.Finish(0)
	expect("with all finished, compacted ones behind it", 3, true)
	o.inbox = []*record{{}}
	expect("with one that was read and not begun", 1, true)
}

// TestWhatAFormerOwnerFinishedIsForgottenWithTheLogItWasIn: a truncated log holds other records there.
func TestWhatAFormerOwnerFinishedIsForgottenWithTheLogItWasIn(t *testing.T) {
	for to, kept := range map[int64]bool{99: false, 100: true, 101: true} {
		o := newOwner(&Processor{cfg: Config{Window: 8}}, "t", 0, 1)
		o.reach, o.before = 100, beyond{from: 100, epoch: -1, bitmap: []byte{0b1000}}
		if o.moved(to, 5); o.before.has(103, 0) != kept {
			t.Errorf("reading goes on at %d: what was finished is kept %v", to, !kept)
		}
		if o.reach != to || o.leader != 5 || o.moves != 1 {
			t.Errorf("reading goes on at %d under leader epoch %d, to be committed %v", o.reach, o.leader, o.moves == 1)
		}
	}
}

func TestATopicIsAnotherOneOnlyWhenBothHaveIDs(t *testing.T) {
	p, err := New(Config{Topic: "t"}, nil, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		id   kadm.TopicID
		want bool
	}{{kadm.TopicID{}, false}, {kadm.TopicID{1}, false}, {kadm.TopicID{1}, false}, {kadm.TopicID{2}, true}, {kadm.TopicID{2}, false}} {
		if got := p.remade(step.id); got != step.want {
			t.Errorf("id %x: made anew %v, want %v", step.id[0], got, step.want)
		}
	}
}

// TestAPartitionThatIsAssignedAgainHasOneOwner: the client may assign a partition that it never took away.
func TestAPartitionThatIsAssignedAgainHasOneOwner(t *testing.T) {
	p, err := New(Config{Topic: "t"}, nil, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	zero := map[string][]int32{"t": {0, 0}}
	p.assigned(t.Context(), client, zero)
	first := p.owner(0)
	p.assigned(t.Context(), client, zero)
	select {
	case <-first.over:
	default:
		t.Error("the former owner goes on")
	}
	if second := p.owner(0); second == first || second == nil || second.epoch != first.epoch+1 {
		t.Error("the partition has no owner of its own")
	}
	p.lost(t.Context(), client, zero)
}

// TestAStartThatWasNotReadFromIsForgotten: an assignment may end between the question for its offsets and the
// first fetch, and the next one finds a commit that speaks of the topic.
func TestAStartThatWasNotReadFromIsForgotten(t *testing.T) {
	p, err := New(Config{Topic: "t"}, nil, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	p.topicID = kadm.TopicID{2}
	p.anew[0] = struct{}{} // as a commit that speaks of another topic has it
	if err := p.offsetsFetched(t.Context(), nil, committedOf(p.topicID, 32)); err != nil {
		t.Fatal(err)
	}
	at := kgo.NewOffset().At(32)
	got, err := p.adjustOffsets(t.Context(), map[string]map[int32]kgo.Offset{"t": {0: at}})
	if err != nil || got["t"][0] != at {
		t.Errorf("it begins at %v (%v), and 32 is committed", got, err)
	}
}

// TestOnlyWhatIsOfTheTopicThatTheOffsetsAreOfIsTaken: the client, the one who made the owner and the one who
// asked for its offsets may each have heard of another topic of the name.
func TestOnlyWhatIsOfTheTopicThatTheOffsetsAreOfIsTaken(t *testing.T) {
	for _, tc := range []struct {
		name                       string
		made, fetchedAs, committed byte // ids of topics, 0: none
		fetched                    byte
		taken                      bool
	}{
		{"all the same", 2, 2, 2, 2, true},
		{"brokers that tell no ids", 0, 0, 0, 0, true},
		{"fetches that tell no ids", 2, 2, 2, 0, true},
		{"the client reads the former topic", 2, 2, 2, 1, false},
		{"the offsets are the former topic's", 2, 1, 1, 2, false},
		{"the owner was made for the former topic", 1, 2, 2, 2, true},
		{"both were, and the client reads the next one", 1, 1, 1, 2, false},
	} {
		p, err := New(Config{Topic: "t"}, nil, nil, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		p.topicID = kadm.TopicID{tc.made}
		o := newOwner(p, "t", 0, 1)
		p.owners[0] = o
		p.topicID = kadm.TopicID{tc.fetchedAs}
		if err := p.offsetsFetched(t.Context(), nil, committedOf(kadm.TopicID{tc.committed}, 8)); err != nil {
			t.Fatal(err)
		}
		p.hand(&kgo.FetchTopic{Topic: "t", TopicID: kadm.TopicID{tc.fetched}, Partitions: []kgo.FetchPartition{{Records: []*kgo.Record{{Offset: 8}}}}})
		if taken := len(o.inbox) == 1; taken != tc.taken || p.rejoin.Load() == taken {
			t.Errorf("%s: taken %v, joined anew %v", tc.name, taken, p.rejoin.Load())
		}
		if o.topicID != (kadm.TopicID{tc.fetchedAs}) {
			t.Errorf("%s: its commits would speak of topic %d", tc.name, o.topicID[0])
		}
	}
}

// committedOf is an answer that tells a commit of partition 0.
func committedOf(of kadm.TopicID, offset int64) *kmsg.OffsetFetchResponse {
	note := encodeBeyond(of, offset, nil)
	return &kmsg.OffsetFetchResponse{Groups: []kmsg.OffsetFetchResponseGroup{{Topics: []kmsg.OffsetFetchResponseGroupTopic{{
		Topic: "t", Partitions: []kmsg.OffsetFetchResponseGroupTopicPartition{{Offset: offset, Metadata: &note}},
	}}}}}
}

// TestWhatIsUnfinished: what was read and is not delivered, and what was not read.
func TestWhatIsUnfinished(t *testing.T) {
	for name, tc := range map[string]struct {
		is   func(o *owner)
		want bool
	}{
		"all was delivered":         {func(*owner) {}, false},
		"nothing was read":          {func(o *owner) { o.reach = 0 }, true},
		"the last was not read":     {func(o *owner) { o.high = 8 }, true},
		"a record is not finished":  {func(o *owner) { o.tracker.Begin(6, time.Time{}) }, true},
		"a record was not taken up": {func(o *owner) { o.inbox = []*record{{}} }, true},
		"the log holds nothing":     {func(o *owner) { o.reach, o.start = 0, 7 }, false},
	} {
		o := newOwner(&Processor{cfg: Config{Window: 8}}, "t", 0, 1)
		o.reach, o.high = 7, 7
		if tc.is(o); o.unfinished() != tc.want {
			t.Errorf("%s: unfinished %v", name, !tc.want)
		}
	}
}

// TestWhereAPartitionIsResumedIsForItsNextOwner: the former one may still be about to end.
func TestWhereAPartitionIsResumedIsForItsNextOwner(t *testing.T) {
	p, err := New(Config{Topic: "t"}, nil, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	former, next := newOwner(p, "t", 0, 1), newOwner(p, "t", 0, 2)
	p.owners[0], p.beyond[0] = next, &beyond{from: 8}
	p.former(former)
	if offset, known := next.expects(); !known || offset != 8 || former.reach == 8 {
		t.Errorf("the next owner expects %d (%v), the former one %d", offset, known, former.reach)
	}
}

// A hand-over that waits for partitions which are given back already hurries a stop, and nothing else: once
// hurried, every later drain would be short.
func TestAHandOverHurriesNothingButAStop(t *testing.T) {
	for _, state := range []string{StateRunning, StateDraining} {
		t.Run(state, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &owner{over: make(chan struct{})}
				p := &Processor{state: state, hurry: make(chan struct{}), leaving: map[*owner]struct{}{o: {}}}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				go p.awaitLeaving(ctx, []int32{0})
				time.Sleep(2 * time.Second)
				hurried := false
				select {
				case <-p.hurry:
					hurried = true
				default:
				}
				if hurried != (state == StateDraining) {
					t.Errorf("hurried: %t", hurried)
				}
				close(o.over)
			})
		})
	}
}
