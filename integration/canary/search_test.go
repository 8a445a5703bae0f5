package canary

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// cage returns a canary of each shape, and some beside them that must not be found.
func cage() (planted, others []Canary) {
	var c, o Cage
	c.Personal("text")
	c.Digits("number")
	c.Secret("secret")
	for range 50 {
		o.Personal("another")
		o.Digits("another")
	}
	return c.All(), o.All()
}

// packed compresses a text.
func packed(t *testing.T, by func(io.Writer) io.WriteCloser, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := by(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zip(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

// carriers are what a spelled text may stand in.
func carriers(t *testing.T) map[string]func(string) string {
	t.Helper()
	noise := strings.Repeat(`{"level":"info","msg":"delivering again","at":1764072712345}`+"\n", 50)
	return map[string]func(string) string{
		"a log":       func(s string) string { return noise + `{"error":"` + s + `"}` + noise },
		"quoted once": func(s string) string { return fmt.Sprintf("%q", s) },
		"quoted 3 times": func(s string) string {
			return fmt.Sprintf("%q", fmt.Sprintf("%q", fmt.Sprintf("%q", s)))
		},
		"a path":       url.PathEscape,
		"a path twice": func(s string) string { return url.PathEscape(url.PathEscape(s)) },
		"gzip":         func(s string) string { return noise + packed(t, zip, noise+s+noise) + noise },
		"gzip in gzip": func(s string) string { return packed(t, zip, packed(t, zip, s)) },
		"zlib": func(s string) string {
			return packed(t, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, s)
		},
		"gzip, cut short": func(s string) string { p := packed(t, zip, s+noise); return p[:len(p)-8] },
	}
}

// TestEverySpellingIsFound plants each canary in each spelling in each carrier.
func TestEverySpellingIsFound(t *testing.T) {
	planted, others := cage()
	search, blind := NewSearch(planted), NewSearch(others)
	for name, carry := range carriers(t) {
		for _, how := range Spellings() {
			for _, c := range planted {
				text := []byte(carry(how.Write(c.Text)))
				found := search.In(name, text)
				if len(found) != 1 || found[0].Text != c.Text || found[0].Where != name {
					t.Errorf("%s %s: found %v in %q", how.Name, name, found, text)
				}
				if found := blind.In(name, text); len(found) > 0 {
					t.Errorf("%s %s: found what is not there: %s", how.Name, name, &found[0])
				}
			}
		}
	}
}

// TestGroupsOfBytesAreFoundWhereverTheyBegin: base64 and its like have a text for each place in a group, and
// nothing in common with what stands around.
func TestGroupsOfBytesAreFoundWhereverTheyBegin(t *testing.T) {
	planted, _ := cage()
	search := NewSearch(planted)
	for _, how := range Spellings() {
		for before := range 16 {
			for behind := range 6 {
				c := planted[before%len(planted)]
				text := how.Write(`{"user":"é`[:before%11] + strings.Repeat("?", before) + c.Text + strings.Repeat("~", behind))
				if found := search.In("here", []byte(text)); len(found) != 1 || found[0].Text != c.Text {
					t.Errorf("%s, %d before and %d behind: found %v in %q", how.Name, before, behind, found, text)
				}
			}
		}
	}
	line := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", 40) + planted[0].Text + strings.Repeat("x", 40)))
	if found := search.In("lines", []byte(line[:60]+"\r\n"+line[60:])); len(found) != 1 {
		t.Errorf("broken into lines: found %v", found)
	}
}

// TestWhatWasCutOffIsFound: logs and headers cut long texts, wherever that is.
func TestWhatWasCutOffIsFound(t *testing.T) {
	planted, _ := cage()
	search := NewSearch(planted)
	for _, how := range Spellings() {
		for _, text := range []string{planted[0].Text[:half+3], planted[0].Text[half-3:]} {
			if found := search.In("here", []byte("error: "+how.Write(text))); len(found) != 1 {
				t.Errorf("%s: found %v of %s", how.Name, found, text)
			}
		}
	}
}

// TestNothingIsFoundInNoise: a search that cries wolf is of no use either.
func TestNothingIsFoundInNoise(t *testing.T) {
	_, others := cage()
	search := NewSearch(others)
	random := rand.NewChaCha8([32]byte{1})
	noise := make([]byte, 1<<20)
	_, _ = random.Read(noise)
	texts := [][]byte{noise, fmt.Append(nil, noise[:1<<18]), hex.AppendEncode(nil, noise), base64.StdEncoding.AppendEncode(nil, noise)}
	for _, text := range texts {
		if found := search.In("noise", text); len(found) > 0 {
			t.Errorf("found %s", &found[0])
		}
	}
}
