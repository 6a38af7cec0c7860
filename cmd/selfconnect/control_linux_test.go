package main

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
	"sockproof/lib/packet"
	"sockproof/lib/portrange"
	"sockproof/lib/scenario"
	"sockproof/lib/wire"
)

// notOnHost are the networks whose settings may be changed.
var notOnHost = []journal.Network{journal.Wire, journal.Loopback}

// TestUndisturbed is the control of the controls: every scenario is reproduced
// wherever it can run, and refutes none of its claims. Only the hunts are made
// shorter, where that is possible.
func TestUndisturbed(t *testing.T) {
	for i := range program.Scenarios {
		s := &program.Scenarios[i]
		for _, st := range journaltest.Stages(s.RunsOn()...) {
			t.Run(s.Name+"/"+st.String(), func(t *testing.T) {
				st.Need(t)
				c := st.Conditions()
				if st.Network != journal.HostNet && (s.Name == "hunt" || s.Name == "outside-range") {
					c.Alter = narrowThen(few, nil)
				}
				r := suite.Conduct(s, c)
				r.Check(t)
				if strings.Contains(r.Stopped, needsPortRange) {
					t.Skipf("skip: %s", r.Stopped)
				}
				if r.Outcome != claim.Reproduced {
					t.Fatalf("%s: %s", r.Outcome, r.Why)
				}
				for _, f := range r.Findings {
					if f.Verdict == claim.Refuted {
						t.Errorf("%s refuted: %s", f.Claim, f.Because)
					}
				}
			})
		}
	}
}

// dropSYNs lets the wire lose every SYN, with or without ACK.
func dropSYNs(t *scenario.T) { t.Drop(func(p *wire.Packet) bool { return p.Flags&packet.SYN != 0 }) }

// TestSYNsLostOnTheWire says what follows when no SYN arrives: where one socket
// is to connect to itself, it does not; where what happens around a
// self-connection is the subject, that cannot be judged without one.
func TestSYNsLostOnTheWire(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Stages(journal.Wire),
		journaltest.Control{Scenario: "direct", Alter: dropSYNs, Want: claim.NotReproduced},
		journaltest.Control{Scenario: "autobind", Alter: dropSYNs, Want: claim.NotReproduced},
		journaltest.Control{Scenario: "hunt", Alter: narrowThen(few, dropSYNs), Want: claim.NotReproduced},
		journaltest.Control{Scenario: "outside-range", Alter: narrowThen(few, dropSYNs), Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "reserved-port", Alter: dropSYNs, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "detect-and-retry", Alter: dropSYNs, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "port-theft", Alter: dropSYNs, Want: claim.OutcomeUnresolved},
	)
}

// narrowThen narrows ip_local_port_range, so that a hunt's attempts are few,
// then alters the world further.
func narrowThen(ports portrange.Range, alter func(*scenario.T)) func(*scenario.T) {
	return func(t *scenario.T) {
		t.Sysctl("a", portrange.RangeSetting, ports.String())
		if alter != nil {
			alter(t)
		}
	}
}

// few are the source ports where a hunt shall end soon.
var few = portrange.Range{Low: 40000, High: 40007}

// TestSYNsFilteredOnLoopback: there nothing but a filter can lose a segment.
func TestSYNsFilteredOnLoopback(t *testing.T) {
	t.Parallel()
	drop := journaltest.Filter(t, "output", "tcp flags & syn == syn drop")
	suite.Controls(
		t, journaltest.Stages(journal.Loopback),
		journaltest.Control{Scenario: "direct", Alter: drop, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "autobind", Alter: drop, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "port-theft", Alter: drop, Want: claim.OutcomeUnresolved},
	)
}

// TestSYNsRejectedOnLoopback: a filter that answers with RST makes every port
// look dead, the socket's own too.
func TestSYNsRejectedOnLoopback(t *testing.T) {
	t.Parallel()
	reject := narrowThen(few, journaltest.Filter(t, "output", "tcp flags & syn == syn reject with tcp reset"))
	suite.Controls(
		t, journaltest.Stages(journal.Loopback),
		journaltest.Control{Scenario: "direct", Alter: reject, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "autobind", Alter: reject, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "hunt", Alter: reject, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "outside-range", Alter: reject, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "reserved-port", Alter: reject, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "detect-and-retry", Alter: reject, Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "port-theft", Alter: reject, Want: claim.OutcomeUnresolved},
	)
}

