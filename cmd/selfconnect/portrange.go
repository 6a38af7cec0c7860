package main

import (
	"fmt"
	"strconv"
	"strings"
)

// The settings that decide which source ports the kernel chooses
// (Documentation/networking/ip-sysctl.rst); IPv6 obeys the same ones.
const (
	rangeSetting    = "net.ipv4.ip_local_port_range"
	reservedSetting = "net.ipv4.ip_local_reserved_ports"
)

// portRange is a range of ports, both ends included.
type portRange struct{ low, high uint16 }

// parseRange reads "32768 60999", as ip_local_port_range shows it.
func parseRange(s string) (portRange, error) {
	f := strings.Fields(s)
	if len(f) != 2 {
		return portRange{}, fmt.Errorf("%s: want two ports, got %q", rangeSetting, s)
	}
	low, errLow := parsePort(f[0])
	high, errHigh := parsePort(f[1])
	if errLow != nil || errHigh != nil || low > high {
		return portRange{}, fmt.Errorf("%s: want two ports, the lower first, got %q", rangeSetting, s)
	}
	return portRange{low, high}, nil
}

func (r portRange) contains(p uint16) bool { return r.low <= p && p <= r.high }

func (r portRange) size() int { return int(r.high) - int(r.low) + 1 }

func (r portRange) String() string { return fmt.Sprintf("%d %d", r.low, r.high) }

// preferred says whether connect() tries ports of p's parity first: those of
// the range's low end (__inet_hash_connect in net/ipv4/inet_hashtables.c). The
// others are left to bind() with port 0, and taken by connect() only when no
// preferred port is free for the destination.
func (r portRange) preferred(p uint16) bool { return p%2 == r.low%2 && !r.cutOff(p) }

// cutOff says whether p is the last of an odd number of ports: the kernel
// rounds the number down, and has been seen never to choose it (Linux 6.18).
func (r portRange) cutOff(p uint16) bool { return p == r.high && r.size() > 1 && r.size()%2 == 1 }

// odds is in how many attempts one preferred port is hit, on average.
func (r portRange) odds() int { return max(r.size()/2, 1) }

// parity names the parity of a port.
func parity(p uint16) string {
	if p%2 == 0 {
		return "even"
	}
	return "odd"
}

// parsePort reads a port from 1 to 65535.
func parsePort(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q: want a port from 1 to 65535", s)
	}
	return uint16(n), nil
}

// reservedPorts are the ports of ip_local_reserved_ports: "8080,9000-9005".
type reservedPorts []portRange

func parseReserved(s string) (reservedPorts, error) {
	var all reservedPorts
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		low, errLow := strconv.ParseUint(first, 10, 16) // the kernel takes port 0 too
		high, errHigh := strconv.ParseUint(last, 10, 16)
		if errLow != nil || errHigh != nil || low > high {
			return nil, fmt.Errorf("%s: want ports and ranges like 8080,9000-9005, got %q", reservedSetting, s)
		}
		all = append(all, portRange{uint16(low), uint16(high)})
	}
	return all, nil
}

func (r reservedPorts) contains(p uint16) bool {
	for _, part := range r {
		if part.contains(p) {
			return true
		}
	}
	return false
}

// String is the setting's own form.
func (r reservedPorts) String() string {
	var parts []string
	for _, p := range r {
		if p.low == p.high {
			parts = append(parts, strconv.Itoa(int(p.low)))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", p.low, p.high))
		}
	}
	return strings.Join(parts, ",")
}
