package processor

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Fetches, bounded so that memory is: per broker at most and at least, per partition, at once, and per
// batch. A larger batch is stepped over, see [GapTooLarge].
const (
	fetchMost          = 4 << 20
	fetchLeast         = 64 << 10
	fetchPartitionMost = 512 << 10
	fetchesAtOnce      = 3 // at least: each broker that leads a partition has one of its own
	fetchUnpackedBytes = 32 << 20
	pollRecords        = 5_000
)

// fetchRoom is how much of the budget is for what is fetched and not taken yet: a quarter, and not more
// than keeps a machine busy.
func fetchRoom(budget int64) int64 { return min(budget/4, 32<<20) }

// errNoRoom is what the client is told of a batch that is to be fetched again. Of the batch's partition it
// hands out what stands before it.
var errNoRoom = errors.New("what was fetched before is not taken yet")

// unpacker unpacks what a client fetches. While more than the room is unpacked and still the client's, it
// unpacks nothing: the client hands out what it has, and fetches the rest again. So the room is exceeded
// by one batch at most, whatever the broker sends and however small that is packed. Which records have
// left the client it learns as a hook, whose they are no more it is told by [unpacker.recycle], and then
// it gets the memory of whole batches back, as a pool. It is safe for concurrent use.
type unpacker struct {
	of      kgo.Decompressor
	scratch *scratch // of it
	room    int64

	out      lent
	brokers  atomic.Int64 // that lead partitions of the topic
	tooLarge atomic.Int64 // batches that can never be unpacked, less those that the processor was told of
	left     leaving

	mu               sync.Mutex // one batch at a time
	packed, unpacked int64      // bytes of late, before and after
}

// leaving are records that have left the client: polled, or thrown away.
type leaving struct {
	mu      sync.Mutex
	records []*kgo.Record
}

// newUnpacker returns an unpacker that goes by a decompressor with that scratch.
func newUnpacker(of kgo.Decompressor, s *scratch, room int64) *unpacker {
	// RudderStack's batches are packed to about a quarter.
	return &unpacker{of: of, scratch: s, room: room, packed: 1 << 20, unpacked: 4 << 20}
}

// Decompress unpacks a batch, or refuses it for now.
func (u *unpacker) Decompress(src []byte, codec kgo.CompressionCodecType) ([]byte, error) {
	if codec == kgo.CodecNone {
		return src, nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.out.held() >= u.room {
		return nil, errNoRoom
	}
	batch, err := u.of.Decompress(src, codec)
	batch = u.scratch.take(batch, codec)
	if errors.Is(err, kgo.ErrMaxDecompress) {
		u.tooLarge.Add(1)
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // the client knows its own errors
	}
	u.out.lend(time.Now(), batch)
	if u.packed > fetchMost { // what was long ago counts less and less
		u.packed, u.unpacked = u.packed/2, u.unpacked/2
	}
	u.packed += int64(len(src))
	u.unpacked += int64(len(batch))
	return batch, nil
}

// lent is what is unpacked and still the client's.
type lent struct {
	mu      sync.Mutex
	bytes   int64
	batches map[*byte]loan
}

type loan struct {
	bytes int64
	since time.Time
}

// lostAfter is how long a batch may be the client's that holds no record.
const lostAfter = 30 * time.Second

func (l *lent) held() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes
}

func (l *lent) lend(now time.Time, batch []byte) {
	if cap(batch) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.batches == nil {
		l.batches = map[*byte]loan{}
	}
	l.batches[&batch[:1][0]] = loan{int64(cap(batch)), now}
	l.bytes += int64(cap(batch))
}

func (l *lent) back(batch []byte) {
	if cap(batch) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(&batch[:1][0])
}

func (l *lent) drop(at *byte) {
	l.bytes -= l.batches[at].bytes
	delete(l.batches, at)
}

