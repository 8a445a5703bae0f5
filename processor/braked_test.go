package processor_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/sink"
)

func broken(partition int32, n int) *kgo.Record {
	return &kgo.Record{Partition: partition, Key: []byte(strconv.Itoa(n)), Value: []byte(`{"type":"track"`)}
}

func braked(s processor.Stats) (n int) {
	for i := range s.Partitions {
		if s.Partitions[i].Braked {
			n++
		}
	}
	return n
}

// TestABadDeployStopsInsteadOfEmptyingTheTopic: what comes before the records that fail is delivered and
// committed, fifty letters are written, and the rest stays in the topic: over a restart, and until
// somebody releases the brake or mends the program.
func TestABadDeployStopsInsteadOfEmptyingTheTopic(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	for n := range 10 {
		s.produce(track(0, "u"+strconv.Itoa(n), n))
	}
	for n := range 1000 {
		s.produce(broken(0, n))
	}
	r := s.start(&script{}, nil)
	st := r.until(t, "a stop", func(st processor.Stats) bool { return braked(st) == 1 && st.Ledger.InFlight == 0 })
	balanced(t, st)
	if st.Ledger.Delivered != 10 || st.Ledger.DeadLettered != 50 || st.Partitions[0].Waiting != "brake" {
		t.Errorf("delivered %d, letters %d, waiting for %q; want 10, 50, brake", st.Ledger.Delivered, st.Ledger.DeadLettered, st.Partitions[0].Waiting)
	}
	if st.Ready || st.NotReady != processor.BrakeHint {
		t.Errorf("ready %v: %q", st.Ready, st.NotReady)
	}
	r.until(t, "a pause", func(st processor.Stats) bool { return st.Partitions[0].Paused })
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	balanced(t, r.Stats())
	if at := s.committed()[0]; at != 60 {
		t.Errorf("committed %d, want 60: the record that stopped it is unfinished", at)
	}

	r = s.start(&script{}, nil)
	st = r.until(t, "a stop of the next process", func(st processor.Stats) bool { return braked(st) == 1 })
	if st.Ledger.Consumed != 50 {
		t.Errorf("the next process consumed %d, want another 50", st.Ledger.Consumed)
	}
	if n := r.ReleaseBrake(); n != 1 {
		t.Errorf("released %d partitions, want 1", n)
	}
	r.until(t, "another stop", func(st processor.Stats) bool { return st.Ledger.DeadLettered == 250 && braked(st) == 1 })
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}

	r = s.start(&script{}, func(c *processor.Config) { c.NoBrake = true })
	if n := r.ReleaseBrake(); n != 0 {
		t.Errorf("released %d partitions though none was stopped", n)
	}
	r.until(t, "an end of the topic", func(st processor.Stats) bool {
		return len(st.Partitions) == 1 && st.Partitions[0].Watermark == 1010
	})
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(s.committed(), map[int32]int64{0: 1010}); d != "" {
		t.Errorf("committed (-got +want):\n%s", d)
	}
}

// TestAPartitionOfPoisonDoesNotStopTheOthers: and when it goes to another member, that one counts anew.
func TestAPartitionOfPoisonDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	s := newStage(t, 2)
	for n := range 500 {
		s.produce(broken(0, n))
	}
	r := s.start(&script{}, nil)
	r.until(t, "a stop", func(st processor.Stats) bool { return braked(st) == 1 })
	for n := range 300 {
		s.produce(track(1, "u", n))
	}
	s.produce(broken(1, 1), track(1, "u", 300))
	st := r.until(t, "an outcome for the healthy partition", func(st processor.Stats) bool { return st.Ledger.Delivered == 301 && st.Ledger.InFlight == 0 })
	balanced(t, st)
	if !st.Partitions[0].Braked || st.Partitions[1].Braked || st.Ledger.DeadLettered != 51 {
		t.Errorf("stopped: %v and %v, letters %d", st.Partitions[0].Braked, st.Partitions[1].Braked, st.Ledger.DeadLettered)
	}
}

// TestFilteredRecordsCountForNothing: a topic most of which is passed over on purpose.
func TestFilteredRecordsCountForNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	for n := range 400 {
		off := kgo.Record{Key: []byte("k"), Value: []byte(`{"type":"track","userId":"u","messageId":"1","event":"E","integrations":{"All":false}}`)}
		also := off
		s.produce(&kgo.Record{Key: []byte("gone")}, &off, &also, broken(0, n))
	}
	r := s.start(&script{}, nil)
	st := r.until(t, "a stop", func(st processor.Stats) bool { return braked(st) == 1 })
	if n := st.Ledger.DeadLetteredBy[sink.ReasonDecode] + st.Ledger.InFlight; n != 50 {
		t.Errorf("%d letters among what is filtered, want 50", n)
	}
}

// TestABatchFailsWhenMostOfItsEventsDo: one bad event among many is no failing record.
func TestABatchFailsWhenMostOfItsEventsDo(t *testing.T) {
	const good, bad = `{"type":"track","userId":"u","messageId":"1","event":"E"}`, `{"type":"track","userId":"u","messageId":"2"}`
	for _, tc := range []struct {
		name, value string
		stops       bool
	}{
		{"half of them", `{"batch":[` + good + `,` + bad + `]}`, false},
		{"two of three", `{"batch":[` + bad + `,` + good + `,` + bad + `]}`, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newStage(t, 1)
			for range 100 {
				s.produce(&kgo.Record{Key: []byte("k"), Value: []byte(tc.value)})
			}
			s.produce(&kgo.Record{Key: []byte("gone")})
			r := s.start(&script{}, nil)
			st := r.until(t, "a stop or an end", func(st processor.Stats) bool {
				return braked(st) == 1 || st.Ledger.Filtered == 1 && st.Ledger.InFlight == 0
			})
			if got := braked(st) == 1; got != tc.stops {
				t.Errorf("stopped: %v, want %v", got, tc.stops)
			}
		})
	}
}
