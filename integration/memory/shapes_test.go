package memory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/program"
)

// padded is a track event of a person, with so many bytes of one letter in it.
func padded(person string, seq, bytes int) []byte {
	return fmt.Appendf(nil, `{"type":"track","event":"Padded","userId":%q,"messageId":"padded-%d","originalTimestamp":"2026-11-25T10:00:00.000Z","properties":{"_seq":%d,"pad":"%s"}}`,
		person, seq, seq, strings.Repeat("x", bytes))
}

// TestManyPartitions has 500 partitions, each with a backlog.
func TestManyPartitions(t *testing.T) {
	w := newWorld(t, 500)
	w.settings.Memory = 64 * mib
	want := w.backlog(200 * mib)
	m := w.run()
	w.committed(m)
	w.judge(m, "500 partitions")
	w.arrived(want)
}

// TestHotUsers has a backlog of one user, and one of a few in 200 partitions of which half are empty: what holds
// it up is the answers, one at a time for each user, while the reading could go on.
func TestHotUsers(t *testing.T) {
	for _, tt := range []struct {
		name              string
		users, partitions int
	}{{"one user", 1, 12}, {"50 users, 100 of 200 partitions empty", 50, 200}} {
		t.Run(tt.name, func(t *testing.T) {
			const records = 60_000
			w := newWorld(t, tt.partitions)
			w.settings.Memory = 64 * mib
			for i := range records {
				user := i % tt.users
				person := fmt.Sprintf("person-%d", user)
				w.produce(&kgo.Record{Key: []byte(person), Value: padded(person, i, 1500), Partition: int32(user * 2 % tt.partitions)})
			}
			w.flush()
			m := w.run()
			w.committed(m)
			w.judge(m, "a backlog of "+tt.name)
			w.arrived(records)
		})
	}
}

// TestLargeRecords has records of 10 MB: every second is one event, which no destination takes, so that it
// becomes a letter of 10 MB; the others hold hundreds of events each.
func TestLargeRecords(t *testing.T) {
	const records, size, events = 30, 10_000_000, 500
	w := newWorld(t, 12, kgo.ProducerBatchCompression(kgo.NoCompression()))
	w.settings.Memory, w.settings.RecordBytes = 64*mib, 12*mib
	want := 0
	for i := range records {
		person := fmt.Sprintf("person-%d", i)
		value := padded(person, i, size)
		if i%2 == 0 {
			list := make([][]byte, events)
			for n := range list {
				list[n] = padded(person, n, size/events-200)
			}
			value = bytes.Join([][]byte{[]byte(`{"batch":[`), bytes.Join(list, []byte(",")), []byte("]}")}, nil)
			want += events
		}
		w.produce(&kgo.Record{Key: []byte(person), Value: value, Partition: int32(i % w.partitions)})
	}
	w.flush()
	m := w.run()
	w.committed(m)
	w.judge(m, "records of 10 MB")
	w.arrived(want)
}

// TestCompressible has batches that unpack to a thousand times their size, and one in each partition that
// unpacks beyond the limit: it is left out and told, and what stands behind it is delivered.
func TestCompressible(t *testing.T) {
	for name, codec := range map[string]kgo.CompressionCodec{"gzip": kgo.GzipCompression(), "zstd": kgo.ZstdCompression(), "lz4": kgo.Lz4Compression()} {
		t.Run(name, func(t *testing.T) { compressible(t, name, codec) })
	}
}

func compressible(t *testing.T, name string, codec kgo.CompressionCodec) {
	t.Helper()
	const size, partitions, bombs = 25_000, 16, 2
	w := newWorld(t, partitions, kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(time.Minute),
		kgo.ProducerBatchMaxBytes(256*mib), kgo.BrokerMaxWriteBytes(512*mib))
	w.settings.Memory = 64 * mib
	batch := func(partition, bytes int) {
		for i := range bytes / size {
			person := fmt.Sprintf("person-%d-%d", partition, i%20)
			w.produce(&kgo.Record{Key: []byte(person), Value: padded(person, i, size), Partition: int32(partition)})
		}
		w.flush()
	}
	for p := range partitions {
		batch(p, 10*mib)
		if p < bombs {
			batch(p, 100*mib)
		}
		batch(p, 10*mib)
	}
	m := w.run()
	w.committed(m)
	gaps, lost := w.gaps(m)
	if gaps < bombs || lost > bombs*100*mib/size {
		t.Errorf("%d batches cannot be unpacked, and %d of %d records are told", bombs, gaps, lost)
	}
	w.judge(m, "batches of 1000:1 in "+name)
	w.arrived(w.produced - lost)
}

// gaps reads how many batches were too large to unpack, and how many records that were.
func (w *world) gaps(m *program.Member) (gaps, records int) {
	w.Helper()
	_, body, err := m.Get(w.ctx, "/api/v1/gaps")
	if err != nil {
		w.Fatal(err)
	}
	var told struct {
		Gaps []struct {
			Reason   string
			From, To int
		}
	}
	if err := json.Unmarshal([]byte(body), &told); err != nil {
		w.Fatal(err)
	}
	for _, g := range told.Gaps {
		if g.Reason == "decompress_too_large" {
			gaps, records = gaps+1, records+g.To-g.From
		}
	}
	return gaps, records
}
