package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/repro"
	"sockproof/lib/wire"
)

// controlBound bounds a run in these tests; none waits for it unless it fails.
const controlBound = 60 * time.Second

// stage is where a scenario is played.
type stage struct {
	network journal.Network
	family  journal.Family
}

func (s stage) String() string { return string(s.network) + "/" + string(s.family) }

// stagesOf are some networks in both families.
func stagesOf(networks ...journal.Network) []stage {
	var all []stage
	for _, n := range networks {
		all = append(all, stage{n, journal.IPv4}, stage{n, journal.IPv6})
	}
	return all
}

// conditions are those of an undisturbed run.
func (s stage) conditions() repro.Conditions {
	return repro.Conditions{Network: s.network, Family: s.family, Timeout: controlBound, Run: 1, First: 1}
}

// available says why the stage cannot be had, having tried; "": it can.
func (s stage) available() (why string) {
	return s.probe(func(*repro.Run) error { return nil })
}

// probe plays something on the stage and says why that did not work.
func (s stage) probe(play repro.Play) (why string) {
	probe := repro.Scenario{Name: "probe", Networks: journal.Networks(), Hosts: []string{"a"}}
	j := repro.Conduct(context.Background(), &probe, play, s.conditions())
	return j.Stopped
}

// need skips the test where the stage cannot be had, for the reason probed.
func (s stage) need(t *testing.T) {
	t.Helper()
	if why := s.available(); why != "" {
		t.Skipf("skip: %s", why)
	}
}

// judged is a run and what was judged of it.
type judged struct {
	journal.Journal
	outcome  claim.Outcome
	why      string
	findings []claim.Finding
}

// conduct plays a scenario and judges it.
func conduct(s *repro.Scenario, c repro.Conditions) *judged {
	r := &judged{Journal: repro.Conduct(context.Background(), s, plays[s.Name], c)}
	r.outcome, r.why, r.findings = s.Judge(&r.Journal)
	return r
}

// check asks of a run what must be true of any.
func (r *judged) check(t *testing.T) {
	t.Helper()
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	for i := range r.findings {
		checkFinding(t, &r.Journal, &r.findings[i])
	}
}

// control is a scenario in an altered world, in which the outcome must change.
type control struct {
	scenario string
	alter    func(*repro.Run) error
	option   map[string]string // the binary's own flags
	want     claim.Outcome
	because  string // part of the outcome's reason
}

// notOnHost are the networks whose settings may be changed.
var notOnHost = []journal.Network{journal.Wire, journal.Loopback}

// runControls plays every control on every stage, all at once, for they do
// little but wait, and checks the outcomes.
func runControls(t *testing.T, stages []stage, controls ...control) {
	t.Helper()
	type job struct {
		control
		at      stage
		missing string
		done    chan *judged
	}
	var jobs []job
	for _, s := range stages {
		missing := s.available()
		for _, c := range controls {
			j := job{c, s, missing, make(chan *judged, 1)}
			jobs = append(jobs, j)
			if missing != "" {
				continue
			}
			cond := s.conditions()
			cond.Alter, cond.Option = c.alter, func(name string) string { return c.option[name] }
			go func(s *repro.Scenario) { j.done <- conduct(s, cond) }(scenarioOf(t, c.scenario))
		}
	}
	for _, j := range jobs {
		t.Run(j.scenario+"/"+j.at.String(), func(t *testing.T) {
			if j.missing != "" {
				t.Skipf("skip: %s", j.missing)
			}
			r := <-j.done
			r.check(t)
			if r.outcome != j.want || !strings.Contains(r.why, j.because) {
				t.Errorf("%s: %s; want %s: … %s …", r.outcome, r.why, j.want, j.because)
			}
		})
	}
}

// TestUndisturbed is the control of the controls: every scenario is reproduced
// wherever it can run, and refutes none of its claims. Only the hunts are made
// shorter, where that is possible.
func TestUndisturbed(t *testing.T) {
	for i := range program.Scenarios {
		s := &program.Scenarios[i]
		for _, st := range stagesOf(s.Networks...) {
			t.Run(s.Name+"/"+st.String(), func(t *testing.T) {
				st.need(t)
				c := st.conditions()
				if st.network != journal.HostNet && (s.Name == "hunt" || s.Name == "outside-range") {
					c.Alter = narrowThen(few, nil)
				}
				r := conduct(s, c)
				r.check(t)
				if strings.Contains(r.Stopped, errNeedsPortRange.Error()) {
					t.Skipf("skip: %s", r.Stopped)
				}
				if r.outcome != claim.Reproduced {
					t.Fatalf("%s: %s", r.outcome, r.why)
				}
				for _, f := range r.findings {
					if f.Verdict == claim.Refuted {
						t.Errorf("%s refuted: %s", f.Claim, f.Because)
					}
				}
			})
		}
	}
}

