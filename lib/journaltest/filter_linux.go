package journaltest

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// Filter lets the kernel act on the TCP segments at a hook of the run's namespace, "input"
// or "output": rule is a rule of nft(8). Where what enters is dropped, it has been seen on
// lo by then. It skips the test where the run may not filter.
func Filter(t *testing.T, hook, rule string) func(*scenario.T) {
	t.Helper()
	nft, err := exec.LookPath("nft")
	if err != nil {
		t.Skipf("skip: %v: install nftables", err)
	}
	filter := func(t *scenario.T) {
		t.Host("a").In(func() error {
			cmd := exec.Command(nft, "-f", "-")
			cmd.Stdin = strings.NewReader("table inet control {\n chain " + hook + " {\n" +
				"  type filter hook " + hook + " priority 0;\n  " + rule + "\n }\n}\n")
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("nft: %w: %s", err, out)
			}
			return nil
		})
	}
	s := Stage{Network: journal.Loopback, Family: journal.IPv4}
	s.Need(t)
	if why := s.Probe(filter); why != "" {
		t.Skipf("skip: %s", why)
	}
	return filter
}
