package main

import (
	"strings"
	"testing"

	"sockproof/bench/kernels/result"
)

// TestKernels: each difference needs a reason, and each reason a difference.
func TestKernels(t *testing.T) {
	reference := &result.Kernel{Kernel: "6.18.1", Items: map[string]string{
		"SC1": "confirmed", "SC3": "confirmed", "HC27": "refuted", "SR4": "confirmed", "BL19": "inconclusive", "backlog proxy": "reproduced",
	}}
	old := &result.Kernel{Name: "5.10", Kernel: "5.10.0-46", Debian: "5.10.262-1", Places: []string{"wire-4-root", "host-4-root"}, Items: map[string]string{
		"SC1": "confirmed", "SC3": "refuted", "HC27": "inconclusive", "SR4": "slow", "BL19": "slow", "backlog proxy": "inconclusive",
	}}
	claims := []statement{{"SC1", "one"}, {"SC3", "three"}, {"HC27", "twenty-seven"}, {"SR4", "four"}, {"BL19", "nineteen"}}
	of := func(items ...string) reason { return reason{kernels: []string{"5.10"}, items: items, why: "because"} }
	elsewhere := *old
	elsewhere.Elsewhere = map[string]map[string]string{"SC1": {"host-4-root": "refuted"}}
	for name, test := range map[string]struct {
		on      *result.Kernel
		reasons []reason
		wrong   []string // how the errors begin
		rows    []string
	}{
		"all explained": {
			on: old, reasons: []reason{of("SC3", "HC27", "backlog proxy")},
			rows: []string{
				"| SC3 | three | refuted | confirmed | because |", "| SR4 | four | slow | confirmed |  |",
				"| | `backlog proxy` | inconclusive | reproduced | because |",
			},
		},
		"one is not": {
			on: old, reasons: []reason{of("SC3", "backlog proxy")},
			wrong: []string{"HC27 on 5.10 is inconclusive"},
			rows:  []string{"| HC27 | twenty-seven | inconclusive | refuted | 5.10: **not explained** |"},
		},
		"one is explained, and no difference": {
			on: old, reasons: []reason{of("SC1", "SC3", "HC27", "backlog proxy")},
			wrong: []string{"SC1 on 5.10 is explained"},
		},
		"a slow one may be explained": {
			on: old, reasons: []reason{of("SC3", "HC27", "SR4", "backlog proxy")},
			rows: []string{"| SR4 | four | slow | confirmed | because |"},
		},
		"in one place": {
			on: &elsewhere, reasons: []reason{of("SC3", "HC27", "backlog proxy")},
			wrong: []string{"SC1 on 5.10 is refuted at host-4-root"},
			rows:  []string{"| SC1 | one | confirmed; at host-4-root refuted | confirmed | 5.10: **not explained** |"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := comparison{reference: reference, others: []*result.Kernel{test.on}, claims: claims}
			page := string(c.page(test.reasons))
			for _, row := range test.rows {
				if !strings.Contains(page, row+"\n") {
					t.Errorf("no row %q in\n%s", row, page)
				}
			}
			begin(t, c.wrong, test.wrong)
		})
	}
}

// begin checks how errors begin.
func begin(t *testing.T, wrong []error, want []string) {
	t.Helper()
	if len(wrong) != len(want) {
		t.Fatalf("%d are wrong, want %d: %v", len(wrong), len(want), wrong)
	}
	for i := range want {
		if !strings.HasPrefix(wrong[i].Error(), want[i]) {
			t.Errorf("%q, want %q…", wrong[i], want[i])
		}
	}
}