// lost gives up what has been out for long while the client holds nothing: it throws some of what it fetches
// away without a word, as when a partition is taken from it in that moment. Counted for ever, this would
// leave no room to read in.
func (l *lent) lost(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for at, of := range l.batches {
		if now.Sub(of.since) > lostAfter {
			l.drop(at)
		}
	}
}

// scratch is where a decompressor unpacks streams: to grow a buffer for each would take up to three times
// its size. It is for one goroutine at a time.
type scratch struct{ buf []byte }

// GetDecompressBytes returns an empty slice that the stream most likely fits in.
func (s *scratch) GetDecompressBytes(src []byte, codec kgo.CompressionCodecType) []byte {
	var n int
	switch {
	case codec == kgo.CodecGzip && len(src) >= 4:
		n = int(binary.LittleEndian.Uint32(src[len(src)-4:])) // it says so at its end
	case codec == kgo.CodecLz4:
		n = 16 * len(src)
	default:
		return nil // the others know how much they need
	}
	n = min(n, fetchUnpackedBytes) + bytes.MinRead + 1
	if cap(s.buf) < n {
		s.buf = make([]byte, 0, n)
	}
	return s.buf
}

// PutDecompressBytes is called for streams that are broken or too large.
func (s *scratch) PutDecompressBytes([]byte) {}

// take returns what was unpacked as memory of its own. The buffer stays for the next stream unless it
// is a huge one.
func (s *scratch) take(batch []byte, codec kgo.CompressionCodecType) []byte {
	huge := cap(s.buf) > fetchMost
	if huge {
		s.buf = nil
	}
	if codec != kgo.CodecGzip && codec != kgo.CodecLz4 || huge && len(batch) > cap(batch)/2 {
		return batch
	}
	return bytes.Clone(batch)
}

// GetDecompressBytes is never called: Decompress allocates for itself.
func (u *unpacker) GetDecompressBytes([]byte, kgo.CompressionCodecType) []byte { return nil }

// PutDecompressBytes takes the memory of a batch back, of which no record is in use.
func (u *unpacker) PutDecompressBytes(batch []byte) { u.out.back(batch) }

// OnFetchRecordUnbuffered notes a record that has left the client. Some that the client calls polled, for
// their partition is paused, nobody gets.
func (u *unpacker) OnFetchRecordUnbuffered(r *kgo.Record, _ bool) {
	u.left.mu.Lock()
	defer u.left.mu.Unlock()
	u.left.records = append(u.left.records, r)
}

// recycle ends the use of all records that have left the client until now.
func (u *unpacker) recycle() {
	u.left.mu.Lock()
	records := u.left.records
	u.left.records = nil
	u.left.mu.Unlock()
	for _, r := range records {
		r.Recycle()
	}
}

// fetch tells how many bytes to ask a broker for, in all and of one partition, so that what they unpack to
// has room when all brokers answer at once. No broker waits for another: a limit on fetches at once would be
// filled by those that have nothing to bring.
func (u *unpacker) fetch() (all, partition int32) {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := float64(u.room/max(fetchesAtOnce, u.brokers.Load())) * float64(u.packed) / float64(u.unpacked)
	all = int32(min(max(n, fetchLeast), fetchMost))
	return all, min(all/4, fetchPartitionMost)
}

// spread takes note of how many brokers lead partitions of the topic. An answer that names none says nothing.
func (u *unpacker) spread(topic *kadm.TopicDetail) {
	leaders := map[int32]struct{}{}
	for _, p := range topic.Partitions {
		leaders[p.Leader] = struct{}{}
	}
	if len(leaders) > 0 {
		u.brokers.Store(int64(len(leaders)))
	}
}

// portion tells how many of the records that the client holds to take at once, when so many are so many
// bytes: an eighth of the room at most, or one.
func (u *unpacker) portion(records, bytes int64) int {
	if bytes <= 0 {
		return pollRecords
	}
	return int(min(max(u.room/8*records/bytes, 1), pollRecords))
}
