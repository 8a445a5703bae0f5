package deadletter

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestWriterKeepsBytesAndOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setUp(t, 3, nil)
		if err := b.writer.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := map[int32][]int64{}
		var results []<-chan error
		for i := range int64(300) {
			p := int32(i % 5)
			want[p] = append(want[p], i)
			results = append(results, b.write(letter(p, i, "v")))
		}
		whole := sample()
		results = append(results, b.write(whole))
		for i, r := range results {
			if err := <-r; err != nil {
				t.Errorf("letter %d: %v", i, err)
			}
		}
		if lost := b.writer.Close(t.Context()); lost != 0 {
			t.Errorf("%d letters lost", lost)
		}
		got := map[int32][]int64{}
		for _, l := range b.read(t) {
			if l.Topic == whole.Topic {
				if diff := cmp.Diff(*whole, l); diff != "" {
					t.Errorf("letter (-want +got):\n%s", diff)
				}
				continue
			}
			got[l.Partition] = append(got[l.Partition], l.Offset)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("offsets by source partition (-want +got):\n%s", diff)
		}
		if s := b.writer.Stats(); s != (Stats{Written: 301}) {
			t.Errorf("stats %+v", s)
		}
		for i, r := range results {
			if len(r) != 0 {
				t.Errorf("letter %d has two results", i)
			}
		}
	})
}

func TestWriterWaitsForItsTopic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setUp(t, 0, nil)
		if err := b.writer.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "create it") || !errors.Is(err, kerr.UnknownTopicOrPartition) {
			t.Errorf("Check: %v", err)
		}
		first, second := b.write(letter(0, 1, "a")), b.write(letter(9, 1, "b"))
		time.Sleep(2 * time.Minute)
		if len(first) != 0 || len(second) != 0 {
			t.Fatal("a letter without a topic has a result")
		}
		s := b.writer.Stats()
		if s.Waiting != 2 || s.Written != 0 || !strings.Contains(s.LastError, "create it") || time.Since(s.Since) < time.Minute {
			t.Errorf("stats %+v", s)
		}
		if n := b.log.count("level=WARN"); n != 1 {
			t.Errorf("%d warnings for one state", n)
		}
		if err := b.cluster.CreateTopic(topic, 2, nil); err != nil {
			t.Fatal(err)
		}
		if err := <-first; err != nil {
			t.Error(err)
		}
		if err := <-second; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if s := b.writer.Stats(); s != (Stats{Written: 2}) {
			t.Errorf("stats %+v", s)
		}
		if n := b.log.count("takes letters again"); n != 1 {
			t.Errorf("the recovery is told %d times", n)
		}
	})
}

