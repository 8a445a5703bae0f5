package config

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Load reads a configuration file. Its error is [Problems].
func Load(path string) (*Config, error) {
	src, err := os.ReadFile(path) //nolint:gosec // whoever starts pintle chooses the file
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, Problems{{File: path, Text: "there is no such file: write one, deploy/pintle.example.yaml shows how, or name another with --config"}}
	case err != nil:
		return nil, Problems{{File: path, Text: "cannot be read: " + errors.Unwrap(err).Error()}}
	}
	return Parse(path, src, os.LookupEnv)
}

// Parse reads the text of a configuration file. name is its path: it stands in messages, and
// ${file:path} and the files of kafka.tls are relative to its folder. env looks variables up. Its error
// is [Problems].
func Parse(name string, src []byte, env func(string) (string, bool)) (*Config, error) {
	c := Defaults()
	r := newReader(name, string(src), env)
	if root, ok := r.parse(); ok {
		if root == nil {
			r.missing("", valueOf(c))
		} else {
			r.object(root, "", valueOf(c))
		}
		r.resolve(&c.Kafka.TLS)
		r.check(c)
		r.quote()
	}
	if len(r.problems) == 0 {
		return c, nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return nil, r.problems
}

func newReader(name, text string, env func(string) (string, bool)) *reader {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text) // one way to end a line, so that places are
	return &reader{
		file: name, text: text, lines: strings.Split(text, "\n"), folder: filepath.Dir(name), env: env,
		known: allNames(valueOf(Defaults()), map[string]bool{}), nodes: map[string]ast.Node{}, open: map[place]bool{},
	}
}

// parse returns the root of the document, nil when it is empty, and whether it is one document.
func (r *reader) parse() (ast.Node, bool) { //nolint:ireturn // the tree has no other type
	// A key that stands twice is found by object, beside all other faults.
	file, err := parser.ParseBytes([]byte(r.text), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.noYAML(err)
		return nil, false
	}
	switch {
	case len(file.Docs) > 1:
		r.problem(place{}, "", "the file holds several documents: write one")
		return nil, false
	case len(file.Docs) == 0:
		return nil, true
	default:
		return file.Docs[0].Body, true
	}
}

// noYAML tells why a file cannot be parsed. The parser's own text of an error quotes the file, secrets
// included: only its message is told.
func (r *reader) noYAML(err error) {
	p := Problem{File: r.file, Text: "this is no YAML: look for brackets and quotes without an end, and for tabs"}
	if syntax, ok := errors.AsType[*yaml.SyntaxError](err); ok {
		p.Text = "this is no YAML: " + withoutQuote(syntax.Message)
		if strings.Contains(syntax.Message, "\t") {
			p.Text = "this is no YAML: a tab cannot stand here: indent with spaces"
		}
		if syntax.Token != nil {
			at := syntax.Token.Position
			p.Line, p.Column = min(max(1, at.Line), len(r.lines)), max(1, at.Column)
			p.Caret = p.Column
			p.Source = broken(strings.TrimRight(r.lines[p.Line-1], " "), r.known)
		}
	}
	r.problems = append(r.problems, p)
}

// withoutQuote hides what a message of the parser quotes of the file, if it is more than a character.
func withoutQuote(message string) string {
	i := strings.IndexByte(message, '"')
	if i < 0 {
		return message
	}
	quote, err := strconv.QuotedPrefix(message[i:])
	switch {
	case err != nil:
		return message[:i] + hidden
	case len(quote) > len(`"\x"`):
		return message[:i] + hidden + message[i+len(quote):]
	default:
		return message
	}
}

// resolve makes the paths of t relative to the folder of the configuration file.
func (r *reader) resolve(t *TLS) {
	for _, path := range []*string{&t.CAFile, &t.CertFile, &t.KeyFile} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(r.folder, *path)
		}
	}
}
