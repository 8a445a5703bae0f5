package demo

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/pintle-io/pintle/processor"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio/customeriotest"
)

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files again")
	flag.Parse()
	m.Run() // its result is the exit code
}

// scene is a snapshot of a demo that goes well.
func scene(now time.Time, change func(*Snapshot)) *Snapshot {
	s := &Snapshot{
		Elapsed: 12300 * time.Millisecond, Produced: 24600, Admin: "127.0.0.1:40000",
		Stats: processor.Stats{
			Ledger: processor.Ledger{
				Consumed: 24590, Delivered: 22000, Filtered: 2000, DeadLettered: 90, InFlight: 500,
				FilteredBy:     map[sink.Reason]int64{sink.ReasonTombstone: 30, sink.ReasonUnsupportedType: 1970},
				DeadLetteredBy: map[sink.Reason]int64{sink.ReasonDecode: 30, sink.ReasonInvalid: 30, sink.ReasonTooLarge: 30},
			},
			Partitions: []processor.PartitionStats{{Age: 200 * time.Millisecond}, {Age: 100 * time.Millisecond}},
			Sink:       sink.Stats{Requests: 440},
		},
		CustomerIO: customeriotest.Stats{Items: 22000, Stored: 22000, Statuses: map[int]int64{200: 440}},
	}
	if change != nil {
		change(s)
	}
	if s.Stats.Sink.Gate.Shut {
		s.Stats.Sink.Gate.Since = now.Add(-2100 * time.Millisecond)
	}
	return s
}

// TestView shows each display of several moments as a person sees it, without colours.
func TestView(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	shut := func(cause sink.Cause, status int) func(*Snapshot) {
		return func(s *Snapshot) {
			s.Stats.Sink.Gate = sink.GateState{Shut: true, Cause: cause, Status: status}
			s.Stats.Sink.Retries, s.CustomerIO.Statuses[503] = 4, 5
			s.Faults = []string{"outage for another 2.9 s"}
		}
	}
	var got txtar.Archive
	for _, tc := range []struct {
		name string
		s    *Snapshot
		tour *Tour
	}{
		{"well", scene(now, nil), nil},
		{"outage", scene(now, shut(sink.CauseServer, 503)), nil},
		{"key", scene(now, shut(sink.CauseCredentials, 401)), nil},
		{"tour", scene(now, nil), &Tour{
			OutageSeconds: 7, FirstDeliverySeconds: 0.64, RecoverySeconds: 3.82,
			DeadLetter: DeadLetter{Topic: topic, Partition: 5, Offset: 3427, Reason: "invalid", Detail: "no name", Field: "event"},
		}},
		{"wrong", scene(now, func(s *Snapshot) {
			s.Stats.Ledger.Delivered++
			s.CustomerIO.OrderViolations = 3
		}), nil},
		{"interrupted", scene(now, func(s *Snapshot) {
			s.Stats.Ledger.InFlight, s.Stats.Ledger.HandedBack = 0, 500
			s.CustomerIO.Drops = map[string]int64{"identifier_change_needs_cio_id": 12}
		}), nil},
	} {
		r := newResult(tc.s)
		r.Tour = tc.tour
		speed := rates{2000.4, 1900.6, 38.2}
		add := func(kind, text string) {
			got.Files = append(got.Files, txtar.File{Name: tc.name + "/" + kind, Data: []byte(text)})
		}
		add("live", plain(t, strings.Join(newLook().frame(tc.s, speed, now), "\n")+"\n"))
		add("line", line(tc.s, speed, now)+"\n")
		add("progress", progress(tc.s, now)+"\n")
		add("summary", plain(t, Summary(tc.s, &r)))
	}
	golden := filepath.Join("testdata", "view.txtar")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(golden, txtar.Format(&got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(txtar.Format(&got))); diff != "" {
		t.Errorf("the view (-want +got), -update writes it again:\n%s", diff)
	}
}

func plain(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := colorprofile.Writer{Forward: &b, Profile: colorprofile.NoTTY}
	if _, err := w.WriteString(text); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestLive: a frame overwrites the one before, no line is wider than the terminal, and the cursor
// comes back.
func TestLive(t *testing.T) {
	var b bytes.Buffer
	v := NewLive(&b, func() int { return 40 })
	v.draw(scene(time.Now(), nil))
	first := b.String()
	lines := strings.Count(first, "\n")
	for text := range strings.Lines(plain(t, first)) {
		if n := len([]rune(strings.TrimRight(text, "\n"))); n > 39 {
			t.Errorf("%d wide: %q", n, text)
		}
	}
	if strings.Contains(first, "A\r") {
		t.Error("the first frame goes up, over what is not its own")
	}
	b.Reset()
	v.draw(scene(time.Now(), func(s *Snapshot) { s.Faults = []string{"outage over"} }))
	if up := "\x1b[" + count(int64(lines)) + "A\r"; !strings.Contains(b.String(), up) {
		t.Errorf("the second frame does not go up by %d lines", lines)
	}
	b.Reset()
	v.say(Caption{"1/4  Now", []string{result + "done"}}) // stays, above a summary of its own
	up := "\x1b[" + count(int64(lines+1)) + "A\r" + clearBelow
	if _, said, found := strings.Cut(b.String(), up); !found || !strings.HasPrefix(plain(t, said), "\n1/4  Now\n     ▸ done\n\n  pintle demo") {
		t.Errorf("a caption is written as %q", b.String())
	}
	b.Reset()
	v.Close()
	if up := "\x1b[" + count(int64(lines+1)) + "A\r"; !strings.HasPrefix(b.String(), up) || !strings.HasSuffix(b.String(), showCursor) {
		t.Errorf("at the end it writes %q", b.String())
	}
}

func TestSpeed(t *testing.T) {
	var v speed
	at := func(seconds float64, delivered int64) rates {
		return v.of(&Snapshot{
			Elapsed: time.Duration(seconds * float64(time.Second)), Produced: 2 * delivered,
			Stats: processor.Stats{Ledger: processor.Ledger{Delivered: delivered}, Sink: sink.Stats{Requests: delivered / 10}},
		})
	}
	if got, want := at(1, 100), (rates{200, 100, 10}); got != want {
		t.Errorf("after a second: %v, want %v", got, want)
	}
	for i := range 100 { // 1,000 a second
		at(1+float64(i)/10, 100+int64(i)*100)
	}
	if got, want := at(11, 10100), (rates{2000, 1000, 100}); got != want {
		t.Errorf("at a steady pace: %v, want %v", got, want)
	}
	for i := range 100 { // it stands
		at(11+float64(i)/10, 10100)
	}
	if got := at(21, 10100); got != (rates{}) {
		t.Errorf("when it stands: %v", got)
	}
	if len(v.seen) > 30 {
		t.Errorf("%d snapshots are remembered", len(v.seen))
	}
}
