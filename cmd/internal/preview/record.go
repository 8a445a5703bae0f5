package preview

import (
	"fmt"
	"time"
)

// Place is where a record stands: in a file, or in a topic.
type Place struct {
	File string // as it was named; empty for a record of a topic
	Line int    // from 1

	Topic     string
	Partition int32
	Offset    int64
}

// String returns file:line or topic/partition@offset.
func (p Place) String() string {
	if p.File != "" {
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s/%d@%d", p.Topic, p.Partition, p.Offset)
}

// Record is one record as a topic gives it.
type Record struct {
	Place
	Key []byte
	// Value is nil when the record has none. Of a value above the reader's limit it holds the first
	// bytes, more than the limit, and Size says how many there are in all.
	Value []byte
	Size  int64
	Time  time.Time
}
