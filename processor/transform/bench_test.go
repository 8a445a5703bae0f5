package transform_test

import (
	"cmp"
	"slices"
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
	var files []string
	lines := map[string][][]byte{}
	for file, line := range events.All() {
		if lines[file] == nil {
			files = append(files, file)
		}
		lines[file] = append(lines[file], line)
	}
	for _, file := range files {
		beside(b, file, transform.Guide, lines[file])
	}
}

// BenchmarkMapType is BenchmarkMap by the type of event, in both profiles.
func BenchmarkMapType(b *testing.B) {
	lines := map[schema.Type][][]byte{}
	for _, line := range events.All() {
		evs, err := schema.Decode(nil, line, schema.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		lines[evs[0].Type] = append(lines[evs[0].Type], line)
	}
	for typ := schema.TypeIdentify; typ <= schema.TypeAlias; typ++ {
		beside(b, typ.String()+"/guide", transform.Guide, lines[typ])
		beside(b, typ.String()+"/current", transform.Current, lines[typ])
	}
}

// BenchmarkMapMedian is BenchmarkMap with the one event of median length.
func BenchmarkMapMedian(b *testing.B) {
	var all [][]byte
	for _, line := range events.All() {
		all = append(all, line)
	}
	slices.SortFunc(all, func(x, y []byte) int { return cmp.Compare(len(x), len(y)) })
	beside(b, "median", transform.Guide, all[len(all)/2:len(all)/2+1])
}

// beside runs the mapping and the measure on the same events.
func beside(b *testing.B, name string, profile transform.Profile, lines [][]byte) {
	b.Helper()
	m := newMapper(b, transform.Options{Profile: profile})
	src := schema.Source{Time: recordTime()}
	size := 0
	for _, line := range lines {
		size += len(line)
	}
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(size / len(lines)))
		var evs []schema.Event
		var ops []sink.Op
		for i := 0; b.Loop(); i++ {
			var err error
			if evs, err = schema.Decode(evs[:0], lines[i%len(lines)], schema.Limits{}); err != nil {
				b.Fatal(err)
			}
			ops, _ = m.Map(ops[:0], &evs[0], src)
		}
	})
	b.Run(name+"/only validating", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(size / len(lines)))
		for i := 0; b.Loop(); i++ {
			if !jsontext.Value(lines[i%len(lines)]).IsValid() {
				b.Fatal("not valid")
			}
		}
	})
}
