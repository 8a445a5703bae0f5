package processor

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
)

// unpacking returns an unpacker with so much room, as a processor makes it.
func unpacking(t *testing.T, room int64) *unpacker {
	t.Helper()
	var s scratch
	client, err := kgo.NewClient(kgo.MaxDecompressBatchBytes(fetchUnpackedBytes), kgo.WithPools(&s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return newUnpacker(client.OptValue(kgo.WithDecompressor).(kgo.Decompressor), &s, room)
}

// packed returns so many bytes packed, and the bytes.
func packed(t *testing.T, codec kgo.CompressionCodec, size int) (small, large []byte, as kgo.CompressionCodecType) {
	t.Helper()
	compressor, err := kgo.DefaultCompressor(codec)
	if err != nil {
		t.Fatal(err)
	}
	large = bytes.Repeat(fmt.Appendf(nil, "%010d", size), size/10)
	small, as = compressor.Compress(new(bytes.Buffer), large)
	return bytes.Clone(small), large, as
}

func codecs() map[string]kgo.CompressionCodec {
	return map[string]kgo.CompressionCodec{
		"gzip": kgo.GzipCompression(), "lz4": kgo.Lz4Compression(), "snappy": kgo.SnappyCompression(), "zstd": kgo.ZstdCompression(),
	}
}

func TestWhatIsUnpackedIsItsOwnMemoryWhateverComesNext(t *testing.T) {
	for name, codec := range codecs() {
		t.Run(name, func(t *testing.T) {
			u := unpacking(t, 1<<30)
			var got, want [][]byte
			for _, size := range []int{1000, 10, 300_000, 20_000_000, 1000, 500} {
				small, large, as := packed(t, codec, size)
				batch, err := u.Decompress(small, as)
				if err != nil {
					t.Fatal(err)
				}
				got, want = append(got, batch), append(want, large)
			}
			if diff := cmp.Diff(want, got, cmp.Comparer(bytes.Equal)); diff != "" {
				t.Errorf("later batches changed earlier ones:\n%s", diff)
			}
			for _, batch := range got {
				u.PutDecompressBytes(batch)
			}
			if u.out.held() != 0 {
				t.Errorf("%d bytes are held once all is back", u.out.held())
			}
		})
	}
}

func TestNothingIsUnpackedBeyondTheRoom(t *testing.T) {
	for name, codec := range codecs() {
		t.Run(name, func(t *testing.T) {
			const size = 100_000
			u := unpacking(t, 5*size)
			small, _, as := packed(t, codec, size)
			var taken [][]byte
			for {
				batch, err := u.Decompress(small, as)
				if errors.Is(err, errNoRoom) {
					break
				}
				if err != nil || len(taken) == 5 {
					t.Fatalf("batch %d: %v", len(taken), err)
				}
				taken = append(taken, batch)
			}
			if held := u.out.held(); held < u.room || held > u.room+2*size {
				t.Errorf("%d bytes are held of a room of %d", held, u.room)
			}
			u.PutDecompressBytes(taken[0])
			if _, err := u.Decompress(small, as); err != nil {
				t.Errorf("with room for one more: %v", err)
			}
			if plain, err := u.Decompress(small, kgo.CodecNone); err != nil || &plain[0] != &small[0] {
				t.Errorf("what is not packed was not passed on as it is: %v", err)
			}
		})
	}
}

func TestABombIsRefusedAndLeavesNothing(t *testing.T) {
	for name, codec := range codecs() {
		t.Run(name, func(t *testing.T) {
			u := unpacking(t, 1<<30)
			small, _, as := packed(t, codec, fetchUnpackedBytes+10)
			if _, err := u.Decompress(small, as); !errors.Is(err, kgo.ErrMaxDecompress) {
				t.Errorf("it is refused with %v", err)
			}
			if u.out.held() != 0 || u.tooLarge.Load() != 1 || cap(u.scratch.buf) > fetchMost {
				t.Errorf("it left %d bytes held, %d counted, a scratch of %d", u.out.held(), u.tooLarge.Load(), cap(u.scratch.buf))
			}
			small, want, as := packed(t, codec, 1000)
			if got, err := u.Decompress(small, as); err != nil || !bytes.Equal(got, want) {
				t.Errorf("after it: %v", err)
			}
		})
	}
}

func TestBrokenBatches(t *testing.T) {
	u := unpacking(t, 1<<20)
	var lying bytes.Buffer
	w := gzip.NewWriter(&lying)
	_, _ = w.Write(make([]byte, 1000))
	_ = w.Close()
	lie := append(bytes.Clone(lying.Bytes()[:lying.Len()-4]), 0xff, 0xff, 0xff, 0xff)
	for _, codec := range []kgo.CompressionCodecType{kgo.CodecGzip, kgo.CodecSnappy, kgo.CodecLz4, kgo.CodecZstd} {
		for _, src := range [][]byte{nil, {1}, []byte("no batch at all"), lie} {
			if batch, err := u.Decompress(src, codec); err == nil && len(batch) > 0 {
				t.Errorf("%v of %q is %d bytes", codec, src, len(batch))
			}
		}
	}
	if u.tooLarge.Load() != 0 {
		t.Errorf("%d of them count as too large", u.tooLarge.Load())
	}
}

// TestWhatTheClientLosesLeavesRoom: it throws some of what it fetches away and tells nobody.
func TestWhatTheClientLosesLeavesRoom(t *testing.T) {
	var l lent
	start := time.Now()
	old, young := make([]byte, 10, 100), make([]byte, 1000)
	l.lend(start, old)
	l.lend(start.Add(lostAfter), young)
	l.lend(start, nil)
	l.lost(start.Add(lostAfter))
	if got := l.held(); got != 1100 {
		t.Errorf("%d bytes are held before anything is lost", got)
	}
	l.lost(start.Add(lostAfter + 1))
	if got := l.held(); got != 1000 {
		t.Errorf("%d bytes are held once the older batch is lost", got)
	}
	l.back(old) // it comes back after all
	l.back(young[:0])
	if got := l.held(); got != 0 || len(l.batches) != 0 {
		t.Errorf("%d bytes are held in the end, in %d batches", got, len(l.batches))
	}
}

func TestFetchesFitTheRoomAsBatchesUnpack(t *testing.T) {
	const room = 32 << 20
	u := unpacking(t, room)
	if all, partition := u.fetch(); all != room/fetchesAtOnce/4 || partition != fetchPartitionMost {
		t.Errorf("at first %d, of a partition %d", all, partition)
	}
	small, _, as := packed(t, kgo.ZstdCompression(), 20_000_000) // some thousand to one
	batch, err := u.Decompress(small, as)
	if err != nil {
		t.Fatal(err)
	}
	u.PutDecompressBytes(batch)
	if all, _ := u.fetch(); all > room/fetchesAtOnce/10 {
		t.Errorf("after a batch of 1000:1 it asks for %d", all)
	}
	for range 20 {
		batch, err := u.Decompress(small, as)
		if err != nil {
			t.Fatal(err)
		}
		u.PutDecompressBytes(batch)
	}
	if all, partition := u.fetch(); all != fetchLeast || partition != fetchLeast/4 {
		t.Errorf("after many it asks for %d, of a partition %d", all, partition)
	}
}

func TestFetchesGrowWhereNothingIsGainedByPacking(t *testing.T) {
	u := unpacking(t, 32<<20)
	noise := make([]byte, 1_000_000)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	compressor, err := kgo.DefaultCompressor(kgo.ZstdCompression())
	if err != nil {
		t.Fatal(err)
	}
	small, as := compressor.Compress(new(bytes.Buffer), noise)
	for range 20 {
		batch, err := u.Decompress(small, as)
		if err != nil {
			t.Fatal(err)
		}
		u.PutDecompressBytes(batch)
	}
	if all, partition := u.fetch(); all != fetchMost || partition != fetchPartitionMost {
		t.Errorf("it asks for %d, of a partition %d", all, partition)
	}
}

func TestAPollTakesAnEighthOfTheRoom(t *testing.T) {
	u := unpacking(t, 32<<20)
	for _, tc := range []struct {
		records, bytes int64
		want           int
	}{
		{0, 0, pollRecords}, {10_000, 1_000_000, pollRecords}, {1000, 10_000_000, 419}, {3, 30_000_000, 1}, {1, 1, pollRecords},
	} {
		if got := u.portion(tc.records, tc.bytes); got != tc.want {
			t.Errorf("of %d records of %d bytes it takes %d, want %d", tc.records, tc.bytes, got, tc.want)
		}
	}
}
