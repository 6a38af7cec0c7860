package evidence

import "sockproof/lib/report"

// Verified is the JSON document of verify.
type Verified struct {
	Schema  string           `json:"schema"`
	Tool    report.Tool      `json:"tool"`
	Bundles []verifiedBundle `json:"bundles"`
}

type verifiedBundle struct {
	Bundle    string        `json:"bundle"`
	Holds     bool          `json:"holds"`
	Error     string        `json:"error,omitempty"` // why there was nothing to check
	Problems  []Problem     `json:"problems"`
	Remarks   []string      `json:"remarks"` // how it is not packed as it was written
	Checked   []string      `json:"checked"`
	Unchecked []string      `json:"unchecked"`
	Machine   *Machine      `json:"machine,omitempty"`
	Runs      []verifiedRun `json:"runs"`
}

type verifiedRun struct {
	Run      int               `json:"run"`
	Scenario string            `json:"scenario"`
	Outcome  string            `json:"outcome"`
	Verdicts map[string]string `json:"verdicts"` // by claim
}

// NewVerified is the document of what was found.
func NewVerified(tool report.Tool, rows []Row) Verified {
	v := Verified{Schema: "sockproof/verify/v1", Tool: tool, Bundles: []verifiedBundle{}}
	for i := range rows {
		b := verifiedBundle{Bundle: rows[i].Path, Problems: []Problem{}, Remarks: []string{}, Checked: []string{}, Unchecked: []string{}, Runs: []verifiedRun{}}
		if rows[i].Err != nil {
			b.Error = rows[i].Err.Error()
		}
		if r := rows[i].Result; r != nil {
			b.Holds = r.Holds()
			b.Problems, b.Remarks = append(b.Problems, r.Problems...), append(b.Remarks, r.Remarks...)
			b.Checked, b.Unchecked = append(b.Checked, r.Checked...), append(b.Unchecked, r.Unchecked...)
			if r.Readable() {
				b.Machine = &r.Machine
			}
			for k := range r.Report.Runs {
				b.Runs = append(b.Runs, verifiedRunOf(&r.Report.Runs[k]))
			}
		}
		v.Bundles = append(v.Bundles, b)
	}
	return v
}

func verifiedRunOf(r *report.Run) verifiedRun {
	v := verifiedRun{Run: r.Run, Scenario: r.Scenario, Outcome: string(r.Outcome), Verdicts: map[string]string{}}
	for _, f := range r.Findings {
		v.Verdicts[f.Claim] = string(f.Verdict)
	}
	return v
}
