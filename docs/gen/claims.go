package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sockproof/lib/claim"
)

// claimsPage is docs/claims.md: each statement, its source, its verdict, and the
// command that shows it. The verdicts are those of the recorded runs, which the
// tests judge again.
func claimsPage() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(claimsHead)
	for _, binary := range phenomena {
		all, err := verdictsOf(binary)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "\n## %s\n\n| | statement | verdict | shown by |\n| --- | --- | --- | --- |\n", binary)
		for _, v := range all {
			fmt.Fprintf(&b, "| %s | %s <br><sub>%s</sub> | **%s**: %s | `%s %s` |\n", v.Claim, cell(v.Statement), cell(v.Source), v.Verdict, cell(v.Because), binary, v.By())
		}
	}
	b.WriteString(untested)
	return b.Bytes(), nil
}

// untested are the statements that no run can decide.
const untested = `
## Not tested

| | statement | why not |
| --- | --- | --- |
| HS35 | what each end knows of the other after each segment <br><sub>article 000</sub> | a conclusion, not something that is seen; what each end's socket is in: ` + "`handshake who-first`" + ` |
| TW10 | TIME\_WAIT lasts 240 s on Windows <br><sub>article 003</sub> | another system |
`

const claimsHead = `# Statements, put to the test

What articles and documents say of these phenomena, and what the running kernel said to it (6.18; [others](kernels.md)). A claim says
*can* (one good instance confirms it) or *always* (one counter-example refutes it); where its precondition never arose it is
inconclusive. The events that a verdict rests on are named by the command that shows it.

The articles are five, in Chinese, found on the web: 000 “TCP三次握手四次挥手详解”, 001 “服务器分两次返回消息,TCP三次握手四次分手”, 002
“TCP协议的三次握手与四次挥手”, 003 “TCP的三次握手(建立连接)和四次挥手(关闭连接)”, 004 “TCP两次挥手,你见过吗?那四次握手呢?”.

Written by ` + "`make docs`" + ` from the recorded runs in cmd/*/testdata.
`

// cell makes text fit for a table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "*", `\*`, "_", `\_`).Replace(s)
}

// verdictsOf lists a program's claims by number, each with the verdict over the
// scenarios that put it to the test, and the one that decided it.
func verdictsOf(binary string) ([]claim.Merged, error) {
	recordings, err := filepath.Glob("cmd/" + binary + "/testdata/*.jsonl")
	if err != nil || len(recordings) == 0 {
		return nil, fmt.Errorf("no recordings of %s: %w", binary, err)
	}
	runs := map[string][]claim.Finding{} // by scenario
	for _, path := range recordings {
		scenario, findings, err := recorded(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if scenario == strings.TrimSuffix(filepath.Base(path), ".jsonl") { // else a variant, which its plain command does not show
			runs[scenario] = findings
		}
	}
	var totals []claim.Total
	for _, scenario := range mostFirst(runs) {
		for _, f := range runs[scenario] {
			t := claim.Total{Scenario: scenario}
			t.Add(1, f)
			totals = append(totals, t)
		}
	}
	all := claim.Merge(totals)
	slices.SortFunc(all, func(x, y claim.Merged) int {
		return cmp.Or(strings.Compare(familyOf(x.Claim), familyOf(y.Claim)), numberOf(x.Claim)-numberOf(y.Claim))
	})
	return all, nil
}

// mostFirst lists scenarios, those first that put most to the test: of several that
// say the same, a reader wants that one.
func mostFirst(runs map[string][]claim.Finding) []string {
	return slices.SortedFunc(maps.Keys(runs), func(x, y string) int {
		return cmp.Or(len(runs[y])-len(runs[x]), strings.Compare(x, y))
	})
}

const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// familyOf is the letters in a claim's id: a binary may have claims of several families.
func familyOf(id string) string { return id[:len(id)-len(strings.TrimLeft(id, capitals))] }

// numberOf is the number in a claim's id.
func numberOf(id string) int {
	n, _ := strconv.Atoi(strings.TrimLeft(id, capitals))
	return n
}

// recorded reads what a recording says was found.
func recorded(path string) (scenario string, findings []claim.Finding, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", nil, err
	}
	for line := range bytes.Lines(content) {
		var r struct {
			Finding *claim.Finding
			Run     *struct{ Scenario string }
		}
		if err := json.Unmarshal(line, &r); err != nil {
			return "", nil, err
		}
		if r.Finding != nil {
			findings = append(findings, *r.Finding)
		}
		if r.Run != nil {
			scenario = r.Run.Scenario
		}
	}
	return scenario, findings, nil
}
