package customeriotest

import (
	"iter"

	"github.com/cespare/xxhash/v2"
)

// outcome is what became of an item.
type outcome uint8

const (
	stored outcome = iota
	rejected
	dropped
	waiting
)

// String returns the outcome as the control plane tells it.
func (o outcome) String() string { return [...]string{"stored", "rejected", "dropped", "waiting"}[o] }

// entry is what is remembered of one item. It holds no payload: there is one for every item.
type entry struct {
	event     [16]byte
	timestamp int64
	received  int64 // in milliseconds
	seq       int64
	person    uint32 // the number of the person, 0: none
	name      uint32 // of the event, in names
	who       uint32 // the identifier as sent, in names
	request   uint32
	index     uint16
	reason    uint16 // in reasons
	action    action
	outcome   outcome
	flags     entryFlags
	identKind idKind
}

type entryFlags uint8

const (
	hasEvent entryFlags = 1 << iota
	hasTime
	hasSeq
	isRepeat
)

const chunkSize = 8192

// ledger holds the entries in the order in which the items arrived. It grows in chunks, so that
// a million entries are never copied.
type ledger struct {
	chunks []*[chunkSize]entry
	n      int
}

// add appends an entry and returns its number and where it stands.
func (l *ledger) add(e entry) (uint32, *entry) {
	if l.n%chunkSize == 0 {
		l.chunks = append(l.chunks, new([chunkSize]entry))
	}
	at := &l.chunks[l.n/chunkSize][l.n%chunkSize]
	*at = e
	l.n++
	return uint32(l.n - 1), at
}

func (l *ledger) at(i uint32) *entry { return &l.chunks[i/chunkSize][i%chunkSize] }

// all yields the entries from a number on.
func (l *ledger) all(from int) iter.Seq2[uint32, *entry] {
	return func(yield func(uint32, *entry) bool) {
		for i := max(from, 0); i < l.n; i++ {
			if !yield(uint32(i), l.at(uint32(i))) {
				return
			}
		}
	}
}

// names gives texts numbers, so that a million entries do not hold a million equal texts. Number 0
// is the empty text.
type names struct {
	numbers map[string]uint32
	texts   []string
}

func (n *names) number(s []byte) uint32 {
	if len(s) == 0 {
		return 0
	}
	if i, ok := n.numbers[string(s)]; ok {
		return i
	}
	if n.texts == nil {
		n.texts, n.numbers = []string{""}, map[string]uint32{}
	}
	n.texts = append(n.texts, string(s))
	i := uint32(len(n.texts) - 1)
	n.numbers[n.texts[i]] = i
	return i
}

func (n *names) text(i uint32) string {
	if i == 0 {
		return ""
	}
	return n.texts[i]
}

// wideHash is a hash of 128 bits, for ids that are not ULIDs.
func wideHash(s []byte) (h [16]byte) {
	d := xxhash.NewWithSeed(1)
	_, _ = d.Write(s)
	a, b := xxhash.Sum64(s), d.Sum64()
	for i := range 8 {
		h[i], h[8+i] = byte(a>>(8*i)), byte(b>>(8*i))
	}
	return h
}

// identHash hashes an identifier.
func identHash(who ident) uint64 {
	return xxhash.Sum64(who.value)*31 + uint64(who.kind)
}