func TestWriterRetriesInOrder(t *testing.T) {
	for _, code := range []*kerr.Error{kerr.TopicAuthorizationFailed, kerr.InvalidTimestamp, kerr.InvalidRecord, kerr.PolicyViolation, kerr.NotEnoughReplicas} {
		t.Run(code.Message, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := setUp(t, 1, nil)
				refusing := make(chan struct{})
				b.refuse(code, func(int) bool {
					select {
					case <-refusing:
						return false
					default:
						return true
					}
				})
				var results []<-chan error
				var want []int64
				for i := range int64(100) {
					results = append(results, b.write(letter(0, i, "v")))
					want = append(want, i)
				}
				time.Sleep(time.Minute)
				if s := b.writer.Stats(); s.Waiting != 100 || s.LastError == "" {
					t.Errorf("stats %+v", s)
				}
				if n := b.log.count("level=WARN"); n != 1 {
					t.Errorf("%d warnings for one state", n)
				}
				close(refusing)
				for _, r := range results {
					if err := <-r; err != nil {
						t.Error(err)
					}
				}
				var got []int64
				for _, l := range b.read(t) {
					got = append(got, l.Offset)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("offsets (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWriterLeavesOutWhatIsTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setUp(t, 1, map[string]string{"max.message.bytes": "20000"})
		heavy := letter(0, 3, "v")
		heavy.Key, heavy.Headers = []byte(incompressible(60_000)), []Header{{"h", []byte("v")}}
		letters := []*Letter{letter(0, 1, "small"), letter(0, 2, incompressible(60_000)), heavy, letter(0, 4, "small")}
		for i, r := range []<-chan error{b.write(letters[0]), b.write(letters[1]), b.write(letters[2]), b.write(letters[3])} {
			if err := <-r; err != nil {
				t.Errorf("letter %d: %v", i, err)
			}
		}
		var want []Letter
		for i, omitted := range []string{"", OmittedValue, OmittedAll, ""} {
			l := *letters[i]
			l.Timestamp = time.UnixMilli(l.Timestamp.UnixMilli())
			switch l.Detail, l.ValueOmitted = "", omitted; omitted {
			case OmittedValue:
				l.Value = nil
			case OmittedAll:
				l.Key, l.Value, l.Headers = nil, nil, nil
			}
			want = append(want, l)
		}
		if diff := cmp.Diff(want, b.read(t)); diff != "" {
			t.Errorf("letters (-want +got):\n%s", diff)
		}
	})
}

// incompressible returns text that snappy does not make smaller than half.
func incompressible(n int) string {
	b := make([]byte, n)
	x := uint32(2463534242)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x>>8)%94 + 33
	}
	return string(b)
}

func TestWriterBlamesNoLetterForItsNeighbours(t *testing.T) {
	for _, code := range []*kerr.Error{kerr.MessageTooLarge, kerr.RecordListTooLarge} {
		t.Run(code.Message, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := setUp(t, 1, nil)
				b.refuse(code, func(records int) bool { return records > 1 })
				var results []<-chan error
				for i := range int64(50) {
					results = append(results, b.write(letter(0, i, "v")))
				}
				for _, r := range results {
					if err := <-r; err != nil {
						t.Error(err)
					}
				}
				for _, l := range b.read(t) {
					if l.ValueOmitted != "" || string(l.Value) != "v" {
						t.Errorf("letter %s lost its value, though it alone is small enough", l.ID())
					}
				}
			})
		})
	}
}

func TestWriterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setUp(t, 1, nil)
		b.cluster.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
			b.cluster.KeepControl()
			b.cluster.SleepControl(func() { time.Sleep(time.Hour) })
			return nil, nil, false
		})
		stuck, behind, other := b.write(letter(0, 1, "v")), b.write(letter(0, 2, "v")), b.write(letter(7, 1, "v"))
		time.Sleep(11 * time.Second)
		if s := b.writer.Stats(); !strings.Contains(s.LastError, "no acknowledgement for 10 s") {
			t.Errorf("stats %+v", s)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if lost := b.writer.Close(ctx); lost != 3 {
			t.Errorf("%d letters given up, want 3", lost)
		}
		if took := time.Since(start); took != time.Second {
			t.Errorf("Close took %v, its context 1s", took)
		}
		var held sync.Mutex
		late := make(chan error, 2)
		held.Lock()
		b.writer.Write(letter(0, 3, "v"), func(err error) {
			held.Lock() // Write must not call this itself: its caller may hold the lock
			defer held.Unlock()
			late <- err
		})
		held.Unlock()
		for i, r := range []<-chan error{stuck, behind, other, late} {
			if err := <-r; !errors.Is(err, ErrClosed) {
				t.Errorf("letter %d: %v", i, err)
			}
		}
		if s := b.writer.Stats(); s.Waiting != 0 || s.Written != 0 {
			t.Errorf("stats %+v", s)
		}
		b.client.Close()
		time.Sleep(time.Hour)
		for i, r := range []<-chan error{stuck, behind, other} {
			if len(r) != 0 {
				t.Errorf("letter %d has two results", i)
			}
		}
	})
}
