package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// expand fills in ${NAME} and ${file:path}. $${ stands for ${ itself.
func (r *reader) expand(node ast.Node, key, text string) (string, bool) {
	var b strings.Builder
	for {
		i := strings.Index(text, "${")
		if i < 0 {
			b.WriteString(text)
			return b.String(), true
		}
		if i > 0 && text[i-1] == '$' {
			b.WriteString(text[:i-1] + "${")
			text = text[i+2:]
			continue
		}
		name, rest, closed := strings.Cut(text[i+2:], "}")
		if !closed {
			r.at(node, key, "${ has no closing }: write ${NAME} or ${file:path}, or $${ for the characters themselves")
			return "", false
		}
		value, fault := r.lookup(name)
		if fault != "" {
			r.at(node, key, fault)
			return "", false
		}
		b.WriteString(text[:i] + value)
		text = rest
	}
}

func (r *reader) lookup(name string) (value, fault string) {
	path, isFile := strings.CutPrefix(name, "file:")
	if !isFile {
		if name == "" {
			return "", "${} names nothing: write ${NAME} or ${file:path}"
		}
		value, ok := r.env(name)
		if !ok {
			return "", "the environment has no variable " + name + ": set it, or write the value"
		}
		return value, ""
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.folder, path)
	}
	content, err := os.ReadFile(path) //nolint:gosec // whoever writes the configuration chooses the file
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", "there is no file " + path + ": a path in ${file:…} is relative to the configuration file"
	case err != nil:
		return "", "file " + path + " cannot be read: " + errors.Unwrap(err).Error()
	}
	return strings.TrimRight(string(content), "\r\n"), ""
}
