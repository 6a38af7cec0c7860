package counters

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sockproof/lib/journal"
)

// Set has the counters of the groups Tcp (snmp) and TcpExt (netstat) by name:
// "OutRsts", "TCPAbortOnData"; and those of Ip (snmp) and of IPv6 (snmp6) that
// tell where a packet went missing, with the group before the name, as nstat(8)
// prints them: "IpInDelivers", "Ip6InDelivers". Other groups are left out, since
// names recur among them: InCsumErrors is Tcp's, IpExt's is another. Should one of
// TcpExt's names be one of Tcp's too, it is "TcpExt.NAME" here.
type Set map[string]int64

// The groups read, by the words their lines begin with.
const (
	groupTCP    = "Tcp"
	groupTCPExt = "TcpExt"
	groupIP     = "Ip"
)

// passages are Ip's counters before and after the filters of the input and of the
// output (net/ipv4/ip_input.c, ip_output.c).
var passages = []string{"InReceives", "InDelivers", "OutRequests", "OutTransmits"}

// add reads one group of a file in the format of /proc/net/snmp: for each group
// one line of names and one of values, both after the group's name and a colon.
// Other groups are passed over, whatever they look like.
//
// It is an error if the group is absent or has not one number for each name.
func (s Set) add(file []byte, group string) error {
	var names []byte
	found := false
	for line := range bytes.Lines(file) {
		rest, ok := bytes.CutPrefix(line, []byte(group+":"))
		switch {
		case !ok:
			continue
		case found:
			return fmt.Errorf("counters: group %s comes twice", group)
		case names == nil:
			names = rest
			continue
		}
		if err := s.addGroup(group, names, rest); err != nil {
			return err
		}
		found, names = true, nil
	}
	if !found {
		return fmt.Errorf("counters: group %s is absent or has no values", group)
	}
	return nil
}

// addGroup reads the line of values that belongs to a line of names.
func (s Set) addGroup(group string, names, values []byte) error {
	for {
		name, moreNames := nextField(names)
		value, moreValues := nextField(values)
		switch {
		case name == nil && value == nil:
			return nil
		case name == nil:
			return fmt.Errorf("counters: group %s has more values than names", group)
		case value == nil:
			return fmt.Errorf("counters: group %s has no value for %s", group, name)
		}
		n, err := parseValue(string(value))
		if err != nil {
			return fmt.Errorf("counters: group %s: %s: %w", group, name, err)
		}
		key := string(name)
		if group == groupIP {
			if !slices.Contains(passages, key) {
				names, values = moreNames, moreValues
				continue
			}
			key = groupIP + key
		}
		if _, taken := s[key]; taken {
			key = group + "." + key
		}
		s[key] = n
		names, values = moreNames, moreValues
	}
}

// addIPv6 reads what passages name of a file in the format of /proc/net/snmp6: a name
// and a value on each line.
func (s Set) addIPv6(file []byte) error {
	for line := range bytes.Lines(file) {
		name, rest := nextField(line)
		passage, ok := bytes.CutPrefix(name, []byte("Ip6"))
		if !ok || !slices.Contains(passages, string(passage)) {
			continue
		}
		value, _ := nextField(rest)
		n, err := parseValue(string(value))
		if err != nil {
			return fmt.Errorf("counters: %s: %w", name, err)
		}
		s[string(name)] = n
	}
	return nil
}

// nextField takes the first word off a line; nil where none is left.
func nextField(line []byte) (field, rest []byte) {
	line = bytes.TrimLeft(line, " \t\n")
	if len(line) == 0 {
		return nil, nil
	}
	end := bytes.IndexAny(line, " \t\n")
	if end < 0 {
		end = len(line)
	}
	return line[:end], line[end:]
}

// parseValue reads a counter, which the kernel prints unsigned, MaxConn's -1
// aside. Beyond the range of int64 it wraps to negative: differences still hold.
func parseValue(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		var u uint64
		u, err = strconv.ParseUint(s, 10, 64)
		n = int64(u)
	}
	return n, err
}

// Delta is how far each counter moved from before to after, two Sets of one
// namespace, sorted by name; what did not move is left out, unless it is one of
// always, and so is what only one of them has.
//
// Of Tcp's gauges CurrEstab, the connections in ESTABLISHED or CLOSE_WAIT, may
// have gone down: its delta is negative then. RtoAlgorithm, RtoMin, RtoMax and
// MaxConn are the stack's constants and never listed. Any other counter only
// rises: if it is lower afterwards, it passed 2^32 on a 32-bit kernel.
func Delta(before, after Set, always ...string) []journal.Counter {
	var moved []journal.Counter
	for name, now := range after {
		was, ok := before[name]
		if !ok || now == was && !slices.Contains(always, name) {
			continue
		}
		switch name {
		case "RtoAlgorithm", "RtoMin", "RtoMax", "MaxConn":
			continue
		}
		delta := now - was
		if delta < 0 && name != "CurrEstab" && was <= math.MaxUint32 {
			delta += 1 << 32
		}
		moved = append(moved, journal.Counter{Name: name, Delta: delta})
	}
	slices.SortStableFunc(moved, func(a, b journal.Counter) int { return strings.Compare(a.Name, b.Name) })
	return moved
}
