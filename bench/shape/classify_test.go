package main

import (
	"go/parser"
	"go/token"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const program = `package main

var hc1 = claim.Claim{Check: rule}

func rule() claim.Finding { return shared() }

// both is used by everything.
func shared() claim.Finding { return claim.Finding{} }

// steps: two lines more.
var orphan = scenario.New("orphan", func(t *scenario.T) {
	wait(t)
})

func wait(t *scenario.T) { _ = patience }

const patience = 1

func scan() cli.Command { return cli.Command{Do: do} }

func do(c *cli.Context) { (&table{}).print() }

type table struct{}

func (*table) print() {}
`

func TestClassify(t *testing.T) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "program.go", program, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	p := declarations(fset, []source{{"program.go", f}})
	p.classify()
	got := map[kind]int{}
	for _, d := range p.all {
		got[d.kind] += d.lines
	}
	want := map[kind]int{claims: 1 + 1 + 2, steps: 4 + 1 + 1, commands: 1 + 1 + 1 + 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
