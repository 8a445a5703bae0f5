package schema_test

import (
	"testing"

	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
)

// BenchmarkDecode decodes the real events; one iteration is one event.
func BenchmarkDecode(b *testing.B) {
	var lines [][]byte
	size := 0
	for _, line := range events.All() {
		lines = append(lines, line)
		size += len(line)
	}
	b.ReportAllocs()
	b.SetBytes(int64(size / len(lines)))
	var evs []schema.Event
	for i := 0; b.Loop(); i++ {
		var err error
		if evs, err = schema.Decode(evs[:0], lines[i%len(lines)], schema.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
