package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"sockproof/cmd/internal/doctor"
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/repro"
)

// dropRSTs lets the kernel drop every RST that would enter a socket in the run's
// namespace. It has been seen on lo by then.
func dropRSTs(nft string) func(*repro.Run) error {
	return func(r *repro.Run) error {
		return r.Host("a").In(func() error {
			cmd := exec.Command(nft, "-f", "-")
			cmd.Stdin = strings.NewReader("table inet control {\n chain in {\n" +
				"  type filter hook input priority 0;\n" +
				"  tcp flags & rst == rst drop\n }\n}\n")
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("nft: %w: %s", err, out)
			}
			return nil
		})
	}
}

// findFilter finds nft, and skips the test where the run may not filter.
func findFilter(t *testing.T) (nft string) {
	t.Helper()
	nft, err := exec.LookPath("nft")
	if err != nil {
		t.Skipf("skip: %v: install nftables", err)
	}
	s := doctor.Stage{Network: journal.Loopback, Family: journal.IPv4}
	s.Need(t)
	if why := s.Probe(dropRSTs(nft)); why != "" {
		t.Skipf("skip: %s", why)
	}
	return nft
}

// TestRSTsAreFiltered: a filter of the kernel's own drops every RST, on loopback.
func TestRSTsAreFiltered(t *testing.T) {
	t.Parallel()
	alter := dropRSTs(findFilter(t))
	controls := eaten("filtered", alter)
	controls = append(controls, doctor.Control{
		Scenario: "linger-n", Name: "filtered", Alter: alter, Want: claim.Reproduced, // it has no RST
	})
	suite.Controls(t, doctor.Stages(journal.Loopback), controls...)
}
