// Package portrange reads the settings that decide which source ports the kernel chooses.
package portrange

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The settings that decide which source ports the kernel chooses
// (Documentation/networking/ip-sysctl.rst); IPv6 obeys the same ones.
const (
	RangeSetting    = "net.ipv4.ip_local_port_range"
	ReservedSetting = "net.ipv4.ip_local_reserved_ports"
)

// Range is a range of ports, both ends included.
type Range struct{ Low, High uint16 }

// Parse reads "32768 60999", as ip_local_port_range shows it.
func Parse(s string) (Range, error) {
	f := strings.Fields(s)
	if len(f) != 2 {
		return Range{}, fmt.Errorf("%s: want two ports, got %q", RangeSetting, s)
	}
	low, errLow := ParsePort(f[0])
	high, errHigh := ParsePort(f[1])
	if errLow != nil || errHigh != nil || low > high {
		return Range{}, fmt.Errorf("%s: want two ports, the lower first, got %q", RangeSetting, s)
	}
	return Range{low, high}, nil
}

// Contains says whether p is one of them.
func (r Range) Contains(p uint16) bool { return r.Low <= p && p <= r.High }

// Size is how many ports there are.
func (r Range) Size() int { return int(r.High) - int(r.Low) + 1 }

// String is the setting's own form.
func (r Range) String() string { return fmt.Sprintf("%d %d", r.Low, r.High) }

// Preferred says whether connect() tries ports of p's parity first: those of
// the range's low end (__inet_hash_connect in net/ipv4/inet_hashtables.c). The
// others are left to bind() with port 0, and taken by connect() only when no
// preferred port is free for the destination.
func (r Range) Preferred(p uint16) bool { return p%2 == r.Low%2 && !r.CutOff(p) }

// CutOff says whether p is the last of an odd number of ports: the kernel
// rounds the number down, and has been seen never to choose it (Linux 6.18).
func (r Range) CutOff(p uint16) bool { return p == r.High && r.Size() > 1 && r.Size()%2 == 1 }

// Odds is in how many attempts one preferred port is hit, on average.
func (r Range) Odds() int { return max(r.Size()/2, 1) }

// Parity names the parity of a port.
func Parity(p uint16) string {
	if p%2 == 0 {
		return "even"
	}
	return "odd"
}

// ParsePort reads a port from 1 to 65535.
func ParsePort(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q: want a port from 1 to 65535", s)
	}
	return uint16(n), nil
}

// Reserved are the ports of ip_local_reserved_ports: "8080,9000-9005".
type Reserved []Range

// ParseReserved reads the setting.
func ParseReserved(s string) (Reserved, error) {
	var all Reserved
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		low, errLow := strconv.ParseUint(first, 10, 16) // the kernel takes port 0 too
		high, errHigh := strconv.ParseUint(last, 10, 16)
		if errLow != nil || errHigh != nil || low > high {
			return nil, fmt.Errorf("%s: want ports and ranges like 8080,9000-9005, got %q", ReservedSetting, s)
		}
		all = append(all, Range{uint16(low), uint16(high)})
	}
	return all, nil
}

// Contains says whether p is one of them.
func (r Reserved) Contains(p uint16) bool {
	for _, part := range r {
		if part.Contains(p) {
			return true
		}
	}
	return false
}

// String is the setting's own form.
func (r Reserved) String() string {
	var parts []string
	for _, p := range r {
		if p.Low == p.High {
			parts = append(parts, strconv.Itoa(int(p.Low)))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", p.Low, p.High))
		}
	}
	return strings.Join(parts, ",")
}

// With adds ports, sorted and merged as the kernel itself shows the setting.
func (r Reserved) With(ports []uint16) Reserved {
	all := slices.Clone(r)
	for _, p := range ports {
		all = append(all, Range{p, p})
	}
	slices.SortStableFunc(all, func(a, b Range) int { return cmp.Or(cmp.Compare(a.Low, b.Low), cmp.Compare(a.High, b.High)) })
	var merged Reserved
	for _, next := range all {
		if n := len(merged); n > 0 && int(next.Low) <= int(merged[n-1].High)+1 {
			merged[n-1].High = max(merged[n-1].High, next.High)
			continue
		}
		merged = append(merged, next)
	}
	return merged
}
