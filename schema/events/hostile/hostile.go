// Package hostile holds record values that try to break something: broken JSON and other formats, odd
// types in every field, identifiers that are none, times that never were, texts on which programs
// stumble, and sizes at and beyond every limit. Everything that reads records proves itself on them.
//
// A line of a file *.jsonl is one value. What is no line of text, such as a NUL or a cut UTF-8
// sequence, has a file *.bin to itself, and the whole file is the value. The values are their own
// documentation; most are an ordinary event with one thing wrong, and processor/transform's
// testdata/hostile.txt says what becomes of each.
package hostile

import (
	"bytes"
	"embed"
	"fmt"
	"iter"
	"path"
)

//go:embed *.jsonl *.bin
var files embed.FS

// All yields every value with its name: that of its file, and in *.jsonl the number of its line behind a
// colon. It is safe for concurrent use.
func All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		entries, _ := files.ReadDir(".") // embedded: cannot fail
		for _, e := range entries {
			data, _ := files.ReadFile(e.Name())
			if path.Ext(e.Name()) == ".bin" {
				if !yield(e.Name(), data) {
					return
				}
				continue
			}
			n := 0
			for line := range bytes.Lines(data) {
				n++
				if !yield(fmt.Sprintf("%s:%d", e.Name(), n), bytes.TrimSuffix(line, []byte("\n"))) {
					return
				}
			}
		}
	}
}