// TestTargetOutsideTheRange: the kernel never chooses a port outside its
// range, nor one of the parity that connect() takes last while others are free.
// A socket's own range (IP_LOCAL_PORT_RANGE) is clipped to the namespace's.
func TestTargetOutsideTheRange(t *testing.T) {
	t.Parallel()
	port := func(p string) map[string]string { return map[string]string{"port": p} }
	alter := narrowThen(few, nil)
	suite.Controls(
		t, journaltest.Stages(notOnHost...),
		journaltest.Control{Scenario: "autobind", Alter: alter, Option: port("41000"), Want: claim.NotReproduced},
		journaltest.Control{Scenario: "hunt", Alter: alter, Option: port("41000"), Want: claim.NotReproduced},
		journaltest.Control{Scenario: "hunt", Alter: alter, Option: port("40001"), Want: claim.NotReproduced},
		journaltest.Control{Scenario: "outside-range", Alter: alter, Option: port("40002"), Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "reserved-port", Option: port("41000"), Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "port-theft", Alter: alter, Option: port("41000"), Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "detect-and-retry", Alter: alter, Option: port("41000"), Want: claim.OutcomeUnresolved},
	)
}

// listenOn lets a real server listen on a port.
func listenOn(port uint16) func(*scenario.T) {
	return func(t *scenario.T) { t.Host("a").Socket(scenario.From(port)).Listen(deepQueue) }
}

// deepQueue is the queue of a server that accepts nobody, where every attempt
// of a hunt finds room.
const deepQueue = 4096

// TestServerOnThePort: with a server up there is no accident. Binding beside
// it fails, which is no answer to whether a socket can connect to itself;
// connecting reaches the server.
func TestServerOnThePort(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Stages(notOnHost...),
		journaltest.Control{Scenario: "direct", Alter: listenOn(directPort), Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "autobind", Alter: listenOn(insidePort), Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "hunt", Alter: narrowThen(few, listenOn(insidePort)), Want: claim.NotReproduced},
		journaltest.Control{Scenario: "outside-range", Alter: narrowThen(few, listenOn(outsidePort)), Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "detect-and-retry", Alter: listenOn(insidePort), Want: claim.OutcomeUnresolved},
		journaltest.Control{Scenario: "port-theft", Alter: listenOn(insidePort), Want: claim.OutcomeUnresolved},
	)
}

// TestServerOnTheReservedPort: nothing is to be compared where the port is not
// hit before it is reserved.
func TestServerOnTheReservedPort(t *testing.T) {
	t.Parallel()
	suite.Controls(
		t, journaltest.Stages(journal.Loopback),
		journaltest.Control{Scenario: "reserved-port", Alter: listenOn(insidePort), Want: claim.OutcomeUnresolved},
	)
}

// hostListener is a server of the caller's own stack, on a port of the
// kernel's choice.
func hostListener(t *testing.T, f journal.Family) string {
	t.Helper()
	family, address := syscall.AF_INET, syscall.Sockaddr(&syscall.SockaddrInet4{Addr: netip.MustParseAddr("127.0.0.1").As4()})
	if f == journal.IPv6 {
		family, address = syscall.AF_INET6, &syscall.SockaddrInet6{Addr: netip.IPv6Loopback().As16()}
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, address), syscall.Listen(fd, 1)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := 0
	switch a := name.(type) {
	case *syscall.SockaddrInet4:
		port = a.Port
	case *syscall.SockaddrInet6:
		port = a.Port
	}
	return strconv.Itoa(port)
}

// TestServerOnThePortOfTheHost: the same on the caller's own stack, where a
// server is named by --port.
func TestServerOnThePortOfTheHost(t *testing.T) {
	for _, s := range journaltest.Stages(journal.HostNet) {
		s.Need(t)
		c := s.Conditions()
		port := hostListener(t, s.Family)
		c.Option = func(string) string { return port }
		for name, want := range map[string]claim.Outcome{
			"direct": claim.OutcomeUnresolved, "autobind": claim.OutcomeUnresolved,
			"port-theft": claim.OutcomeUnresolved, "detect-and-retry": claim.OutcomeUnresolved,
		} {
			t.Run(name+"/"+s.String(), func(t *testing.T) {
				r := suite.Conduct(suite.Scenario(t, name), c)
				r.Check(t)
				if strings.Contains(r.Stopped, needsPortRange) {
					t.Skipf("skip: %s", r.Stopped)
				}
				if r.Outcome != want {
					t.Errorf("%s: %s; want %s", r.Outcome, r.Why, want)
				}
			})
		}
	}
}

// TestNoTime: a run whose time ran out has shown nothing, whatever it saw.
func TestNoTime(t *testing.T) { suite.NoTime(t) }
