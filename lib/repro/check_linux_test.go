package repro

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/sock"
	"sockproof/lib/tcp"
)

// On a machine where nothing interferes the witnesses agree.
func TestCheckFindsNoDiscrepancyOnAnHonestMachine(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			s.need(t)
			n := tryNetwork(context.Background(), Conditions{Network: s.network, Family: s.family})
			if !n.Available || n.Reason != "" {
				t.Errorf("not to be had: %q", n.Reason)
			}
			for i := range n.Discrepancies {
				t.Errorf("%s %s", n.Discrepancies[i].Rule, n.Discrepancies[i].String())
			}
		})
	}
}

// filterRSTs lets the kernel drop every RST that would enter a socket of the run's.
func filterRSTs(nft string) func(*Run) error {
	return func(r *Run) error {
		return r.Host("a").In(func() error {
			defer sock.Starting()()
			cmd := exec.Command(nft, "-f", "-")
			cmd.Stdin = strings.NewReader("table inet test { chain in { type filter hook input priority 0; tcp flags & rst == rst drop; }; }\n")
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("nft: %w: %s", err, out)
			}
			return nil
		})
	}
}

// Behind a filter they do not, and the network is to be had all the same.
func TestCheckReportsAFilter(t *testing.T) {
	nft, err := exec.LookPath("nft")
	if err != nil {
		t.Skipf("skip: %v: install nftables", err)
	}
	s := stage{journal.Loopback, journal.IPv4}
	s.need(t)
	probe := Conduct(context.Background(), &Scenario{Name: "probe", Networks: journal.Networks(), Hosts: []string{"a"}}, filterRSTs(nft),
		Conditions{Network: s.network, Family: s.family, Timeout: testBound, Run: 1, First: 1})
	if probe.Stopped != "" {
		t.Skipf("skip: %s", probe.Stopped)
	}
	n := tryNetwork(context.Background(), Conditions{Network: s.network, Family: s.family, Alter: filterRSTs(nft)})
	if !n.Available || len(n.Discrepancies) == 0 {
		t.Fatalf("available %v, %q, %d discrepancies", n.Available, n.Reason, len(n.Discrepancies))
	}
	if !slices.ContainsFunc(n.Discrepancies, func(d tcp.Discrepancy) bool { return d.Rule == tcp.R2 }) {
		t.Errorf("no discrepancy by %s: a read failed with EAGAIN after a RST", tcp.R2)
	}
}
