package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/scenario"
)

// dropRSTs lets the kernel drop every RST that would enter a socket in the run's
// namespace. It has been seen on lo by then.
func dropRSTs(nft string) func(*scenario.T) {
	return func(t *scenario.T) {
		t.Host("a").In(func() error {
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
	s := journaltest.Stage{Network: journal.Loopback, Family: journal.IPv4}
	s.Need(t)
	if why := s.Probe(dropRSTs(nft)); why != "" {
		t.Skipf("skip: %s", why)
	}
	return nft
}

// filtered are shorter steps of scenarios whose own would wait, again and again,
// for acknowledgements that never come.
var filtered = map[string]func(*scenario.T){
	"linger0": onEach(
		connected(func(client, server *scenario.End) { resetBy(server, client) }),
		connected(func(client, server *scenario.End) {
			client.Close()
			server.Recv()
		}),
	),
	"sigpipe": onEach(func(t *scenario.T, l *scenario.Listener) {
		writesTwice(t, l, journal.DefaultSIGPIPE, (*scenario.Child).Write)
	}),
	"go-runtime": func(t *scenario.T) { goWrites(t, 0) },
	"exit":       nil,
	"linger-off": nil,
}

// TestRSTsAreFiltered: a filter of the kernel's own drops every RST, on loopback, after
// the capture has seen it: what the sockets did then is no proof of anything.
// Not beside other controls: a program that is being started, as nft is, has for a
// moment a copy of their descriptors, and a close is none then.
func TestRSTsAreFiltered(t *testing.T) {
	var controls []journaltest.Control
	for _, c := range eaten("filtered", dropRSTs(findFilter(t))) {
		steps, has := filtered[c.Scenario]
		if !has {
			continue
		}
		c.Steps = steps
		c.Want, c.Verdicts = claim.OutcomeUnresolved, nil
		controls = append(controls, c)
	}
	suite.Controls(t, journaltest.Stages(journal.Loopback), controls...)
}
