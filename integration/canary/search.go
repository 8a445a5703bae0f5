package canary

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
)

// Found is a canary where it must not be.
type Found struct {
	Canary
	// Where it was, as the search was told, how it was spelled, and what stands around it.
	Where, Spelling, Around string
}

// String says all of it in one line.
func (f *Found) String() string {
	return fmt.Sprintf("%s: the %s %q (%s, %s) stands in %q", f.Where, f.Kind, f.Name, f.Text, f.Spelling, f.Around)
}

// Search finds canaries in texts. Its methods may be called by many goroutines at once.
type Search struct {
	// The texts to look for by their first eight bytes: those whose case does not count, in lower case, and
	// those whose case does.
	folded, exact map[uint64][]wanted
}

// wanted is one text to look for, and what it means.
type wanted struct {
	text     []byte
	canary   Canary
	spelling string
}

const (
	// head is how much of a text it is looked up by. All are longer.
	head = 8
	// unpacked bounds what is read out of one compressed piece.
	unpacked = 64 << 20
	// deep is how often something is unpacked that was packed, or unquoted that was quoted.
	deep = 3
	// around is how much of the text is shown before and behind a canary.
	around = 60
)

// NewSearch returns a search for these canaries.
func NewSearch(list []Canary) *Search {
	s := &Search{folded: map[uint64][]wanted{}, exact: map[uint64][]wanted{}}
	for _, c := range list {
		for _, how := range Spellings() {
			into := s.folded
			if how.exact {
				into = s.exact
			}
			for _, piece := range c.pieces() {
				for _, text := range how.texts(piece) {
					key := binary.LittleEndian.Uint64([]byte(text))
					into[key] = append(into[key], wanted{[]byte(text), c, how.Name})
				}
			}
		}
	}
	return s
}

// In returns the canaries in a text, each once, in whatever spelling, and in what is compressed in it.
// Where says what the text is.
func (s *Search) In(where string, text []byte) []Found {
	hits := &hits{where: where, seen: map[string]bool{}}
	s.in(hits, text, deep)
	return hits.list
}

// hits are what a search has found so far.
type hits struct {
	where string
	seen  map[string]bool
	list  []Found
}

func (s *Search) in(h *hits, text []byte, depth int) {
	s.plain(h, text)
	for outer, level := text, 0; level < deep; level++ {
		inner := unwrap(outer)
		if len(inner) == len(outer) {
			break
		}
		s.plain(h, inner)
		outer = inner
	}
	if depth == 0 {
		return
	}
	for _, packed := range []struct {
		mark string
		open func(io.Reader) (io.Reader, error)
	}{
		{"\x1f\x8b\x08", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
		{"\x78\x01", openZlib},
		{"\x78\x5e", openZlib},
		{"\x78\x9c", openZlib},
		{"\x78\xda", openZlib},
	} {
		for rest := text; ; rest = rest[1:] {
			at := bytes.Index(rest, []byte(packed.mark))
			if at < 0 {
				break
			}
			rest = rest[at:]
			if r, err := packed.open(bytes.NewReader(rest)); err == nil {
				inside, _ := io.ReadAll(io.LimitReader(r, unpacked)) // what can be read of it
				s.in(h, inside, depth-1)
			}
		}
	}
}

// unwrap takes one way of quoting off: escapes of URLs, backslashes that are escaped themselves, bytes of
// nothing, and ends of lines.
func unwrap(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		switch {
		case rest[0] == '\r', rest[0] == '\n':
		case bytes.HasPrefix(rest, []byte(`\\`)):
			out = append(out, '\\')
			i++
		case bytes.HasPrefix(rest, []byte(`\x00`)):
			out = append(out, 0)
			i += 3
		case bytes.HasPrefix(rest, []byte(`\u0000`)):
			out = append(out, 0)
			i += 5
		case rest[0] == '%' && len(rest) > 2:
			if b, err := hex.DecodeString(string(rest[1:3])); err == nil {
				out = append(out, b[0])
				i += 2
				break
			}
			out = append(out, '%')
		default:
			out = append(out, rest[0])
		}
	}
	return out
}

func openZlib(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }

// plain looks for all texts in one that is not compressed.
func (s *Search) plain(h *hits, text []byte) {
	find(h, s.exact, text, text)
	find(h, s.folded, fold(text), text)
}

// find looks texts up at each place of a text, and shows what stands there in the original.
func find(h *hits, by map[uint64][]wanted, text, original []byte) {
	for at := 0; at+head <= len(text); at++ {
		for _, w := range by[binary.LittleEndian.Uint64(text[at:])] {
			if bytes.HasPrefix(text[at:], w.text) && !h.seen[w.canary.Text] {
				h.seen[w.canary.Text] = true
				end := min(len(original), at+len(w.text)+around)
				h.list = append(h.list, Found{w.canary, h.where, w.spelling, string(original[max(0, at-around):end])})
			}
		}
	}
}

// fold turns the letters of ASCII to lower case; all places stay what they are.
func fold(text []byte) []byte {
	low := bytes.Clone(text)
	for i, b := range low {
		if 'A' <= b && b <= 'Z' {
			low[i] = b + 'a' - 'A'
		}
	}
	return low
}
