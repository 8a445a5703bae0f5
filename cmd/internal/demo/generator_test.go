package demo

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestStream: every record is an event of its key's owner but for the broken ones, and in the stream of
// one key numbers and times rise.
func TestStream(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	g, err := newGenerator("topic", 1, now)
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		seq  int
		time string
	}
	last := map[string]seen{}
	kinds, broken, ids := map[string]int{}, 0, map[string]bool{}
	const total = 60_000
	for n := range total {
		r := g.next(now)
		if r.Partition != partition(string(r.Key)) {
			t.Fatalf("record %d lies on partition %d", n, r.Partition)
		}
		if n%brokenEvery == brokenEvery-1 {
			broken++
			continue
		}
		var e struct {
			Type, UserID, AnonymousID, MessageID, Timestamp string
			Properties, Traits                              struct {
				Seq *int `json:"_seq"`
			}
		}
		if err := json.Unmarshal(r.Value, &e); err != nil {
			t.Fatalf("record %d: %v: %s", n, err, r.Value)
		}
		if strings.ContainsAny(string(r.Value), "\uE001\uE002\uE003\uE004\uE005") {
			t.Fatalf("record %d has a hole left: %s", n, r.Value)
		}
		key := e.UserID
		if key == "" {
			key = e.AnonymousID
		}
		if key == "" || key != string(r.Key) {
			t.Errorf("record %d: key %q, the event is of %q", n, r.Key, key)
		}
		seq := e.Properties.Seq
		if e.Type == "identify" || e.Type == "group" {
			seq = e.Traits.Seq
		}
		if seq == nil || *seq != n {
			t.Fatalf("record %d has _seq %v", n, seq)
		}
		if was, known := last[key]; known && (was.seq >= n || was.time[:19] >= e.Timestamp[:19]) {
			t.Errorf("record %d of %q is of %s, the one before of %s", n, key, e.Timestamp, was.time)
		}
		if ids[e.MessageID] {
			t.Errorf("record %d: message id %s for the second time", n, e.MessageID)
		}
		ids[e.MessageID] = true
		last[key] = seen{n, e.Timestamp}
		kinds[e.Type]++
	}
	for _, kind := range []string{"identify", "track", "page", "screen", "group", "alias"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s among %v", kind, kinds)
		}
	}
	if len(last) < 5*copies || broken != total/brokenEvery {
		t.Errorf("%d people and %d broken records", len(last), broken)
	}
}

// TestSeed: the same seed makes the same stream, another one another.
func TestSeed(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	stream := func(seed uint64) (keys []string) {
		g, err := newGenerator("topic", seed, now)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 * copies {
			keys = append(keys, string(g.next(now).Key))
		}
		return keys
	}
	if diff := cmp.Diff(stream(7), stream(7)); diff != "" {
		t.Errorf("the same seed:\n%s", diff)
	}
	if cmp.Equal(stream(7), stream(8)) {
		t.Error("another seed makes the same stream")
	}
}

// TestPresent: no event is later than its record, however long the demo runs.
func TestPresent(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	g, err := newGenerator("topic", 1, now)
	if err != nil {
		t.Fatal(err)
	}
	g.n = (int(past/time.Second) + 10) * copies // ten seconds ahead
	if r := g.next(now); !strings.Contains(string(r.Value), `"timestamp":"2026-01-02T03:04:05.000Z"`) {
		t.Errorf("the event is not of the present: %s", r.Value)
	}
}

// TestTourRepeatsNothing: no alias comes twice in the tour. The stand-in, which knows an alias by its ids
// alone, would take it for one that was sent again.
func TestTourRepeatsNothing(t *testing.T) {
	g, err := newGenerator("topic", 1, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	g.whole = true
	seen := map[string]bool{}
	for range int(tourRate * 3.5 * sceneLength.Seconds()) {
		var e struct{ Type, UserID, PreviousID string }
		if err := json.Unmarshal(g.next(time.Now()).Value, &e); err != nil {
			t.Fatal(err) // none is broken
		}
		if e.Type != "alias" {
			continue
		}
		if pair := e.PreviousID + " " + e.UserID; seen[pair] {
			t.Errorf("alias %s for the second time", pair)
		} else {
			seen[pair] = true
		}
	}
	if len(seen) == 0 {
		t.Error("there is no alias")
	}
}

// TestPartition holds RudderStack's partitioning by the published values of FNV-1a.
func TestPartition(t *testing.T) {
	for key, want := range map[string]int32{"": 0x011c9dc5 % 12, "a": 0x640c292c % 12, "foobar": (0xbf9cf968 & 0x7fffffff) % 12} {
		if got := partition(key); got != want {
			t.Errorf("partition(%q) = %d, want %d", key, got, want)
		}
	}
}
