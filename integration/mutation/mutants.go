package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
)

// mutant is one small mistake.
type mutant struct {
	number int
	// name says which, in words that stay the same while its function does: file, function, what, and a
	// number where the function holds several alike.
	name string
	line int
}

// planter finds the mistakes that can be made in a file and writes them all into it at once, each behind a
// question whether it is the one in force: a package is then built once for all of its mutants.
type planter struct {
	*source
	file     *ast.File
	path     string
	text     string
	base     token.Pos
	function string
	inserts  []insert
	mutants  *[]mutant
	seen     map[string]int
}

// insert is text around a piece of the file.
type insert struct {
	from, to      int
	before, after string
}

// plant returns the text of a file with all mistakes of the functions that decide, and adds them to list.
func (s *source) plant(d decision, list *[]mutant) (string, error) {
	text, err := os.ReadFile(d.file)
	if err != nil {
		return "", err //nolint:wrapcheck // says what it was about
	}
	file := s.files[d.file]
	if file == nil {
		return "", fmt.Errorf("%s is not among the files of its package: adapt the table of decision types", d.file)
	}
	functions, err := d.decides(file)
	if err != nil {
		return "", err
	}
	p := &planter{source: s, file: file, path: d.file, text: string(text), base: file.FileStart, mutants: list, seen: map[string]int{}}
	for _, f := range functions {
		p.function = nameOf(f)
		p.body(f.Type, f.Body)
	}
	return weave(p.text, p.inserts), nil
}

func (p *planter) at(pos token.Pos) int { return int(pos - p.base) }

// written is a node as the file has it.
func (p *planter) written(n ast.Node) string { return p.text[p.at(n.Pos()):p.at(n.End())] }

// add makes a mutant and returns the question whether it is in force.
func (p *planter) add(n ast.Node, what string) string {
	number := len(*p.mutants) + 1
	name := fmt.Sprintf("%s %s: %s", p.path, p.function, strings.Join(strings.Fields(what), " "))
	if p.seen[name]++; p.seen[name] > 1 {
		name += " #" + strconv.Itoa(p.seen[name])
	}
	*p.mutants = append(*p.mutants, mutant{number, name, p.set.Position(n.Pos()).Line})
	return fmt.Sprintf("mutant(%d)", number)
}

// around puts text before and after a node.
func (p *planter) around(n ast.Node, before, after string) {
	p.inserts = append(p.inserts, insert{p.at(n.Pos()), p.at(n.End()), before, after})
}

// weave writes inserts into text. They nest as nodes do: of two that begin together, the outer one is
// found, and written, first.
func weave(text string, inserts []insert) string {
	type piece struct {
		at, order int
		text      string
	}
	pieces := make([]piece, 0, 2*len(inserts))
	for i, in := range inserts {
		pieces = append(pieces, piece{in.from, 1 + i, in.before}, piece{in.to, -1 - i, in.after})
	}
	slices.SortFunc(pieces, func(a, b piece) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order)) })
	var out strings.Builder
	last := 0
	for _, piece := range pieces {
		out.WriteString(text[last:piece.at])
		out.WriteString(piece.text)
		last = piece.at
	}
	out.WriteString(text[last:])
	return out.String()
}
