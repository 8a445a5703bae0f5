package deadletter

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

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
				if err := batch.ReadFrom(p.Records); err != nil {
					return nil, err, true
				}
				if !more(int(batch.NumRecords)) {
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
