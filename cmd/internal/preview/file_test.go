package preview

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/pintle-io/pintle/schema"
)

// records reads a file to its end: each record as line, size when it was cut, and value.
func records(t *testing.T, from io.Reader, limit int) (all []string, notes []string) {
	t.Helper()
	f := NewFile("f", from, time.Time{}, limit)
	for {
		r, err := f.Next(t.Context())
		if errors.Is(err, io.EOF) {
			return all, f.Notes()
		}
		if err != nil {
			t.Fatal(err)
		}
		value := string(r.Value)
		if r.Size > int64(len(value)) {
			value = fmt.Sprintf("%.10s… of %d", value, r.Size)
		}
		all = append(all, fmt.Sprintf("%d: %s", r.Line, value))
	}
}

func TestFileIsLinesOrOneValue(t *testing.T) {
	for name, tc := range map[string]struct {
		text  string
		want  []string
		notes int
	}{
		"nothing":                      {"", nil, 0},
		"blanks":                       {" \n\t\n", nil, 1},
		"one line":                     {`{"a":1}`, []string{`1: {"a":1}`}, 0},
		"lines":                        {"{}\n[{}]\n", []string{"1: {}", "2: [{}]"}, 0},
		"lines of Windows":             {"{}\r\n\r\n{}\r\n", []string{"1: {}", "3: {}"}, 1},
		"blanks around a line":         {"\n  {} \n", []string{"2:   {} "}, 1},
		"values that are no objects":   {"1\n\"x\"\nnull\n", []string{"1: 1", "2: \"x\"", "3: null"}, 0},
		"two values in a line":         {"{} {}\n{}\n", []string{"1: {} {}", "2: {}"}, 0},
		"first line broken":            {"{\n{}\n", []string{"1: {", "2: {}"}, 0},
		"first line broken, text":      {"{\"a\n{}\n", []string{"1: {\"a", "2: {}"}, 0},
		"pretty":                       {"\n{\n \"a\": 1\n}\n", []string{"2: {\n \"a\": 1\n}"}, 0},
		"pretty array":                 {"[\r\n{},\r\n{}\r\n]", []string{"1: [\r\n{},\r\n{}\r\n]"}, 0},
		"pretty, and more":             {"{\n}\n{\n}\n", []string{"1: {", "2: }", "3: {", "4: }"}, 1},
		"pretty, and a line":           {"{\n}\n{}\n", []string{"1: {", "2: }", "3: {}"}, 1},
		"pretty, not finished":         {"[\n1,\n", []string{"1: [", "2: 1,"}, 0},
		"pretty, not UTF-8":            {"{\n\"a\":\"\xff\"}", []string{"1: {\n\"a\":\"\xff\"}"}, 0},
		"byte order mark":              {"\ufeff{}\n{}\n", []string{"1: \ufeff{}", "2: {}"}, 1},
		"as long as may be":            {strings.Repeat("1", 30) + "\r\n1", []string{"1: " + strings.Repeat("1", 30), "2: 1"}, 0},
		"too long":                     {strings.Repeat("1", 31) + "\n1", []string{"1: " + strings.Repeat("1", 31), "2: 1"}, 0},
		"far too long":                 {"1\n" + strings.Repeat("1", 300_000) + "\n1", []string{"1: 1", "2: 1111111111… of 300001", "3: 1"}, 0},
		"far too long at first":        {strings.Repeat("1", 300_000) + "\n1", []string{"1: 1111111111… of 300001", "2: 1"}, 0},
		"far too many blanks":          {strings.Repeat(" ", 300_000) + "1\n1", []string{"1:           … of 300002", "2: 1"}, 0},
		"pretty, too long":             {"\n[\n" + strings.Repeat("1,\n", 100_000) + "1]\n", []string{"2: [\n1,\n1,\n1,… of 300005"}, 0},
		"pretty, blanks far behind it": {"[\n" + strings.Repeat("\n", 300_000), []string{"1: ["}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, notes := records(t, iotest.OneByteReader(strings.NewReader(tc.text)), 30)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if len(notes) != tc.notes {
				t.Errorf("notes %q, want %d", notes, tc.notes)
			}
		})
	}
}

func TestFileFails(t *testing.T) {
	broken := errors.New("the disk is gone")
	f := NewFile("f", io.MultiReader(strings.NewReader("{}\n{"), iotest.ErrReader(broken)), time.Time{}, 100)
	if r, err := f.Next(t.Context()); err != nil || string(r.Value) != "{}" {
		t.Fatalf("%v, %v", r, err)
	}
	if _, err := f.Next(t.Context()); !errors.Is(err, broken) || !strings.Contains(err.Error(), "reading f") {
		t.Errorf("%v", err)
	}
}

// FuzzFile: no byte of a file but line ends and blank lines is lost or doubled, and the size of what
// is too large is told right.
func FuzzFile(f *testing.F) {
	for _, text := range []string{"{}\n{}\n", "{\n}", "\ufeff{}", "[\n1\n]\n\n", "{\n}\n{\n}", "\r\n \r\n1", "1 2\n3", "{\"a\":\"\n\"}", strings.Repeat("[\n", 100)} {
		f.Add([]byte(text), uint8(20))
	}
	f.Fuzz(func(t *testing.T, text []byte, limit uint8) {
		var want []byte
		for line := range bytes.Lines(text) {
			want = append(want, bytes.Trim(line, blanks)...)
		}
		var got []byte
		whole := true
		file := NewFile("f", bytes.NewReader(text), time.Time{}, int(limit))
		for n := 0; ; n++ {
			r, err := file.Next(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			cut := r.Size > int64(len(r.Value))
			if cut && len(r.Value) <= int(limit) {
				t.Fatalf("a value within the limit of %d was cut: %d of %d bytes", limit, len(r.Value), r.Size)
			}
			whole = whole && !cut
			for line := range bytes.Lines(r.Value) {
				got = append(got, bytes.Trim(line, blanks)...)
			}
			spans := bytes.ContainsRune(r.Value, '\n')
			if spans && (n > 0 || !cut && !jsontext.Value(r.Value).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))) {
				t.Fatalf("record %d spans lines and is not the one value of the file: %q", n+1, r.Value)
			}
		}
		if whole && !bytes.Equal(want, got) {
			t.Fatalf("the file is %q, the records are %q", want, got)
		}
	})
}

// TestSizeIsToldAsTheDecoderTellsIt: what was cut is refused in the words that a run has for the
// whole.
func TestSizeIsToldAsTheDecoderTellsIt(t *testing.T) {
	limits := schema.Limits{Bytes: 100}
	whole := []byte(`{"a":"` + strings.Repeat("x", 1000) + `"}`)
	_, want := schema.Decode(nil, whole, limits)
	_, err := schema.Decode(nil, whole[:101], limits)
	e := undecodable(&Record{Value: whole[:101], Size: int64(len(whole))}, err)
	if e.Detail != want.Error() {
		t.Errorf("%q, want %q", e.Detail, want)
	}
}
