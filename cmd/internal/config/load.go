package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Load reads a configuration file. The error is [Problems] when the file can be read and is wrong.
func Load(path string) (*Config, error) {
	src, err := os.ReadFile(path) //nolint:gosec // whoever starts pintle chooses the file
	if err != nil {
		return nil, fmt.Errorf("configuration: %w: write one, deploy/pintle.example.yaml shows how", err)
	}
	return Parse(path, src, os.LookupEnv)
}

// Parse reads the text of a configuration file. name is its path: it stands in messages, and
// ${file:path} is relative to its folder. env looks variables up.
func Parse(name string, src []byte, env func(string) (string, bool)) (*Config, error) {
	r := &reader{file: name, lines: splitLines(src), folder: filepath.Dir(name), env: env}
	c := Defaults()
	if root := r.parse(src); root != nil {
		r.object(root, "", valueOf(c))
	}
	if len(r.problems) == 0 {
		r.check(c)
	}
	if len(r.problems) == 0 {
		return c, nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return nil, r.problems
}

// parse returns the root of the document, nil when it is empty or broken.
func (r *reader) parse(src []byte) ast.Node { //nolint:ireturn // the tree has no other type
	file, err := parser.ParseBytes(src, 0)
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil {
			at := syntax.Token.Position
			r.problem(at.Line, at.Column, "", "this is no YAML: "+syntax.Message, true)
		} else {
			r.problem(0, 0, "", "this is no YAML: "+err.Error(), false)
		}
		return nil
	}
	if len(file.Docs) > 1 {
		r.problem(0, 0, "", "the file holds several documents: write one", false)
		return nil
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		r.missing("", valueOf(Defaults()))
		return nil
	}
	return file.Docs[0].Body
}
