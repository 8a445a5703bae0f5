package processor

import (
	"strings"
	"testing"
	"time"

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

func FuzzDecodeBeyond(f *testing.F) {
	f.Add("pintle1.AAAA", int64(1))
	f.Add(encodeBeyond(kadm.TopicID{1}, 5, []byte{3}), int64(5))
	f.Fuzz(func(_ *testing.T, metadata string, committed int64) {
		b := beyond{from: committed, bitmap: decodeBeyond(kadm.TopicID{1}, committed, metadata)}
		b.has(committed+1, 0)
	})
}
