package expression

import (
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/pintle-io/pintle/schema"
)

// resultBytes is the longest result.
const resultBytes = 64 << 10

// encode writes a value as compact JSON, the members of objects by name. An error is a RunError.
func encode(v any) (schema.Value, error) {
	var w bounded
	err := json.MarshalWrite(&w, v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	switch {
	case w.full:
		return nil, &RunError{Line: 1, Column: 1, Text: whyLong}
	case err != nil:
		return nil, &RunError{Line: 1, Column: 1, Text: whyNotJSON}
	}
	return w.buf, nil
}

// bounded keeps what is written to it, up to resultBytes. It stops a value early that a few shared
// parts make very long.
type bounded struct {
	buf  []byte
	full bool
}

// Write keeps p, or fails when there is no room for it.

func (w *bounded) Write(p []byte) (int, error) {
	if len(w.buf)+len(p) > resultBytes {
		w.full = true
		return 0, io.ErrShortWrite
	}
	w.buf = append(w.buf, p...)
	return len(p), nil
}
