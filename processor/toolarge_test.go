package processor_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/processor"
)

// bomb appends ten records in one batch that unpacks to more than small allows. It lingers, and does not
// flush: a flush that meets a client without the topic's metadata may send the last record by itself.
func (s *stage) bomb(partition int32) {
	s.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(s.brokers...), kgo.ProducerBatchCompression(kgo.GzipCompression()),
		kgo.ProducerLinger(300*time.Millisecond), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	records := make([]*kgo.Record, 10)
	for i := range records {
		records[i] = &kgo.Record{Topic: topic, Partition: partition, Value: make([]byte, 20<<10)}
	}
	if err := client.ProduceSync(s.t.Context(), records...).FirstErr(); err != nil {
		s.t.Fatal(err)
	}
}

func small(c *processor.Config) { c.Opts = append(c.Opts, kgo.MaxDecompressBatchBytes(64<<10)) }

func TestABatchThatIsTooLargeToUnpackIsPassedOver(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1)
	s.produceTracks(0, 5)
	s.bomb(0)
	s.produceTracks(5, 5)
	r := s.start(&script{}, small)
	r.delivered(t, 10)
	r.met(t, processor.Gap{From: 5, To: 15, Resumed: 15, Reason: processor.GapTooLarge})
	r.ends(t, s, 20)

	s.bomb(0)
	r = s.start(&script{}, small)
	st := r.until(t, "an end of the log", func(st processor.Stats) bool { return len(r.Gaps()) == 1 && st.Partitions[0].Watermark == 30 })
	if st.Partitions[0].Lag != 0 || st.Partitions[0].Waiting != "" {
		t.Errorf("behind the batch: %+v", st.Partitions[0])
	}
	r.ends(t, s, 30)
	r = s.start(&script{}, small)
	s.produceTracks(10, 1)
	r.delivered(t, 1)
	r.met(t)
}

// TestABatchThatIsTooLargeAndTheFirstOfItsPartition: the client has no offset of the partition that it
// could move.
func TestABatchThatIsTooLargeAndTheFirstOfItsPartition(t *testing.T) {
	t.Parallel() // it waits for a look at the topic
	for _, balancer := range []bool{false, true} {
		t.Run("KIP-848 "+strconv.FormatBool(balancer), func(t *testing.T) {
			t.Parallel()
			s := newStage(t, 1)
			s.produceTracks(0, 5)
			r := s.start(&script{}, func(c *processor.Config) { small(c); c.ServerSideBalancer = balancer })
			r.delivered(t, 5)
			r.ends(t, s, 5)
			if _, err := s.admin.CreatePartitions(t.Context(), 1, topic); err != nil {
				t.Fatal(err)
			}
			s.forget()
			r = s.start(&script{}, func(c *processor.Config) { small(c); c.ServerSideBalancer = balancer })
			r.until(t, "both partitions", func(st processor.Stats) bool { return len(st.Partitions) == 2 })
			s.bomb(1)
			s.produce(track(1, "u", 1))
			r.delivered(t, 1)
			r.met(t, processor.Gap{Partition: 1, From: 0, To: 10, Resumed: 10, Reason: processor.GapTooLarge})
			r.ends(t, s, 5)
		})
	}
}

// TestABatchThatIsTooLargeAndFetchedForAPausedPartition: the client throws such a fetch away, the word of
// the batch with it, and reads the partition no further.
func TestABatchThatIsTooLargeAndFetchedForAPausedPartition(t *testing.T) {
	t.Parallel() // it waits for a look at the topic
	s := newStage(t, 1)
	s.produceTracks(0, 40)
	dest, well := away()
	r := s.start(dest, func(c *processor.Config) { small(c); c.Sink.MaxOps = 5 })
	r.until(t, "a pause", func(st processor.Stats) bool { return len(st.Partitions) == 1 && st.Partitions[0].Paused })
	s.bomb(0) // a fetch was open
	s.produceTracks(40, 5)
	well.Store(true)
	r.delivered(t, 45)
	r.met(t, processor.Gap{From: 40, To: 50, Resumed: 50, Reason: processor.GapTooLarge})
	r.ends(t, s, 55)
}
