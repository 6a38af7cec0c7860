package cli

import (
	"fmt"
	"runtime"

	"sockproof/lib/report"
)

// Set by the linker (Makefile).
var (
	version = "devel"
	commit  = ""
)

// tool says which program this is.
func (p *Program) tool() report.Tool {
	return report.Tool{Name: p.Name, Version: version, Commit: commit, Go: runtime.Version()}
}

// versionLine is what --version prints.
func (p *Program) versionLine() string {
	t := p.tool()
	c := t.Commit
	if c == "" {
		c = "unknown commit"
	}
	return fmt.Sprintf("%s %s (%s, %s)\n", t.Name, t.Version, c, t.Go)
}
