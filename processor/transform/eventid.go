package transform

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/oklog/ulid/v2"

	"github.com/pintle-io/pintle/sink"
)

// idEpoch is the earliest time part of an event's id: the first moment of 2025, in milliseconds.
const idEpoch = 1_735_689_600_000

// eventID returns the ULID under which Customer.io knows an event again when it is sent again, or
// delivered to the topic again. It depends on the message id and the kind alone, its time part too
// (a moment in the 50 days after idEpoch): no time in an event survives a second delivery to the
// topic with every SDK. See docs/adr/001-event-ids.md.
//
// An event without a message id is known by its bytes and its time.
func (p *mapping) eventID(kind sink.Kind) ulid.ULID {
	p.hash = append(p.hash[:0], byte(kind))
	if id := p.messageID(); len(id) > 0 {
		p.hash = append(append(p.hash, 'm'), id...)
	} else {
		p.hash = binary.BigEndian.AppendUint64(append(p.hash, 'e'), uint64(p.time.ms))
		p.hash = append(p.hash, p.ev.Raw...)
	}
	sum := sha256.Sum256(p.hash)
	var id ulid.ULID
	// The time part is always in range: 2025 is far from the year 10889.
	_ = id.SetTime(idEpoch + uint64(binary.BigEndian.Uint32(sum[10:])))
	_ = id.SetEntropy(sum[:10])
	return id
}

// idSource says what the id of an event is made of.
func (p *mapping) idSource() string {
	if len(p.messageID()) > 0 {
		return "messageId"
	}
	return ""
}

// messageID returns the message id as text, be it written as a number; nil when there is none.
func (p *mapping) messageID() []byte {
	id, _ := p.ev.MessageID.TextOrNumber()
	return id
}
