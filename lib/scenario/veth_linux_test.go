package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// errNoTUN is why the runs of these tests have none.
var errNoTUN = errors.New("the test wants none")

// interfered has segments held, dropped, crossing, and sent again by a timer. How the kernel cuts many bytes
// depends on round-trip times (tcp_tso_should_defer in net/ipv4/tcp_output.c), so there are few.
func interfered(t *T) {
	client, server := t.Connection()
	t.Hold(hasPayload)
	client.Send("held")
	t.Release()
	t.Deliver()
	t.Drop(Once(hasPayload))
	client.Write("lost, and sent again by a timer")
	t.Await(testBound, func() bool { return server.Unread() > 4 })
	t.AtOnce(func() { client.ShutdownWrite(); server.ShutdownWrite() })
	t.Deliver()
	server.Reset()
	t.Deliver()
}

// stepLog is what happened on the wire and to the sockets, in order, without the clock, addresses
// and numbers that the kernel chose.
func stepLog(j *journal.Journal) (log []string) {
	for i := range j.Events {
		switch e := &j.Events[i]; {
		case e.Packet != nil && e.Packet.Proto == "":
			log = append(log, fmt.Sprintf("%s %s %s len=%d", e.Host, e.Packet.At, e.Packet.Flags, e.Packet.Len))
		case e.State != nil:
			log = append(log, fmt.Sprintf("%s %s→%s %s", e.Socket, e.State.From, e.State.To, e.State.Witness))
		}
	}
	return log
}

// TestVethStepsAsTUN: over a veth pair each step is what it is over a TUN, and the journal says so.
func TestVethStepsAsTUN(t *testing.T) {
	for _, f := range []journal.Family{journal.IPv4, journal.IPv6} {
		t.Run(string(f), func(t *testing.T) {
			s := &Scenario{Name: "test", Networks: []journal.Network{journal.Wire}, Hosts: []string{"a", "b"}, Steps: interfered}
			run := func(why error) *journal.Journal {
				j := Conduct(context.Background(), s, Conditions{Network: journal.Wire, Family: f, Timeout: testBound, Run: 1, First: 1, NoTUN: why})
				if j.Stopped != "" {
					t.Skipf("skip: %s", j.Stopped)
				}
				return &j
			}
			var d string
			for range 4 { // a machine that held a run up has let timers go off in between
				over, tun := run(errNoTUN), run(nil)
				if !strings.Contains(over.Over, "veth") || !strings.Contains(over.Over, errNoTUN.Error()) {
					t.Errorf("the journal says it goes over %q", over.Over)
				}
				if tun.Over != "" {
					t.Skip("skip: " + tun.Over)
				}
				if d = cmp.Diff(stepLog(tun), stepLog(over)); d == "" || len(claim.HoldUps(tun))+len(claim.HoldUps(over)) == 0 {
					break
				}
			}
			if d != "" {
				t.Errorf("-TUN +veth:\n%s", d)
			}
		})
	}
}
