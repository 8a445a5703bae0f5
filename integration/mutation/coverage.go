package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/pintle-io/pintle/integration/figure"
)

// module is what the paths in a profile begin with.
const module = "github.com/pintle-io/pintle/"

// uncoveredLimit is how many of a hundred statements no test may run.
const uncoveredLimit = 5

func (d decision) pkg() string { return path.Dir(d.file) }

// coverage runs the tests of the packages and tells how many statements of the decision types they ran.
func coverage(ctx context.Context, _ options, dir string, out io.Writer) (figure.Figure, error) {
	profile := filepath.Join(dir, "profile")
	args := []string{"test", "-coverprofile", profile}
	for _, pkg := range packages() {
		args = append(args, "./"+pkg)
	}
	if said, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return figure.Figure{}, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, said)
	}
	text, err := os.ReadFile(profile) //nolint:gosec // a file of our own
	if err != nil {
		return figure.Figure{}, err //nolint:wrapcheck // says what it was about
	}
	blocks, err := parseProfile(string(text))
	if err != nil {
		return figure.Figure{}, err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	all, missed := 0, 0
	for _, d := range decisions() {
		statements, uncovered, where, err := d.covered(blocks)
		if err != nil {
			return figure.Figure{}, err
		}
		all, missed = all+statements, missed+uncovered
		fmt.Fprintf(w, "%.1f %%\t%s\t%s\t%s\n", 100-share(uncovered, statements), d.file, d.what, strings.Join(where, " "))
	}
	return percent("statements of the decision types that no test of their package runs", all, missed, uncoveredLimit), w.Flush() //nolint:wrapcheck // the writer's, as it is
}

// block is a line of a profile.
type block struct {
	file              string
	line              int
	statements, count int
}

func parseProfile(text string) (list []block, err error) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "mode:") {
			continue
		}
		var b block
		file, rest, _ := strings.Cut(line, ":")
		b.file = strings.TrimPrefix(file, module)
		var column, endLine, endColumn int
		if _, err := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &b.line, &column, &endLine, &endColumn, &b.statements, &b.count); err != nil {
			return nil, fmt.Errorf("the profile's line %q: %w", strings.TrimSpace(line), err)
		}
		list = append(list, b)
	}
	return list, nil
}

// covered counts the statements of the functions that decide, those of them that did not run, and the lines
// at which these begin.
func (d decision) covered(blocks []block) (statements, uncovered int, where []string, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, d.file, nil, parser.SkipObjectResolution)
	if err != nil {
		return 0, 0, nil, err //nolint:wrapcheck // names the file
	}
	functions, err := d.decides(file)
	if err != nil {
		return 0, 0, nil, err
	}
	for _, b := range blocks {
		inside := func(f *ast.FuncDecl) bool {
			return files.Position(f.Pos()).Line <= b.line && b.line <= files.Position(f.End()).Line
		}
		if b.file != d.file || !slices.ContainsFunc(functions, inside) {
			continue
		}
		statements += b.statements
		if b.count == 0 {
			uncovered += b.statements
			where = append(where, strconv.Itoa(b.line))
		}
	}
	if statements == 0 {
		return 0, 0, nil, fmt.Errorf("the profile says nothing of %s: adapt the table of decision types", d.file)
	}
	return statements, uncovered, where, nil
}
