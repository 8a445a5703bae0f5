package processor

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"pgregory.net/rapid"
)

func TestBeyondIsIgnoredUnlessTopicAndOffsetMatch(t *testing.T) {
	topic, other := kadm.TopicID{1}, kadm.TopicID{2}
	metadata := encodeBeyond(topic, 100, []byte{0b110})
	if b := decodeBeyond(topic, 100, metadata); len(b) != 1 || b[0] != 0b110 {
		t.Fatalf("round trip gives %v", b)
	}
	for name, got := range map[string][]byte{
		"another topic":    decodeBeyond(other, 100, metadata),
		"another offset":   decodeBeyond(topic, 101, metadata),
		"somebody else's":  decodeBeyond(topic, 100, "mirror:42"),
		"cut":              decodeBeyond(topic, 100, metadata[:12]),
		"without our mark": decodeBeyond(topic, 100, metadata[len(beyondTag):]),
		"not base64":       decodeBeyond(topic, 100, beyondTag+"***"),
		"longer than ours": decodeBeyond(topic, 100, beyondTag+strings.Repeat("A", beyondChars)),
	} {
		if got != nil {
			t.Errorf("%s: taken as %v", name, got)
		}
	}
}

func TestBeyondFitsTheBrokersLimit(t *testing.T) {
	full := make([]byte, DefaultWindow/8)
	for i := range full {
		full[i] = 0xff
	}
	got := encodeBeyond(kadm.TopicID{}, 1<<62, full)
	if len(got) > beyondChars || len(decodeBeyond(kadm.TopicID{}, 1<<62, got)) != len(full) {
		t.Errorf("a full window takes %d characters", len(got))
	}
	longest := []byte(strings.Repeat("\xff", beyondBytes+1))
	got = encodeBeyond(kadm.TopicID{}, 5, longest)
	if len(got) != beyondChars || len(decodeBeyond(kadm.TopicID{}, 5, got)) != beyondBytes {
		t.Errorf("the longest set that fits takes %d characters of %d", len(got), beyondChars)
	}
	if huge := encodeBeyond(kadm.TopicID{}, 1, make([]byte, 1<<20)); huge != "" {
		t.Errorf("nothing finished takes %d characters", len(huge))
	}
	huge := make([]byte, 1<<20)
	huge[len(huge)-1], huge[0] = 1, 2
	if got := encodeBeyond(kadm.TopicID{}, 1, huge); len(got) > beyondChars || decodeBeyond(kadm.TopicID{}, 1, got)[0] != 2 {
		t.Errorf("a set beyond the limit takes %d characters", len(got))
	}
}

func TestARecordOfALaterLeaderIsAnotherRecord(t *testing.T) {
	b := beyond{from: 10, epoch: 3, bitmap: []byte{0b10}}
	for epoch, want := range map[int32]bool{2: true, 3: true, 4: false} {
		if got := b.has(11, epoch); got != want {
			t.Errorf("under leader epoch %d: %v", epoch, got)
		}
	}
	if first := (beyond{from: 10, epoch: 0, bitmap: []byte{0b10}}); !first.has(11, 0) || first.has(11, 1) {
		t.Error("the first leader is one as any other")
	}
	if b.has(10, 3) || b.has(12, 3) || b.has(9, 3) || b.has(1<<40, 3) {
		t.Error("offsets that are not in the set are taken for finished")
	}
}

// What the next owner skips is exactly what was finished, whatever the order of the ends.
func TestTheNextOwnerSkipsExactlyWhatWasFinished(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := NewTracker(64)
		base := rapid.Int64Range(0, 1<<40).Draw(t, "base")
		finished := map[int64]bool{}
		next := base
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			offset := rapid.Int64Range(base, max(base, next-1)).Draw(t, "offset")
			if (next == base || rapid.Bool().Draw(t, "begin")) && tr.Fits(next) {
				tr.Begin(next, time.Time{})
				next++
			} else if offset < next {
				tr.Finish(offset)
				finished[offset] = true
			}
		}
		low, bitmap := tr.Snapshot()
		b := beyond{from: low, epoch: -1, bitmap: decodeBeyond(kadm.TopicID{7}, low, encodeBeyond(kadm.TopicID{7}, low, bitmap))}
		for offset := low; offset < next+100; offset++ {
			if b.has(offset, 0) != finished[offset] {
				t.Fatalf("offset %d (watermark %d): skipped %v, finished %v", offset, low, b.has(offset, 0), finished[offset])
			}
		}
	})
}

