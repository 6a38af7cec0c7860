package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"sockproof/cmd/staleresp/internal/load"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
)

// loadReport is what a load found. docs/commands.md describes it.
type loadReport struct {
	Schema      string          `json:"schema"`
	Network     journal.Network `json:"network"`
	Family      journal.Family  `json:"family"`
	Connections int             `json:"connections"`
	Requests    int64           `json:"requests"`
	LateRate    string          `json:"late_rate"`
	LateByNS    time.Duration   `json:"late_by_ns"`
	PatienceNS  time.Duration   `json:"patience_ns"`
	Seed        uint64          `json:"seed"`
	Interrupted bool            `json:"interrupted"`
	Outcome     string          `json:"outcome"`
	Why         string          `json:"why"`
	Policies    []loadRow       `json:"policies"`
}

// loadRow is what became of one policy's requests.
type loadRow struct {
	Policy policy `json:"policy"`
	load.Counts
	Failed    int64   `json:"failed"`
	ElapsedNS int64   `json:"elapsed_ns"`
	PerSecond float64 `json:"requests_per_second"`
	P50NS     int64   `json:"p50_ns"`
	P99NS     int64   `json:"p99_ns"`
	P999NS    int64   `json:"p99.9_ns"`
	Peak      int64   `json:"peak_memory_bytes"`
	OfNaive   float64 `json:"of_naive,omitempty"` // its requests per second in naive's
}

func newLoadReport(o *loadOptions) *loadReport {
	return &loadReport{
		Schema: "sockproof/load/v1", Network: o.network, Family: o.family,
		Connections: o.Connections, Requests: o.Requests, LateRate: o.rate,
		LateByNS: o.LateBy, PatienceNS: o.Patience, Seed: o.Seed, Policies: []loadRow{},
	}
}

// add adds the row of a policy.
func (r *loadReport) add(p policy, l *load.Result) {
	row := loadRow{
		Policy: p, Counts: l.Counts, Failed: l.Failed(), ElapsedNS: int64(l.Elapsed), Peak: l.Peak,
		PerSecond: float64(l.Requests) / l.Elapsed.Seconds(),
		P50NS:     l.Latency.ValueAtQuantile(50), P99NS: l.Latency.ValueAtQuantile(99), P999NS: l.Latency.ValueAtQuantile(99.9),
	}
	r.Policies = append(r.Policies, row)
	if n, ok := r.of(naive); ok && n.PerSecond > 0 {
		r.Policies[len(r.Policies)-1].OfNaive = row.PerSecond / n.PerSecond
	}
}

// of is the row of a policy.
func (r *loadReport) of(p policy) (*loadRow, bool) {
	i := slices.IndexFunc(r.Policies, func(row loadRow) bool { return row.Policy == p })
	if i < 0 {
		return nil, false
	}
	return &r.Policies[i], true
}

// The outcomes of a load.
const (
	loadReproduced    = "reproduced"
	loadNotReproduced = "not reproduced"
	loadInconclusive  = "inconclusive"
)

// conclude says how it came out: reproduced, if each policy did what it is known
// for. It has to have had occasion to: a cure something to prevent.
func (r *loadReport) conclude() {
	if i := slices.IndexFunc(r.Policies, func(row loadRow) bool { return row.Wrong > 0 && !row.Policy.fails() }); i >= 0 {
		row := &r.Policies[i]
		r.Outcome, r.Why = loadNotReproduced, fmt.Sprintf("%s took %s replies for another request's answer, which it is there to prevent", row.Policy, grouped(row.Wrong))
		return
	}
	if r.Interrupted {
		r.Outcome, r.Why = loadInconclusive, "interrupted: this is what was counted by then"
		return
	}
	r.Outcome, r.Why = loadReproduced, "every answer was the request's own"
	told := false // of several that took wrong replies, the first
	for i := range r.Policies {
		row := &r.Policies[i]
		switch {
		case row.Wrong == 0 && row.Followed == 0:
			r.Outcome, r.Why = loadInconclusive, fmt.Sprintf("%s was not put to the test: %s", row.Policy, harmless(row))
			return
		case row.Wrong == 0 && row.Policy.fails():
			r.Outcome, r.Why = loadNotReproduced, fmt.Sprintf("%s took no reply for another request's answer, though connections were used again after a request had been given up", row.Policy)
			return
		}
		if row.Wrong > 0 && !told {
			told = true
			r.Why = fmt.Sprintf("%s took %s replies of %s for the answer to another request", row.Policy, grouped(row.Wrong), grouped(row.Requests))
		}
	}
}

// harmless says why nothing went wrong, or would have.
func harmless(row *loadRow) string {
	switch {
	case row.Late == 0:
		return "no reply was late"
	case row.TimedOut == 0:
		return "clients waited for longer than replies were late"
	}
	return "no connection was used again after a request had been given up"
}

// exit is the exit code.
func (r *loadReport) exit() int {
	switch r.Outcome {
	case loadReproduced:
		return cli.ExitReproduced
	case loadNotReproduced:
		return cli.ExitNotReproduced
	}
	return cli.ExitInconclusive
}

// write shows the report as text.
func (r *loadReport) write(w io.Writer) {
	fmt.Fprintf(w, "%s connections on %s, %s; %s requests for each policy, %s of them with replies that are %v late; clients wait %v; seed %d\n\n",
		grouped(int64(r.Connections)), r.Network, r.Family, grouped(r.Requests), r.LateRate, r.LateByNS, r.PatienceNS, r.Seed)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "policy\trequests\twrong\tfailed\treconnected\trequests/s\tof naive\tp50\tp99\tp99.9\tMiB\t")
	for i := range r.Policies {
		r.Policies[i].write(t)
	}
	_ = t.Flush() // into a text in memory
	mark := map[string]string{loadReproduced: "✓", loadNotReproduced: "✗", loadInconclusive: "?"}[r.Outcome]
	fmt.Fprintf(w, "\n%s load %s: %s\n", mark, r.Outcome, r.Why)
}

func (row *loadRow) write(w io.Writer) {
	ratio := ""
	if row.OfNaive > 0 {
		ratio = strconv.FormatFloat(row.OfNaive, 'f', 2, 64)
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.1f\t\n",
		row.Policy, grouped(row.Requests), grouped(row.Wrong), grouped(row.Failed), grouped(row.Reconnected),
		grouped(int64(row.PerSecond)), ratio, latency(row.P50NS), latency(row.P99NS), latency(row.P999NS), float64(row.Peak)/(1<<20))
}

// latency renders a time for a person, to three digits.
func latency(ns int64) string {
	d, unit := time.Duration(ns), time.Nanosecond
	for unit*1000 <= d {
		unit *= 10
	}
	return d.Round(unit).String()
}

// grouped renders a number with its thousands apart.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
