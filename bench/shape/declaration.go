package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// kind is what a declaration of a binary's package is for.
type kind int

const (
	claims   kind = iota // claims, their rules and models, and the program's tables
	steps                // what a scenario does
	commands             // a command of one binary alone
	mutation             // in a test: altered journals, and what must follow
	tests                // another test
)

// declaration is one function, type, variable or constant.
type declaration struct {
	node   ast.Node
	test   bool // in a test file
	lines  int  // from its comment to its end, empty ones too
	kind   kind
	seed   bool // its kind is from itself, not from what refers to it
	uses   []*declaration
	method string // the type that it is a method of
}

// pkg is the declarations of one package.
type pkg struct {
	fset    *token.FileSet
	all     []*declaration
	objects map[types.Object]*declaration
	types   map[string]*declaration
}

// declarations takes a package apart.
func declarations(fset *token.FileSet, files []source) *pkg {
	p := &pkg{fset: fset, objects: map[types.Object]*declaration{}, types: map[string]*declaration{}}
	info := uses(fset, files)
	for _, s := range files {
		for _, d := range s.file.Decls {
			p.add(info, d, s.isTest())
		}
	}
	for _, d := range p.all {
		p.refer(info, d)
	}
	return p
}

// add adds a function, or each of the others that one declaration has.
func (p *pkg) add(info *types.Info, d ast.Decl, test bool) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		one := p.declare(d, d.Doc, test)
		p.objects[info.Defs[d.Name]] = one
		if d.Recv != nil {
			one.method = receiver(d.Recv.List[0].Type)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				one := p.declare(whole(d, spec), commentOf(d, spec.Doc), test)
				p.objects[info.Defs[spec.Name]], p.types[spec.Name.Name] = one, one
			case *ast.ValueSpec:
				one := p.declare(whole(d, spec), commentOf(d, spec.Doc), test)
				for _, name := range spec.Names {
					p.objects[info.Defs[name]] = one
				}
			}
		}
	}
}

// whole is a declaration that declares one thing, or the part of it that does.
func whole(d *ast.GenDecl, spec ast.Spec) ast.Node {
	if d.Lparen.IsValid() {
		return spec
	}
	return d
}

func commentOf(d *ast.GenDecl, own *ast.CommentGroup) *ast.CommentGroup {
	if d.Lparen.IsValid() {
		return own
	}
	return d.Doc
}

func (p *pkg) declare(n ast.Node, doc *ast.CommentGroup, test bool) *declaration {
	first := p.fset.Position(n.Pos()).Line
	if doc != nil {
		first = p.fset.Position(doc.Pos()).Line
	}
	d := &declaration{node: n, test: test, lines: p.fset.Position(n.End()).Line - first + 1}
	p.all = append(p.all, d)
	return d
}

// refer finds what a declaration refers to. A type refers to its methods.
func (p *pkg) refer(info *types.Info, d *declaration) {
	ast.Inspect(d.node, func(n ast.Node) bool {
		if id, is := n.(*ast.Ident); is {
			if used := p.objects[info.Uses[id]]; used != nil && used != d && !slices.Contains(d.uses, used) {
				d.uses = append(d.uses, used)
			}
		}
		return true
	})
	if of := p.types[d.method]; of != nil {
		of.uses = append(of.uses, d)
	}
}

// receiver is the name of a method's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
