package traffic_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pintle-io/pintle/integration/traffic"
)

// TestEvents: each event is JSON, carries what its record says, and nothing of a template is left.
func TestEvents(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	stream, err := traffic.New(7, start)
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]string{}
	kinds := map[string]int{}
	for seq := range 3000 {
		e := stream.Event(seq)
		kinds[e.Kind]++
		if e.Off {
			kinds["off"]++
		}
		var v struct {
			UserID      string `json:"userId"`
			AnonymousID string `json:"anonymousId"`
			Timestamp   string `json:"timestamp"`
			Properties  struct {
				Seq *int `json:"_seq"`
			} `json:"properties"`
			Traits struct {
				Seq *int `json:"_seq"`
			} `json:"traits"`
		}
		if err := json.Unmarshal(e.Value, &v); err != nil {
			t.Fatalf("event %d: %v", seq, err)
		}
		if bytes.Contains(e.Value, []byte("@@")) {
			t.Fatalf("event %d has a hole left: %s", seq, e.Value)
		}
		person := v.UserID
		if person == "" {
			person = v.AnonymousID
		}
		if person != e.Person || string(e.Record("t", 12).Key) != person {
			t.Errorf("event %d: it says %q, the record says %q", seq, person, e.Person)
		}
		got := v.Properties.Seq
		if e.Kind == "identify" {
			got = v.Traits.Seq
		}
		if got == nil || *got != seq {
			t.Errorf("event %d carries _seq %v", seq, got)
		}
		if v.Timestamp <= last[person] {
			t.Errorf("event %d of %s is of %s, the one before of %s", seq, person, v.Timestamp, last[person])
		}
		last[person] = v.Timestamp
	}
	for _, kind := range []string{"identify", "track", "page", "screen", "off"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s among %v", kind, kinds)
		}
	}
	if anonymous := strings.Count(strings.Join(keys(last), " "), "anonymous-"); anonymous != 7 || len(last) != 14 {
		t.Errorf("%d of %d people are anonymous, want 7 of 14", anonymous, len(last))
	}
}

func keys(m map[string]string) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	return list
}

// TestPartition holds RudderStack's partitioning, seen on records of a running server: FNV-1a, 31 bits.
func TestPartition(t *testing.T) {
	for key, want := range map[string]int32{"": 0x011c9dc5 % 12, "a": 0x640c292c % 12, "foobar": (0xbf9cf968 & 0x7fffffff) % 12} {
		if got := traffic.Partition(key, 12); got != want {
			t.Errorf("Partition(%q, 12) = %d, want %d", key, got, want)
		}
	}
}