// dropSYNs lets the wire lose every SYN, with or without ACK.
func dropSYNs(r *repro.Run) error {
	r.Wire().SetRule(func(p *wire.Packet) wire.Fate {
		if p.Flags&packet.SYN != 0 {
			return wire.Drop
		}
		return wire.Wait
	})
	return nil
}

// TestSYNsLostOnTheWire says what follows when no SYN arrives: where one socket
// is to connect to itself, it does not; where what happens around a
// self-connection is the subject, that cannot be judged without one.
func TestSYNsLostOnTheWire(t *testing.T) {
	t.Parallel()
	runControls(
		t, stagesOf(journal.Wire),
		control{scenario: "direct", alter: dropSYNs, want: claim.NotReproduced, because: "nothing answered the SYN"},
		control{scenario: "autobind", alter: dropSYNs, want: claim.NotReproduced, because: "nothing answered the SYN"},
		control{scenario: "hunt", alter: narrowThen(few, dropSYNs), want: claim.NotReproduced, because: "none of 64 attempts hit"},
		control{scenario: "outside-range", alter: narrowThen(few, dropSYNs), want: claim.OutcomeUnresolved, because: "was not hit in 64 attempts"},
		control{scenario: "reserved-port", alter: dropSYNs, want: claim.OutcomeUnresolved, because: "was not hit in"},
		control{scenario: "detect-and-retry", alter: dropSYNs, want: claim.OutcomeUnresolved, because: "nothing answered the SYN"},
		control{scenario: "port-theft", alter: dropSYNs, want: claim.OutcomeUnresolved, because: "nothing answered the SYN"},
	)
}

// narrowThen narrows ip_local_port_range, so that a hunt's attempts are few,
// then alters the world further.
func narrowThen(ports portRange, alter func(*repro.Run) error) func(*repro.Run) error {
	return func(r *repro.Run) error {
		if err := r.Host("a").Set(rangeSetting, ports.String()); err != nil {
			return err
		}
		if alter == nil {
			return nil
		}
		return alter(r)
	}
}

// few are the source ports where a hunt shall end soon.
var few = portRange{40000, 40007}

