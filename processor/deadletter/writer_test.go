package deadletter

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const topic = "letters"

// bench is a broker, a writer and what a test wants to know of them. It lives in a synctest bubble.
type bench struct {
	cluster *kfake.Cluster
	opts    []kgo.Opt // to reach the broker
	client  *kgo.Client
	writer  *Writer
	log     *logbook
}

// logbook keeps log lines.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logbook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// count returns how often a text stands in the log.
func (b *logbook) count(text string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.text.String(), text)
}

// setUp starts a broker on a network of its own, with the topic when partitions is above 0.
func setUp(t *testing.T, partitions int32, configs map[string]string) *bench {
	t.Helper()
	network := new(kfake.VirtualNetwork)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(9092), kfake.ListenFn(network.Listen), kfake.WithLogger(kfake.BasicLogger(&logbook{}, kfake.LogLevelNone)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	b := &bench{cluster: cluster, log: &logbook{}, opts: []kgo.Opt{kgo.SeedBrokers("localhost:9092"), kgo.Dialer(network.DialContext)}}
	if partitions > 0 {
		if err := cluster.CreateTopic(topic, partitions, configs); err != nil {
			t.Fatal(err)
		}
	}
	b.client, err = kgo.NewClient(append(b.opts, ClientOpts()...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	b.writer = NewWriter(b.client, topic, slog.New(slog.NewTextHandler(b.log, nil)))
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		b.writer.Close(ended)
	})
	return b
}

// letter returns a letter of a source record.
func letter(partition int32, offset int64, value string) *Letter {
	return &Letter{Topic: "source", Partition: partition, Offset: offset, Value: []byte(value), Reason: "decode", Stage: StageDecode, Timestamp: time.Now()}
}

// write writes a letter and returns where its result will be.
func (b *bench) write(l *Letter) <-chan error {
	result := make(chan error, 2) // room for a second result, which would be a fault
	b.writer.Write(l, func(err error) { result <- err })
	return result
}

// read returns all letters of the topic.
func (b *bench) read(t *testing.T) []Letter {
	t.Helper()
	var all []Letter
	for l, err := range ReadAll(t.Context(), b.opts, topic) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// refuse makes the broker answer produce requests with an error for as long as more says so.
func (b *bench) refuse(code *kerr.Error, more func(records int) bool) {
	b.cluster.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		req := r.(*kmsg.ProduceRequest)
		resp := req.ResponseKind().(*kmsg.ProduceResponse)
		for _, t := range req.Topics {
			rt := kmsg.NewProduceResponseTopic()
			rt.Topic, rt.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				var batch kmsg.RecordBatch
				if err := batch.ReadFrom(p.Records); err != nil || !more(int(batch.NumRecords)) {
					return nil, nil, false
				}
				rp := kmsg.NewProduceResponseTopicPartition()
				rp.Partition, rp.ErrorCode = p.Partition, code.Code
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil, true
	})
}

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
		for i, r := range []<-chan error{stuck, behind, other, b.write(letter(0, 3, "v"))} {
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

func TestReadAllSaysWhatIsNoLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := setUp(t, 2, nil)
		foreign := &kgo.Record{Topic: topic, Partition: 1, Value: []byte("hello")}
		if err := b.client.ProduceSync(t.Context(), foreign).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := <-b.write(letter(1, 5, "v")); err != nil {
			t.Fatal(err)
		}
		var got []string
		for l, err := range ReadAll(t.Context(), b.opts, topic) {
			if err != nil {
				got = append(got, err.Error())
				continue
			}
			got = append(got, l.ID())
		}
		want := []string{"record 0 of letters-1 has no header pintle.id: it is not a letter of pintle", "source-1-5-0"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("read (-want +got):\n%s", diff)
		}
		for _, err := range ReadAll(t.Context(), b.opts, "nowhere") {
			if err == nil || !strings.Contains(err.Error(), "check that it exists") {
				t.Errorf("a topic that is not there: %v", err)
			}
		}
	})
}
