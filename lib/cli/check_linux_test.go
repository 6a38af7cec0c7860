package cli

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/tcp"
)

// testBound bounds a run in a test; no test waits for it unless it fails.
const testBound = 30 * time.Second

// need skips the test where something cannot be run, for the reason probed.
func need(t *testing.T, c scenario.Conditions, steps func(*scenario.T)) {
	t.Helper()
	probe := scenario.Scenario{Name: "probe", Networks: journal.Networks(), Hosts: []string{"a"}, Steps: steps}
	if j := scenario.Conduct(context.Background(), &probe, c); j.Stopped != "" {
		t.Skipf("skip: %s", j.Stopped)
	}
}

// On a machine where nothing interferes the witnesses agree.
func TestCheckFindsNoDiscrepancyOnAnHonestMachine(t *testing.T) {
	for _, network := range journal.Networks() {
		for _, family := range []journal.Family{journal.IPv4, journal.IPv6} {
			t.Run(string(network)+"/"+string(family), func(t *testing.T) {
				c := scenario.Conditions{Network: network, Family: family, Timeout: testBound, Run: 1, First: 1}
				need(t, c, func(*scenario.T) {})
				n := tryNetwork(context.Background(), c)
				if !n.Available || n.Reason != "" {
					t.Errorf("not to be had: %q", n.Reason)
				}
				for i := range n.Discrepancies {
					t.Errorf("%s %s", n.Discrepancies[i].Rule, n.Discrepancies[i].String())
				}
			})
		}
	}
}

// filterRSTs lets the kernel drop every RST that would enter a socket of the run's.
func filterRSTs(nft string) func(*scenario.T) {
	return func(t *scenario.T) {
		t.Host("a").In(func() error {
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
	c := scenario.Conditions{Network: journal.Loopback, Family: journal.IPv4, Timeout: testBound, Run: 1, First: 1}
	need(t, c, filterRSTs(nft))
	c.Alter = filterRSTs(nft)
	n := tryNetwork(context.Background(), c)
	if !n.Available || len(n.Discrepancies) == 0 {
		t.Fatalf("available %v, %q, %d discrepancies", n.Available, n.Reason, len(n.Discrepancies))
	}
	if !slices.ContainsFunc(n.Discrepancies, func(d tcp.Discrepancy) bool { return d.Rule == tcp.R2 }) {
		t.Errorf("no discrepancy by %s: a read failed with EAGAIN after a RST", tcp.R2)
	}
}
