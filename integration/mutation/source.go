package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// source is a package whose types are known.
type source struct {
	dir    string
	name   string
	rapid  bool // its tests draw values: their flags are known
	set    *token.FileSet
	files  map[string]*ast.File // by path from the root of the repository
	info   *types.Info
	types  *types.Package
	others map[string]string // where the compiler's export data of what it imports is
}

// load reads a package and what its types are.
func load(ctx context.Context, pkg string) (*source, error) {
	s := &source{
		dir: pkg, set: token.NewFileSet(), files: map[string]*ast.File{}, others: map[string]string{},
		info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}},
	}
	names, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	files := make([]*ast.File, 0, len(names))
	for _, name := range names {
		path := filepath.Join(pkg, name)
		file, err := parser.ParseFile(s.set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err //nolint:wrapcheck // names the file
		}
		s.name, s.files[path] = file.Name.Name, file
		files = append(files, file)
	}
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(s.others[path]) }
	conf := types.Config{Importer: importer.ForCompiler(s.set, "gc", lookup)}
	s.types, err = conf.Check(pkg, s.set, files, s.info)
	return s, err //nolint:wrapcheck // names file and line
}

// list asks the go command for the package's files and the export data of all that it imports.
func (s *source) list(ctx context.Context) (files []string, err error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-export", "-json=ImportPath,Export,GoFiles,TestImports,XTestImports", "./"+s.dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it was about
	}
	if err := cmd.Start(); err != nil {
		return nil, err //nolint:wrapcheck // says what it was about
	}
	for d := json.NewDecoder(out); ; {
		var p struct {
			ImportPath, Export                 string
			GoFiles, TestImports, XTestImports []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		s.others[p.ImportPath] = p.Export
		if p.ImportPath == module+s.dir {
			files, s.rapid = p.GoFiles, slices.Contains(append(p.TestImports, p.XTestImports...), "pgregory.net/rapid")
		}
	}
	return files, cmd.Wait() //nolint:wrapcheck // go has said why
}

// typeOf writes the type of an expression as the given file writes it; false when it does not import what
// the type is from.
func (s *source) typeOf(file *ast.File, t types.Type) (string, bool) {
	known := true
	text := types.TypeString(t, func(p *types.Package) string {
		if p == s.types {
			return ""
		}
		known = known && slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"`+p.Path()+`"` })
		return p.Name()
	})
	return text, known
}