// filterSYNs lets the kernel act upon every SYN that leaves a socket in the
// run's namespace: drop it, or reject it.
func filterSYNs(nft, act string) func(*repro.Run) error {
	return func(r *repro.Run) error {
		return r.Host("a").In(func() error {
			cmd := exec.Command(nft, "-f", "-")
			cmd.Stdin = strings.NewReader("table inet control {\n chain out {\n" +
				"  type filter hook output priority 0;\n" +
				"  tcp flags & syn == syn " + act + "\n }\n}\n")
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
	s := stage{journal.Loopback, journal.IPv4}
	s.need(t)
	if why := s.probe(filterSYNs(nft, "drop")); why != "" {
		t.Skipf("skip: %s", why)
	}
	return nft
}

// TestSYNsFilteredOnLoopback: there nothing but a filter can lose a segment.
func TestSYNsFilteredOnLoopback(t *testing.T) {
	t.Parallel()
	drop := filterSYNs(findFilter(t), "drop")
	runControls(
		t, stagesOf(journal.Loopback),
		control{scenario: "direct", alter: drop, want: claim.NotReproduced, because: "nothing answered the SYN"},
		control{scenario: "autobind", alter: drop, want: claim.NotReproduced, because: "nothing answered the SYN"},
		control{scenario: "port-theft", alter: drop, want: claim.OutcomeUnresolved, because: "nothing answered the SYN"},
	)
}

// TestSYNsRejectedOnLoopback: a filter that answers with RST makes every port
// look dead, the socket's own too.
func TestSYNsRejectedOnLoopback(t *testing.T) {
	t.Parallel()
	reject := narrowThen(few, filterSYNs(findFilter(t), "reject with tcp reset"))
	runControls(
		t, stagesOf(journal.Loopback),
		control{scenario: "direct", alter: reject, want: claim.NotReproduced, because: "was not connected"},
		control{scenario: "autobind", alter: reject, want: claim.NotReproduced, because: "was not connected"},
		control{scenario: "hunt", alter: reject, want: claim.NotReproduced, because: "none of 64 attempts hit"},
		control{scenario: "outside-range", alter: reject, want: claim.OutcomeUnresolved, because: "was not hit in"},
		control{scenario: "reserved-port", alter: reject, want: claim.OutcomeUnresolved, because: "was not hit in"},
		control{scenario: "detect-and-retry", alter: reject, want: claim.OutcomeUnresolved, because: "was not connected"},
		control{scenario: "port-theft", alter: reject, want: claim.OutcomeUnresolved, because: "was not connected"},
	)
}

// TestTargetOutsideTheRange: the kernel never chooses a port outside its
// range, nor one of the parity that connect() takes last while others are free.
// A socket's own range (IP_LOCAL_PORT_RANGE) is clipped to the namespace's.
func TestTargetOutsideTheRange(t *testing.T) {
	t.Parallel()
	port := func(p string) map[string]string { return map[string]string{"port": p} }
	alter := narrowThen(few, nil)
	runControls(
		t, stagesOf(notOnHost...),
		control{scenario: "autobind", alter: alter, option: port("41000"), want: claim.NotReproduced, because: "was not connected"},
		control{scenario: "hunt", alter: alter, option: port("41000"), want: claim.NotReproduced, because: "none of 64 attempts hit"},
		control{scenario: "hunt", alter: alter, option: port("40001"), want: claim.NotReproduced, because: "none of 64 attempts hit"},
		control{scenario: "outside-range", alter: alter, option: port("40002"), want: claim.OutcomeUnresolved},
		control{scenario: "reserved-port", option: port("41000"), want: claim.OutcomeUnresolved, because: "was not hit in"},
		control{scenario: "port-theft", alter: alter, option: port("41000"), want: claim.OutcomeUnresolved, because: "was not connected"},
		control{scenario: "detect-and-retry", alter: alter, option: port("41000"), want: claim.OutcomeUnresolved, because: "was not connected"},
	)
}

// listenOn lets a real server listen on a port.
func listenOn(port uint16) func(*repro.Run) error {
	return func(r *repro.Run) error {
		s, err := r.Host("a").Socket()
		if err != nil {
			return err
		}
		if err := s.Bind(r.Host("a").At(port)); err != nil {
			return err
		}
		return s.Listen(deepQueue)
	}
}

// deepQueue is the queue of a server that accepts nobody, where every attempt
// of a hunt finds room.
const deepQueue = 4096

// TestServerOnThePort: with a server up there is no accident. Binding beside
// it fails, which is no answer to whether a socket can connect to itself;
// connecting reaches the server.
func TestServerOnThePort(t *testing.T) {
	t.Parallel()
	runControls(
		t, stagesOf(notOnHost...),
		control{scenario: "direct", alter: listenOn(directPort), want: claim.OutcomeUnresolved, because: "address already in use"},
		control{scenario: "autobind", alter: listenOn(insidePort), want: claim.NotReproduced},
		control{scenario: "hunt", alter: narrowThen(few, listenOn(insidePort)), want: claim.NotReproduced},
		control{scenario: "outside-range", alter: narrowThen(few, listenOn(outsidePort)), want: claim.OutcomeUnresolved, because: "something else answered"},
		control{scenario: "detect-and-retry", alter: listenOn(insidePort), want: claim.OutcomeUnresolved},
		control{scenario: "port-theft", alter: listenOn(insidePort), want: claim.OutcomeUnresolved},
	)
}

// TestServerOnTheReservedPort: nothing is to be compared where the port is not
// hit before it is reserved.
func TestServerOnTheReservedPort(t *testing.T) {
	t.Parallel()
	runControls(
		t, stagesOf(journal.Loopback),
		control{scenario: "reserved-port", alter: listenOn(insidePort), want: claim.OutcomeUnresolved},
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
	for _, s := range stagesOf(journal.HostNet) {
		s.need(t)
		c := s.conditions()
		port := hostListener(t, s.family)
		c.Option = func(string) string { return port }
		for name, want := range map[string]claim.Outcome{
			"direct": claim.OutcomeUnresolved, "autobind": claim.NotReproduced,
			"port-theft": claim.OutcomeUnresolved, "detect-and-retry": claim.OutcomeUnresolved,
		} {
			t.Run(name+"/"+s.String(), func(t *testing.T) {
				r := conduct(scenarioOf(t, name), c)
				r.check(t)
				if strings.Contains(r.Stopped, errNeedsPortRange.Error()) {
					t.Skipf("skip: %s", r.Stopped)
				}
				if r.outcome != want {
					t.Errorf("%s: %s; want %s", r.outcome, r.why, want)
				}
			})
		}
	}
}

// TestNoTime: a run whose time ran out has shown nothing, whatever it saw.
func TestNoTime(t *testing.T) {
	for i := range program.Scenarios {
		s := &program.Scenarios[i]
		for _, st := range stagesOf(s.Networks...) {
			t.Run(s.Name+"/"+st.String(), func(t *testing.T) {
				st.need(t)
				c := st.conditions()
				c.Timeout = time.Nanosecond
				r := conduct(s, c)
				r.check(t)
				if r.outcome != claim.OutcomeUnresolved || !strings.Contains(r.why, "--timeout 1ns") {
					t.Errorf("%s: %s", r.outcome, r.why)
				}
			})
		}
	}
}
