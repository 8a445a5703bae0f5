package transform_test

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/schema/events"
	"github.com/pintle-io/pintle/sink"
)

// BenchmarkMap decodes, maps and encodes the real events of one SDK; one iteration is one event.
// Beside it stands the measure: only validating the same bytes.
func BenchmarkMap(b *testing.B) {
	lines, bytes := map[string][][]byte{}, map[string]int{}
	var files []string
	for file, line := range events.All() {
		if lines[file] == nil {
			files = append(files, file)
		}
		lines[file] = append(lines[file], line)
		bytes[file] += len(line)
	}
	m := newMapper(b, transform.Options{})
	src := schema.Source{Time: recordTime()}
	for _, file := range files {
		all := lines[file]
		size := int64(bytes[file] / len(all))
		b.Run(file, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(size)
			var evs []schema.Event
			var ops []sink.Op
			for i := 0; b.Loop(); i++ {
				var err error
				if evs, err = schema.Decode(evs[:0], all[i%len(all)], schema.Limits{}); err != nil {
					b.Fatal(err)
				}
				ops, _ = m.Map(ops[:0], &evs[0], src)
			}
		})
		b.Run(file+"/only validating", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(size)
			for i := 0; b.Loop(); i++ {
				if !jsontext.Value(all[i%len(all)]).IsValid() {
					b.Fatal("not valid")
				}
			}
		})
	}
}

// BenchmarkMapType is BenchmarkMap by the type of event.
func BenchmarkMapType(b *testing.B) {
	lines := map[schema.Type][][]byte{}
	for _, line := range events.All() {
		evs, err := schema.Decode(nil, line, schema.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		lines[evs[0].Type] = append(lines[evs[0].Type], line)
	}
	m := newMapper(b, transform.Options{})
	src := schema.Source{Time: recordTime()}
	for typ := schema.TypeIdentify; typ <= schema.TypeAlias; typ++ {
		b.Run(typ.String(), func(b *testing.B) {
			b.ReportAllocs()
			var evs []schema.Event
			var ops []sink.Op
			for i := 0; b.Loop(); i++ {
				var err error
				if evs, err = schema.Decode(evs[:0], lines[typ][i%len(lines[typ])], schema.Limits{}); err != nil {
					b.Fatal(err)
				}
				ops, _ = m.Map(ops[:0], &evs[0], src)
			}
		})
	}
}
