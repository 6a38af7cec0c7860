package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"slices"

	"github.com/uudashr/gocognit"
)

// function is a function with its length or its complexity.
type function struct {
	name string
	at   string // file and line
	n    int
}

// named is how many functions are named of those that exceed a bound.
const named = 10

// functions measures every function of the tree, tests too: its lines, from `func` to the closing
// brace, and its cognitive complexity. A function inside another counts as part of
// it; one in a package's variable counts by itself. The largest come first.
func functions(fset *token.FileSet, all []source) (longest, hardest []function) {
	for _, s := range all {
		ast.Inspect(s.file, func(n ast.Node) bool {
			f := asFunction(n)
			if f == nil {
				return true
			}
			at := fset.Position(f.Type.Pos())
			one := function{name: f.Name.Name, at: fmt.Sprintf("%s:%d", s.path, at.Line)}
			one.n = fset.Position(f.Body.End()).Line - at.Line + 1
			longest = append(longest, one)
			one.n = gocognit.Complexity(f)
			hardest = append(hardest, one)
			return false
		})
	}
	bySize := func(a, b function) int { return cmp.Or(b.n-a.n, cmp.Compare(a.at, b.at)) }
	slices.SortFunc(longest, bySize)
	slices.SortFunc(hardest, bySize)
	return longest, hardest
}

// asFunction is a function that has a body; nil: the node is none.
func asFunction(n ast.Node) *ast.FuncDecl {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if n.Body != nil {
			return n
		}
	case *ast.FuncLit:
		return &ast.FuncDecl{Name: ast.NewIdent("func"), Type: n.Type, Body: n.Body}
	}
	return nil
}