// TestWhatIsFinishedIsHandedOnByOwnersThatDidNotGetThatFar: each owner of a row reads some records, finishes
// some of them, and commits. Nobody skips what is not finished, and nothing is finished twice.
func TestWhatIsFinishedIsHandedOnByOwnersThatDidNotGetThatFar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const end = 60
		p := &Processor{topicID: kadm.TopicID{7}, cfg: Config{Window: 64}}
		finished, halves := map[int64]bool{}, false // behind a half-delivered record all is worked again
		at := beyond{from: rapid.Int64Range(0, 1<<40).Draw(t, "base")}
		base := at.from
		for range rapid.IntRange(1, 6).Draw(t, "owners") {
			o := newOwner(p, "t", 0, 1)
			o.before, o.reach = at, at.from
			reads := rapid.Int64Range(0, base+end-at.from).Draw(t, "reads")
			for offset := at.from; offset < at.from+reads; offset++ {
				o.reach = offset + 1
				o.tracker.Begin(offset, time.Time{})
				skip := o.before.has(offset, 0)
				switch {
				case skip && !finished[offset]:
					t.Fatalf("offset %d is skipped and was never finished", offset)
				case skip:
					o.tracker.Finish(offset)
				case finished[offset] && !halves:
					t.Fatalf("offset %d is worked again", offset)
				}
			}
			for offset := at.from; offset < at.from+reads; offset++ {
				if o.before.has(offset, 0) {
					continue
				}
				switch rapid.IntRange(0, 9).Draw(t, "end") {
				case 0, 1, 2:
					o.tracker.Finish(offset)
					finished[offset] = true
					o.moves++
				case 3:
					o.tracker.Halve(offset)
					halves = true
				}
			}
			progress, ok := o.commit()
			if !ok {
				continue // its successor begins where it did
			}
			low := progress.offset.Offset
			at = beyond{from: low, epoch: progress.offset.Epoch, bitmap: decodeBeyond(p.topicID, low, progress.metadata)}
			if o.tracker.Halves() > 0 && len(at.bitmap) > 0 {
				highest := low + int64(len(at.bitmap))*8 - 1
				for !at.has(highest, 0) {
					highest--
				}
				for offset := low; offset < highest; offset++ {
					if o.tracker.ring[offset%64].half {
						t.Fatalf("%d is called finished, behind %d of which a part was delivered", highest, offset)
					}
				}
			}
		}
	})
}

func TestWhatAFormerOwnerFinishedIsCarriedOn(t *testing.T) {
	before := beyond{from: 100, epoch: 3, bitmap: []byte{0b1000_0010, 0b1}} // 101, 107, 108
	for _, tc := range []struct {
		name      string
		finished  []byte
		low, next int64
		epoch     int32
		want      []byte
	}{
		{"nothing read yet", nil, 100, 100, 3, []byte{0b1000_0010, 0b1}},
		{"one finished out of order, the rest not read", []byte{0b10}, 100, 103, 3, []byte{0b1000_0010, 0b1}},
		{"what was read is the reader's to say", []byte{0}, 100, 108, 3, []byte{0, 0b1}},
		{"all read", []byte{0b10, 0}, 100, 109, 3, []byte{0b10, 0}},
		{"the offset has moved", nil, 107, 107, 3, []byte{0b11}},
		{"the leader is an earlier one, as in what was read", nil, 100, 100, 2, []byte{0b1000_0010, 0b1}},
		{"the leader is a later one: other records may stand there", []byte{0b10}, 100, 102, 4, []byte{0b10}},
		{"the leader is not known", nil, 100, 100, -1, nil},
		{"the set is longer than what is carried", []byte{0, 0, 0b1}, 100, 100, 3, []byte{0b1000_0010, 0b1, 0b1}},
		{"so far away that it does not fit", nil, 101 - int64(beyondBytes)*8, 90, 3, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, tell := before.carry(tc.finished, tc.low, tc.next, tc.epoch)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("set (-want +got):\n%s", diff)
			}
			if next := (beyond{from: tc.low, epoch: tell, bitmap: got}); tc.epoch == 2 && !next.has(108, 3) {
				t.Errorf("a commit that tells epoch %d has the next owner send what was written under epoch 3 again", tell)
			}
		})
	}
	first := beyond{from: 100, epoch: 0, bitmap: []byte{1}}
	for epoch, want := range map[int32]int{-1: 0, 0: 1, 1: 0} {
		if got, _ := first.carry(nil, 100, 100, epoch); len(got) != want {
			t.Errorf("from the first leader to a commit that tells %d: %v", epoch, got)
		}
	}
	unknown := beyond{from: 100, epoch: -1, bitmap: []byte{1}}
	if got, tell := unknown.carry(nil, 100, 100, 5); len(got) != 1 || tell != 5 {
		t.Errorf("brokers that tell no epochs: %v", got)
	}
	former := beyond{from: 100, epoch: 3, bitmap: []byte{1}}
	if got, tell := former.carry(nil, 100, 100, 5); len(got) != 0 || tell != 5 {
		t.Errorf("under a later leader than the former owner knew: %v, told as of epoch %d", got, tell)
	}
}

func FuzzDecodeBeyond(f *testing.F) {
	f.Add("pintle1.AAAA", int64(1))
	f.Add(encodeBeyond(kadm.TopicID{1}, 5, []byte{3}), int64(5))
	f.Fuzz(func(_ *testing.T, metadata string, committed int64) {
		b := beyond{from: committed, bitmap: decodeBeyond(kadm.TopicID{1}, committed, metadata)}
		b.has(committed+1, 0)
	})
}
