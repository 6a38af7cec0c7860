package cli

import (
	"testing"

	"sockproof/lib/evidence"
	"sockproof/lib/journal"
	"sockproof/lib/report"
	"sockproof/lib/schematest"
	"sockproof/lib/tcp"
)

// TestSchemas: what the commands print follows the schemas, with every field in them.
func TestSchemas(t *testing.T) {
	t.Parallel()
	_, out, errs := call(t, "list", "--format", "json")
	if errs != "" {
		t.Fatal(errs)
	}
	schematest.Fits(t, "list", out)
	schematest.Fits(t, "check", checked{ // the command itself may need another process, in a user namespace
		Schema: "sockproof/check/v1", Tool: report.Tool{Name: "fake"}, Machine: report.Machine{Settings: map[string]string{}},
		Networks: []checkedNetwork{
			{Network: journal.Wire, Family: journal.IPv4, Available: true, Over: "a veth pair", Witnesses: []journal.WitnessStatus{{Name: journal.Calls, Status: journal.Attached}}, Discrepancies: []tcp.Discrepancy{{Rule: tcp.R2, Sockets: []string{}, Hosts: []string{}, Accounts: []string{"one", "another"}, Events: []int{}}}},
			{Network: journal.HostNet, Family: journal.IPv6, Reason: "there is none", Witnesses: []journal.WitnessStatus{}, Discrepancies: []tcp.Discrepancy{}},
		},
		Scenarios: []checkedScenario{{Name: "yes", Network: journal.Wire, Runs: true}, {Name: "no"}},
	})
	schematest.Fields(t, "list", map[string]any{
		"": list{}, "tool": report.Tool{}, "scenario": listedScenario{}, "claim": listedClaim{}, "command": listedCommand{}, "flag": listedFlag{}, "example": Example{},
	})
	schematest.Fields(t, "check", map[string]any{"": checked{}, "machine": report.Machine{}, "network": checkedNetwork{}, "scenario": checkedScenario{}})
	schematest.Fields(t, "diff", map[string]any{"": difference{}, "fact": evidence.Fact{}, "run": evidence.RunDiff{}, "parting": evidence.Parting{}, "step": report.Step{}})
}
