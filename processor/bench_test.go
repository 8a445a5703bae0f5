package processor_test

import (
	"bytes"
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/schema/events"
	"github.com/pintle-io/pintle/sink"
)

// null takes everything at once.
type null struct{}

func (null) Send(context.Context, *sink.Request) sink.Answer {
	return sink.Answer{Verdict: sink.Done, Status: 200}
}
func (null) Release(*sink.Request) {}

// BenchmarkPipeline takes a backlog of real events from the in-process broker through decoding,
// mapping, lanes and settling to a destination that costs nothing. One operation is one event.
func BenchmarkPipeline(b *testing.B) {
	s := newStage(b, 12)
	var values [][]byte
	for name, value := range events.All() {
		// An alias is a barrier, and these are all of one person: they would measure the wait for answers.
		if name == "web-3.34.1" && !bytes.Contains(value, []byte(`"type":"alias"`)) {
			values = append(values, value)
		}
	}
	records := make([]*kgo.Record, b.N)
	for i := range records {
		user := strconv.Itoa(i % 20_000)
		records[i] = &kgo.Record{Partition: int32(i % 12), Key: []byte(user), Value: values[i%len(values)]}
	}
	s.produce(records...)
	b.ReportAllocs()
	b.ResetTimer()
	r := s.start(null{}, nil)
	for st := r.Stats(); st.Ledger.Consumed < int64(b.N) || st.Ledger.InFlight > 0; st = r.Stats() {
		select {
		case <-r.ended:
			b.Fatal(r.err)
		case <-time.After(time.Millisecond):
		}
	}
	b.StopTimer()
	st := r.Stats()
	b.ReportMetric(float64(b.N)/float64(max(1, st.Sink.Requests)), "events/request")
	if err := r.stop(); err != nil {
		b.Fatal(err)
	}
}
