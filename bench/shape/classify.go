package main

import (
	"go/ast"
	"slices"
)

// classify says what each declaration is for, whichever file it stands in.
//
//   - A function that takes scenario.T, also one inside a variable, is steps.
//   - One that takes cli.Context or returns cli.Command is a command.
//   - What has a claim in it, or a rule, is a claim.
//   - In a test, what mentions an altered journal (package journaltest) or a Case, and is no test function, is
//     mutation cases.
//
// What none of this goes for is of the kind of what refers to it: a claim rather than steps,
// steps rather than a command. What nothing refers to is a table.
func (p *pkg) classify() {
	for _, d := range p.all {
		d.kind, d.seed = ownKind(d)
	}
	reached := map[*declaration]bool{}
	for _, k := range []kind{claims, steps, commands, mutation} {
		for _, d := range p.all {
			if d.seed && d.kind == k {
				spread(d, k, reached)
			}
		}
	}
}

// spread gives its kind to what a declaration refers to.
func spread(d *declaration, k kind, reached map[*declaration]bool) {
	for _, used := range d.uses {
		if used.seed || reached[used] || used.test != d.test {
			continue
		}
		reached[used] = true
		used.kind = k
		spread(used, k, reached)
	}
}

func ownKind(d *declaration) (k kind, seed bool) {
	switch {
	case d.test && takes(d.node, "testing", "T", "B", "M", "F", "TB"):
		return tests, true
	case d.test && mentions(d.node, "journaltest", "Journal", "Case"):
		return mutation, true
	case d.test:
		return tests, false
	case mentions(d.node, "cli", "Program"):
		return claims, false // the program's own table refers to everything
	case takes(d.node, "scenario", "T", "Host", "End", "Listener", "Child"):
		return steps, true
	case mentions(d.node, "cli", "Command", "Context"):
		return commands, true
	case mentions(d.node, "claim", "Claim", "Rule", "Finding", "Case"):
		return claims, true
	}
	return claims, false
}

// takes says whether a function, or one inside, has a parameter or a receiver's field of one of these types.
func takes(n ast.Node, pkg string, names ...string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if f, is := n.(*ast.FuncType); is {
			found = found || mentions(f, pkg, names...)
		}
		return !found
	})
	return found
}

// mentions says whether one of these names of a package occurs.
func mentions(n ast.Node, pkg string, names ...string) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if s, is := n.(*ast.SelectorExpr); is && slices.Contains(names, s.Sel.Name) {
			x, is := s.X.(*ast.Ident)
			found = found || is && x.Name == pkg
		}
		return !found
	})
	return found
}
