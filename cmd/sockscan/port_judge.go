package main

import (
	"fmt"
	"strings"

	"sockproof/lib/live"
	"sockproof/lib/portrange"
)

// portSettings judge ports.
type portSettings live.PortSettings

// checkedPort is one server port, and whether the kernel may choose it as the
// source of a connection.
type checkedPort struct {
	Port     uint16 `json:"port"`
	AtRisk   bool   `json:"at_risk"`
	InRange  bool   `json:"in_range"`
	Reserved bool   `json:"reserved"`
	// Preferred: connect() tries ports of its parity first.
	Preferred bool   `json:"preferred"`
	Why       string `json:"why"`
	// Users are the sockets that have it at their own end now.
	Users []portUser `json:"users"`

	asked *portUsers // of which those are; nil: nobody was asked
}

func (p checkedPort) verdict() string {
	if p.AtRisk {
		return "at risk"
	}
	return "safe"
}

// check judges ports by the settings of a place.
func (s portSettings) check(ports []uint16, in live.Place) *portReport {
	r := &portReport{
		Schema: "sockproof/port/v1", Namespace: in.String(),
		Range: s.Range.String(), Reserved: s.Reserved.String(), Ports: []checkedPort{},
	}
	var risky []uint16
	for _, p := range ports {
		c := s.checkOne(p)
		r.Ports = append(r.Ports, c)
		if c.AtRisk {
			risky = append(risky, p)
		}
	}
	if len(risky) > 0 {
		r.Cure = s.cure(risky, in)
	}
	return r
}

func (s portSettings) checkOne(p uint16) checkedPort {
	c := checkedPort{Port: p, InRange: s.Range.Contains(p), Reserved: s.Reserved.Contains(p), Preferred: s.Range.Preferred(p)}
	c.AtRisk = c.InRange && !c.Reserved
	inRange := fmt.Sprintf("inside %s (%s)", portrange.RangeSetting, s.Range)
	switch {
	case !c.InRange && c.Reserved:
		c.Why = fmt.Sprintf("outside %s (%s), and reserved besides", portrange.RangeSetting, s.Range)
	case !c.InRange:
		c.Why = fmt.Sprintf("outside %s (%s): the kernel never chooses it", portrange.RangeSetting, s.Range)
	case c.Reserved:
		c.Why = fmt.Sprintf("%s, but in %s: the kernel never chooses it", inRange, portrange.ReservedSetting)
	case c.Preferred:
		c.Why = fmt.Sprintf("%s, not reserved, and %s: connect() tries the range's %s ports first", inRange, portrange.Parity(p), portrange.Parity(p))
	case s.Range.CutOff(p):
		c.Why = fmt.Sprintf("%s, not reserved; its last port, which the kernel leaves out of an odd number of ports: not seen chosen, but nothing promises it", inRange)
	default:
		// bind() to port 0 begins with this parity, and so leaves the other to
		// connect() (inet_csk_find_open_port in net/ipv4/inet_connection_sock.c).
		c.Why = fmt.Sprintf("%s, not reserved; %s, which connect() tries last and bind() to port 0 first: rarer, not safe", inRange, portrange.Parity(p))
	}
	return c
}

// portCure is how to protect ports.
type portCure struct {
	Ports []uint16 `json:"ports"`
	// Value is ip_local_reserved_ports as it should be.
	Value string `json:"value"`
	Now   string `json:"now"` // a command line
	// Persistent is a command line, too; empty for another namespace: who makes
	// it must set it.
	Persistent string `json:"persistent,omitempty"`
}

// sysctlFile is where the persistent form goes (sysctl.d(5)).
const sysctlFile = "/etc/sysctl.d/90-reserved-ports.conf"

// cure reserves the ports besides what is reserved already.
func (s portSettings) cure(ports []uint16, in live.Place) *portCure {
	value := s.Reserved.With(ports).String()
	c := &portCure{Ports: ports, Value: value, Now: fmt.Sprintf("sysctl -w %s=%s", portrange.ReservedSetting, value)}
	if path := in.Path(); path != "" {
		c.Now = "nsenter --net=" + shellWord(path) + " " + c.Now
		return c
	}
	c.Persistent = fmt.Sprintf("echo '%s = %s' > %s", portrange.ReservedSetting, value, sysctlFile)
	return c
}

func (c *portCure) whom() string {
	if len(c.Ports) == 1 {
		return "it"
	}
	return "them"
}

// shellWord quotes a word for a shell, where it needs to be.
func shellWord(s string) string {
	harmless := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("/._-+:@%", r)
	}
	if strings.IndexFunc(s, func(r rune) bool { return !harmless(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
