// Package events holds events that RudderStack's own SDKs made, in the form in which RudderStack's
// Kafka destination writes them: the demo runs on them and the tests prove themselves on them.
//
// Each file is JSON Lines, one line is the value of one record, in order of arrival; the file's name
// says which SDK made it and in which version. People, addresses and tokens in them are made up.
package events

import (
	"embed"
	"io/fs"
)

//go:embed *.jsonl
var files embed.FS

// Files returns the files, all at its top level and named *.jsonl. It is safe for concurrent use.
func Files() fs.FS { return files }
