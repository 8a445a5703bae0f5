package processor

import (
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
)

// The commit metadata of a partition holds the offsets that are finished beyond the committed one, so
// that the next owner does not send them again:
//
//	pintle1. base64( topic id, 16 bytes | committed offset, 8 bytes big-endian | bitmap )
//
// Bit i of the bitmap (lowest first) is set when committed + i is finished. The broker takes 4,096
// UTF-16 units (offset.metadata.max.bytes by default, measured on Kafka 4.3), which are as many
// characters here; a longer set loses its end, and what it loses is merely sent again.
const (
	beyondTag   = "pintle1."
	beyondHead  = 16 + 8
	beyondChars = 4096
	beyondBytes = (beyondChars-len(beyondTag))/4*3 - beyondHead
)

// encodeBeyond returns the metadata for a snapshot of a tracker. It tells the topic even when nothing is
// finished beyond the committed offset; brokers that know no ids of topics get nothing then.
func encodeBeyond(topic kadm.TopicID, committed int64, bitmap []byte) string {
	bitmap = bitmap[:min(len(bitmap), beyondBytes)]
	for len(bitmap) > 0 && bitmap[len(bitmap)-1] == 0 {
		bitmap = bitmap[:len(bitmap)-1]
	}
	if len(bitmap) == 0 && topic == (kadm.TopicID{}) {
		return ""
	}
	raw := make([]byte, 0, beyondHead+len(bitmap))
	raw = append(raw, topic[:]...)
	raw = binary.BigEndian.AppendUint64(raw, uint64(committed))
	raw = append(raw, bitmap...)
	return beyondTag + base64.RawStdEncoding.EncodeToString(raw)
}

// decodeBeyond returns the bitmap in metadata, or nil when there is none that speaks of this topic and
// of exactly this committed offset: offsets that were mirrored, or set by hand, must never make
// anybody skip a record.
func decodeBeyond(topic kadm.TopicID, committed int64, metadata string) []byte {
	of, bitmap := readBeyond(committed, metadata)
	if of != topic || len(bitmap) == 0 {
		return nil
	}
	return bitmap
}

// readBeyond returns the topic and the bitmap in metadata that speaks of exactly this committed offset;
// nothing if there is none. Offsets that are translated when they are copied to another cluster keep their
// metadata and change, so that they speak of none.
func readBeyond(committed int64, metadata string) (topic kadm.TopicID, bitmap []byte) {
	text, ours := strings.CutPrefix(metadata, beyondTag)
	if !ours || len(metadata) > beyondChars {
		return kadm.TopicID{}, nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw) < beyondHead || binary.BigEndian.Uint64(raw[16:beyondHead]) != uint64(committed) {
		return kadm.TopicID{}, nil
	}
	return kadm.TopicID(raw[:16]), raw[beyondHead:]
}

// beyond is what a former owner finished beyond the offset that a partition is resumed at.
type beyond struct {
	topic  kadm.TopicID // which the offsets are of
	from   int64        // -1: nothing is committed of that topic
	epoch  int32        // of the leader at the newest record that owner had seen; -1: unknown
	bitmap []byte
}

// has tells whether the former owner finished the record at offset. A record that was written under a
// later leader than it knew is another record at the same offset: the log was truncated in between.
func (b *beyond) has(offset int64, epoch int32) bool {
	i := offset - b.from
	return i >= 0 && i < int64(len(b.bitmap))*8 && b.bitmap[i/8]&(1<<(i%8)) != 0 &&
		(b.epoch < 0 || epoch <= b.epoch)
}

// carry adds to what is finished beyond low what the former owner finished at next and beyond, which has not
// been read yet, and returns the leader's epoch that the commit must tell: of records under a later one the set
// says nothing, so it is of no use to a commit that tells a later one than the former owner knew, and one that
// tells an earlier one would have the next owner refuse it.
func (b *beyond) carry(finished []byte, low, next int64, epoch int32) ([]byte, int32) {
	if b.epoch >= 0 && (epoch < 0 || epoch > b.epoch) {
		return finished, epoch
	}
	tell := epoch
	end := min(b.from+int64(len(b.bitmap))*8, low+int64(beyondBytes)*8) // what lies farther does not fit
	for offset := max(next, b.from); offset < end; offset++ {
		if !b.has(offset, b.epoch) {
			continue
		}
		i := int(offset - low)
		if i/8 >= len(finished) {
			finished = append(finished, make([]byte, i/8+1-len(finished))...)
		}
		finished[i/8] |= 1 << (i % 8)
		tell = max(epoch, b.epoch)
	}
	return finished, tell
}
