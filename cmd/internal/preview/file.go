package preview

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// readAhead is how much of a file is read at once.
	readAhead = 256 << 10
	// lookBeyond is how far beyond the limit of a value a file is looked at to tell what it is.
	lookBeyond = 64 << 10

	blanks        = " \t\r\n"
	byteOrderMark = "\ufeff"
)

// File reads records from a file: each line is the value of one, unless the whole file is one JSON
// value that spans lines. It holds no more of a file than the limit of one value and a little.
type File struct {
	name  string
	at    time.Time
	limit int
	from  io.Reader

	in     *bufio.Reader // nil before the first record
	whole  bool          // the file is one value
	line   int           // of the last record, from 1
	blank  int           // lines without anything
	notes  []string
	value  []byte
	record Record
}

// NewFile returns the records of a file of this name, taken for written at the time at. Of a value
// above limit bytes no more than a little beyond it is kept.
func NewFile(name string, from io.Reader, at time.Time, limit int) *File {
	return &File{name: name, at: at, limit: limit, from: from}
}

// Notes are what a person should know about the file, once it has been read to its end.
func (f *File) Notes() []string {
	notes := f.notes
	switch {
	case f.blank == 1:
		notes = append(notes, "1 blank line is passed over")
	case f.blank > 1:
		notes = append(notes, fmt.Sprintf("%d blank lines are passed over", f.blank))
	}
	return notes
}

// Next returns the next record; see [Source].
func (f *File) Next(ctx context.Context) (*Record, error) {
	if f.in == nil {
		f.look()
	}
	for ctx.Err() == nil {
		size, err := f.read()
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("reading %s: %w", f.name, err)
		case size > int64(len(f.value)), len(bytes.Trim(f.value, blanks)) > 0:
			f.record = Record{Place: Place{File: f.name, Line: f.line}, Value: f.value, Size: size, Time: f.at}
			return &f.record, nil
		case err != nil:
			return nil, io.EOF
		}
		f.blank++
	}
	return nil, ctx.Err() //nolint:wrapcheck // the caller's own
}

// Idle reports whether the next record may have to be waited for.
func (f *File) Idle() bool { return f.in.Buffered() == 0 }

// read fills value with the next line, or with the rest of a file that is one value, and returns its
// size. The end of a line is no part of it.
func (f *File) read() (size int64, err error) {
	f.value = f.value[:0]
	if f.whole {
		return f.readWhole()
	}
	f.line++
	for {
		part, err := f.in.ReadSlice('\n')
		size += int64(len(part))
		f.keep(part)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if size > int64(len(f.value)) {
			return size, err // what was cut is too large, whatever its end
		}
		f.value = bytes.TrimSuffix(bytes.TrimSuffix(f.value, []byte("\n")), []byte("\r"))
		return int64(len(f.value)), err
	}
}

func (f *File) readWhole() (size int64, err error) {
	for {
		part, err := f.in.ReadSlice('\n')
		size += int64(len(part))
		if len(f.value) == 0 && len(bytes.Trim(part, blanks)) == 0 { // before the value
			f.line++
			size = 0
		} else {
			f.keep(part)
		}
		if err == nil || errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		f.line++
		if size == int64(len(f.value)) {
			f.value = bytes.Trim(f.value, blanks)
			size = int64(len(f.value))
		}
		f.whole = false // its end is read as a line that is empty
		return size, err
	}
}

// keep appends to value what one value may hold, two bytes that end a line, and one more: what has
// been cut is above the limit.
func (f *File) keep(part []byte) {
	room := max(0, f.limit+len("\r\n")+1-len(f.value))
	f.value = append(f.value, part[:min(len(part), room)]...)
}

// look finds out whether the file is one value. Most files are told by their first line.
func (f *File) look() {
	var seen bytes.Buffer
	window := int64(f.limit) + lookBeyond
	ahead := io.TeeReader(io.LimitReader(f.from, window), &seen)
	d := jsontext.NewDecoder(ahead, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	err := d.SkipValue()
	end := int(d.InputOffset())
	switch {
	case err == nil && spansLines(seen.Bytes()[:end]):
		_, _ = io.Copy(io.Discard, ahead) // a fault comes again when the file is read
		rest := bytes.TrimLeft(seen.Bytes()[end:], blanks)
		f.whole = len(rest) == 0
		if !f.whole {
			f.notes = append(f.notes, "its first JSON value spans lines and is not the only one: each line is taken for a record. Write each event in one line, as `jq -c .` does")
		}
	case errors.Is(err, io.ErrUnexpectedEOF):
		f.whole = int64(seen.Len()) == window && spansLines(seen.Bytes())
	}
	f.in = bufio.NewReaderSize(io.MultiReader(&seen, f.from), readAhead)
	if head, _ := f.in.Peek(len(byteOrderMark)); string(head) == byteOrderMark {
		f.notes = append(f.notes, "it begins with a byte order mark (U+FEFF), which is no JSON and spoils its first record: save the file as UTF-8 without one")
	}
}

// spansLines reports whether what stands between the blanks around it has more than one line.
func spansLines(b []byte) bool { return slices.Contains(bytes.Trim(b, blanks), '\n') }
