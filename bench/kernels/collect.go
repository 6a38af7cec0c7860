package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sockproof/bench/kernels/result"
	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// document is what this program reads of a report.
type document struct {
	Verdicts []claim.Merged
	Runs     []struct {
		Scenario string
		Outcome  claim.Outcome
		Why      string
		Stopped  string
		Findings []claim.Finding
		Events   []journal.Event
	}
}

// tools is the place of the commands that have no scenarios.
const tools = "tools"

// timeRanOut is how a run that was stopped for its time begins to say so.
const timeRanOut = "time ran out"

// collect reads what `inside` wrote. Its log has a line for each command.
func collect(folder string, out io.Writer) (*result.Kernel, error) {
	release, err := os.ReadFile(filepath.Join(folder, "release"))
	if err != nil {
		return nil, err
	}
	log, err := os.Open(filepath.Join(folder, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	m := newMerger(strings.TrimSpace(string(release)))
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		name, ended, ok := strings.Cut(lines.Text(), ": ")
		where, command, named := strings.Cut(name, ".")
		if !ok || !named {
			return nil, fmt.Errorf("%s: %q", log.Name(), lines.Text())
		}
		status, _, begun := strings.Cut(ended, ", ")
		switch {
		case !begun || !strings.HasPrefix(status, "exit "):
			fmt.Fprintln(out, lines.Text())
		case where == tools:
			m.add(command, where, claim.Can, status, "")
		default:
			if err := m.report(where, command, filepath.Join(folder, name+".json")); err != nil {
				fmt.Fprintf(out, "%s: %s: %v\n", name, status, err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return m.merged(), nil
}

// merger makes of what an item came to in several places what it came to on this kernel.
type merger struct {
	result.Kernel
	at map[string]map[string]string // item, place
}

func newMerger(release string) *merger {
	return &merger{
		Kernel: result.Kernel{Kernel: release, Items: map[string]string{}, Because: map[string]string{}},
		at:     map[string]map[string]string{},
	}
}

// report adds the verdicts and outcomes of one binary in one place.
func (m *merger) report(place, binary, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var d document
	if err := json.Unmarshal(content, &d); err != nil {
		return err
	}
	held, late := d.slow()
	for i := range d.Runs {
		r := &d.Runs[i]
		came := string(r.Outcome)
		if came == result.Inconclusive && (held[r.Scenario] || late[r.Scenario]) {
			came = result.Slow
		}
		m.add(binary+" "+r.Scenario, place, claim.Can, came, r.Why)
	}
	for i := range d.Verdicts {
		v := &d.Verdicts[i]
		came := string(v.Verdict)
		if v.Verdict == claim.Inconclusive {
			for scenario, status := range v.Scenarios {
				if late[scenario] || held[scenario] && status != claim.NotTried {
					came = result.Slow
				}
			}
		}
		m.add(v.Claim, place, v.Quantity, came, v.Because)
	}
	return nil
}

// slow are the scenarios whose program did not run for a while, and those whose time ran
// out: the first may have missed something, the second also have not come to it.
func (d *document) slow() (held, late map[string]bool) {
	held, late = map[string]bool{}, map[string]bool{}
	for i := range d.Runs {
		r := &d.Runs[i]
		held[r.Scenario] = slices.ContainsFunc(r.Events, func(e journal.Event) bool {
			return e.Process != nil && e.Process.Event == journal.HeldUp
		})
		late[r.Scenario] = strings.HasPrefix(r.Stopped, timeRanOut)
	}
	return held, late
}

// add merges what an item came to in one place: a can is confirmed by one place, an always
// refuted by one, as over the scenarios of a run; what was not decided takes nothing back.
func (m *merger) add(item, place string, q claim.Quantity, came, because string) {
	if place != tools && !slices.Contains(m.Places, place) {
		m.Places = append(m.Places, place)
	}
	if m.at[item] == nil {
		m.at[item] = map[string]string{}
	}
	m.at[item][place] = came
	if old, ok := m.Items[item]; !ok || rank(q, came) > rank(q, old) {
		m.Items[item], m.Because[item] = came, because
	}
}

// merged is what came of it all.
func (m *merger) merged() *result.Kernel {
	m.Elsewhere = map[string]map[string]string{}
	for item, at := range m.at {
		for place, came := range at {
			if came == m.Items[item] || !result.Decided(came) {
				continue
			}
			if m.Elsewhere[item] == nil {
				m.Elsewhere[item] = map[string]string{}
			}
			m.Elsewhere[item][place] = came
		}
	}
	return &m.Kernel
}

// rank orders what an item can come to by what decides.
func rank(q claim.Quantity, came string) int {
	switch came {
	case result.Inconclusive:
		return 0
	case result.Slow:
		return 1 // says more: there was no time to see
	case result.Refuted, result.NotReproduced:
		if q == claim.Always {
			return 3
		}
	case result.Confirmed, result.Reproduced:
		if q == claim.Can {
			return 3
		}
	}
	return 2
}
