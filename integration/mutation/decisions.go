package main

import (
	"fmt"
	"go/ast"
	"slices"
)

// decision is a file whose code decides, and what it decides. A file may hold other things too: functions
// that carry a decision out, ask brokers, or write the log; they are named, and proven by other tiers.
type decision struct {
	file, what string
	but        []string
}

// decisions are the files that the promises of design §1 rest on.
func decisions() []decision {
	return []decision{
		{file: "processor/tracker.go", what: "which offset may be committed"},
		{file: "processor/beyond.go", what: "what a former owner finished beyond it"},
		{file: "processor/position.go", what: "where records are missing", but: []string{"Processor.gap", "Processor.stepOver", "Processor.settleTopic", "Processor.askTopic"}},
		{file: "processor/gaps.go", what: "which gaps are new", but: []string{"Processor.report"}},
		{file: "processor/brake.go", what: "when most records fail", but: []string{"Processor.ReleaseBrake", "owner.pass", "owner.hold"}},
		{file: "processor/lease.go", what: "whether others may own the partitions", but: []string{"Processor.tellLease"}},
		{file: "processor/watchdog.go", what: "which partitions do not move"},
		{file: "processor/ledger.go", what: "whether the books balance"},
		{file: "sink/lanes.go", what: "which ops may go"},
		{file: "sink/compose.go", what: "when a request is due, and of which ops"},
		{file: "sink/gate.go", what: "whether anything may be sent"},
		{file: "sink/permits.go", what: "how many requests at once"},
		{file: "sink/pace.go", what: "how many a second"},
		{file: "sink/latency.go", what: "how long an attempt may take"},
		{file: "sink/engine.go", what: "which request is next"},
		{file: "sink/retry.go", what: "when it goes again, and where it is cut"},
		{file: "sink/search.go", what: "what is sent next of what was refused as a whole"},
		{file: "sink/settle.go", what: "what an answer means for each op"},
		{file: "sink/customerio/classify.go", what: "what an answer means"},
		{file: "sink/customerio/errors.go", what: "which ops it is about"},
		{file: "sink/customerio/single.go", what: "what goes by the API for one person"},
	}
}

// of returns the decision types of a package.
func of(pkg string) (list []decision) {
	for _, d := range decisions() {
		if d.pkg() == pkg {
			list = append(list, d)
		}
	}
	return list
}

// packages are those that hold decision types.
func packages() (list []string) {
	for _, d := range decisions() {
		if !slices.Contains(list, d.pkg()) {
			list = append(list, d.pkg())
		}
	}
	return list
}

// nameOf is a function's name as the table, mutants and explanations have it: Type.method.
func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	return t.(*ast.Ident).Name + "." + f.Name.Name
}

// decides returns the functions of a file that decide. A function that the table leaves out must be there.
func (d decision) decides(file *ast.File) (list []*ast.FuncDecl, err error) {
	but := slices.Clone(d.but)
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if i := slices.Index(but, nameOf(f)); i >= 0 {
			but = slices.Delete(but, i, i+1)
			continue
		}
		list = append(list, f)
	}
	if len(but) > 0 {
		return nil, fmt.Errorf("%s has no function %v: adapt the table of decision types", d.file, but)
	}
	return list, nil
}
