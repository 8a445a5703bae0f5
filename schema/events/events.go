// Package events holds events that RudderStack's own SDKs made, in the form in which RudderStack's
// Kafka destination writes them: the demo runs on them and the tests prove themselves on them.
//
// Each file is JSON Lines, one line is the value of one record, in order of arrival; the file's name
// says which SDK made it and in which version. People, addresses and tokens in them are made up.
package events

import (
	"bytes"
	"embed"
	"io/fs"
	"iter"
	"path"
)

//go:embed *.jsonl
var files embed.FS

// Files returns the files, all at its top level and named *.jsonl. It is safe for concurrent use.
func Files() fs.FS { return files }

// All yields every event, as the value of its record, with the name of its file less the extension:
// the files by name, and the events of each in order of arrival. It is safe for concurrent use.
func All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		entries, _ := files.ReadDir(".") // embedded: cannot fail
		for _, e := range entries {
			data, _ := files.ReadFile(e.Name())
			name := e.Name()[:len(e.Name())-len(path.Ext(e.Name()))]
			for line := range bytes.Lines(data) {
				if !yield(name, bytes.TrimRight(line, "\n")) {
					return
				}
			}
		}
	}
}
