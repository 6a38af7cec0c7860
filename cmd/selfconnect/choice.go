package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// series is the attempts made to connect to one address, folded ones included.
type series struct {
	target string
	tries  int
	hits   []int // events that prove that one connected to itself
	others int   // attempts that connected, but not to themselves, or cannot be told apart
	events []int // the connects kept, and the folds
}

// attempts lists the series of a journal in order: a new one begins when the
// target changes, or with a change of settings between.
func attempts(j *journal.Journal) []series {
	var all []series
	fresh := true
	for i := range j.Events {
		e := &j.Events[i]
		switch {
		case e.Setting != nil:
			fresh = true
		case e.Call != nil && e.Call.Op == "connect":
			target := targetOf(e)
			if fresh || all[len(all)-1].target != target {
				all = append(all, series{target: target})
				fresh = false
			}
			all[len(all)-1].add(j, e)
		case e.Fold != nil && !fresh:
			all[len(all)-1].fold(e)
		}
	}
	return all
}

// targetOf is the address that a call aims at: its last argument.
func targetOf(e *journal.Event) string {
	if len(e.Call.Args) == 0 {
		return ""
	}
	return e.Call.Args[len(e.Call.Args)-1]
}

// add counts an attempt that was kept whole.
func (s *series) add(j *journal.Journal, connect *journal.Event) {
	s.tries++
	s.events = append(s.events, connect.N)
	if events := connectedToItself(j, connect.Socket); events != nil {
		s.hits = append(s.hits, events...)
	} else if len(claim.Entered(j, connect.Socket, journal.Established)) > 0 {
		s.others++
	}
}

// fold counts attempts that were folded. None of those that the scenarios fold
// hit; one that was ESTABLISHED all the same counts against them.
func (s *series) fold(e *journal.Event) {
	s.tries += e.Fold.Times
	s.events = append(s.events, e.N)
	for _, c := range e.Fold.Counts {
		if strings.HasPrefix(c.What, "state "+journal.Established+" by "+string(journal.TCPInfo)) {
			s.others += c.Count
		}
	}
}

// port is the port aimed at.
func (s *series) port() uint16 {
	p, err := strconv.ParseUint(portOf(s.target), 10, 16)
	if err != nil {
		return 0
	}
	return uint16(p)
}

// settingBefore is the value of a setting as it stood at an event: as read, or
// as changed, last before it.
func settingBefore(j *journal.Journal, name string, n int) (value string, event int) {
	e := claim.Setting(j, "", name, n)
	if e == nil {
		return "", 0
	}
	return e.Setting.New, e.N
}

// rangeBefore is ip_local_port_range as it stood at an event.
func rangeBefore(j *journal.Journal, n int) (r portRange, event int, ok bool) {
	value, event := settingBefore(j, rangeSetting, n)
	r, err := parseRange(value)
	return r, event, err == nil
}

var sc7 = claim.Claim{
	ID: "SC7", Statement: "the kernel's own choice of source port can cause it, when the target port is in ip_local_port_range",
	Source: article004, Quantity: claim.Can,
	Precondition: "the socket is not bound, and the target port is in ip_local_port_range",
	Needs:        []journal.Witness{journal.Calls, journal.TCPInfo},
	Check: func(j *journal.Journal) claim.Finding {
		socket, events := selfConnected(j)
		if events == nil {
			return notTested(j)
		}
		if b := claim.Calls(j, socket, "bind"); len(b) > 0 {
			return claim.Unclear("%s was bound (#%d): the kernel had no choice", socket, b[0].N)
		}
		connect := claim.Calls(j, socket, "connect")
		if len(connect) == 0 {
			return claim.Unclear("the journal does not show %s connecting", socket)
		}
		r, read, ok := rangeBefore(j, connect[0].N)
		s := series{target: targetOf(connect[0])}
		if !ok || !r.contains(s.port()) {
			return claim.Unclear("the journal does not show port %d inside %s", s.port(), rangeSetting)
		}
		tries := 0
		for _, a := range attempts(j) {
			if a.target == s.target {
				tries = a.tries
				break
			}
		}
		return claim.Confirm(append([]int{read}, events...), "%s, never bound, got port %d of %s as its source, its own target, in attempt %d%s", socket, s.port(), r, tries, narrowed(j, socket))
	},
}

// narrowed says that the kernel's choice was narrowed beforehand, by a socket
// option or by the setting.
func narrowed(j *journal.Journal, socket string) string {
	for _, e := range claim.Calls(j, socket, "setsockopt") {
		if slices.Contains(e.Call.Args, "IP_LOCAL_PORT_RANGE") && e.Call.Errno == "" {
			return fmt.Sprintf(", IP_LOCAL_PORT_RANGE (#%d) having left it no other", e.N)
		}
	}
	return ""
}

// neverChosen says why connect() does not choose a port, or not while others are
// free; "": nothing speaks against it.
func neverChosen(ports portRange, reserved reservedPorts, port uint16) string {
	switch {
	case reserved.contains(port):
		return fmt.Sprintf("port %d is reserved (%s), and connect() never chooses it", port, reservedSetting)
	case !ports.contains(port):
		return fmt.Sprintf("port %d is outside %s (%s), and connect() never chooses it", port, rangeSetting, ports)
	case ports.cutOff(port):
		return fmt.Sprintf("port %d is the last of an odd number (%s), and connect() leaves it out", port, ports)
	case !ports.preferred(port):
		return fmt.Sprintf("port %d is %s, and connect() chooses %s ports, as the low end of %s (%s) is, while one of those is free",
			port, parity(port), parity(ports.low), rangeSetting, ports)
	}
	return ""
}

// neverChosenAt is neverChosen by the settings as they stood at an event.
func neverChosenAt(j *journal.Journal, port uint16, n int) string {
	ports, _, ok := rangeBefore(j, n)
	value, _ := settingBefore(j, reservedSetting, n)
	reserved, err := parseReserved(value)
	if !ok || err != nil {
		return ""
	}
	return neverChosen(ports, reserved, port)
}

// hunted is the phenomenon of a hunt: that the accident happens.
var hunted = claim.Phenomenon{
	Needs:  []journal.Witness{journal.Calls, journal.TCPInfo},
	Rounds: true,
	Check: func(j *journal.Journal) claim.Finding {
		all := attempts(j)
		if len(all) == 0 {
			return claim.Unclear("connect() was never called")
		}
		s := all[0]
		if len(s.hits) > 0 {
			return claim.Confirm(s.hits, "attempt %d connected to itself, %s", s.tries, s.target)
		}
		if s.others > 0 {
			return claim.Refute(s.events, "something else answered at %s: it is no dead port", s.target)
		}
		missed := fmt.Sprintf("none of %d attempts hit %s", s.tries, s.target)
		if len(s.events) > 0 {
			if why := neverChosenAt(j, s.port(), s.events[0]); why != "" {
				missed += ": " + why
			}
		}
		return claim.Refute(s.events, "%s", missed)
	},
}

// protected compares two series: in the first a port is hit, in the second,
// with at least as many attempts, one is not. What is the cause of the
// difference is the caller's to say.
func protected(j *journal.Journal, what string) claim.Finding {
	all := attempts(j)
	if len(all) < 2 {
		return claim.Unclear("the two series of attempts were not both made")
	}
	open, shut := all[0], all[1]
	cited := slices.Concat(open.hits, shut.events)
	switch {
	case len(open.hits) == 0:
		return claim.Unclear("%s was not hit in %d attempts, so nothing is to be compared", open.target, open.tries)
	case len(shut.hits) > 0:
		return claim.Refute(append(cited, shut.hits...), "%s was hit all the same, in attempt %d", shut.target, shut.tries)
	case shut.others > 0:
		return claim.Unclear("something else answered at %s: it is no dead port", shut.target)
	case shut.tries < open.tries:
		return claim.Unclear("%d attempts on %s are too few, %s took %d", shut.tries, shut.target, open.target, open.tries)
	}
	return claim.Confirm(cited, "%s was hit in attempt %d, %s (%s) in none of %d", open.target, open.tries, shut.target, what, shut.tries)
}

// outsideIsSafe judges the scenario outside-range, and SC8 with it. That the
// ports are where they should be is asked before a hit refutes anything.
func outsideIsSafe(j *journal.Journal) claim.Finding {
	f := protected(j, "outside the range")
	if f.Verdict == claim.Inconclusive {
		return f
	}
	all := attempts(j)
	r, read, ok := rangeBefore(j, all[1].events[0])
	inside, outside := all[0], all[1]
	switch {
	case !ok:
		return claim.Unclear("the journal does not show %s", rangeSetting)
	case !r.contains(inside.port()):
		return claim.Unclear("port %d, which should be inside %s (%s), is outside", inside.port(), rangeSetting, r)
	case r.contains(outside.port()):
		return claim.Unclear("port %d, which should be outside %s (%s), is inside", outside.port(), rangeSetting, r)
	case f.Verdict == claim.Confirmed && outside.tries < r.size():
		return claim.Unclear("%d attempts are too few for a range of %d ports", outside.tries, r.size())
	}
	f.Events = append([]int{read}, f.Events...)
	return f
}

var sc8 = claim.Claim{
	ID: "SC8", Statement: "a server port outside ip_local_port_range cannot be hit",
	Source: article004, Quantity: claim.Always,
	Precondition: "the source port is the kernel's choice, not bound; one inside the range is hit in as many attempts",
	Needs:        []journal.Witness{journal.Calls, journal.TCPInfo},
	Check:        outsideIsSafe,
}

// reservedIsSafe judges the scenario reserved-port, and SC11 with it.
func reservedIsSafe(j *journal.Journal) claim.Finding {
	f := protected(j, "reserved")
	if f.Verdict == claim.Inconclusive {
		return f
	}
	all := attempts(j)
	before, _ := settingBefore(j, reservedSetting, all[0].events[0])
	after, changed := settingBefore(j, reservedSetting, all[1].events[0])
	was, errBefore := parseReserved(before)
	is, errAfter := parseReserved(after)
	if errBefore != nil || errAfter != nil || was.contains(all[0].port()) || !is.contains(all[1].port()) || all[0].target != all[1].target {
		return claim.Unclear("the journal does not show port %d becoming reserved between the two series", all[1].port())
	}
	r, _, ok := rangeBefore(j, all[1].events[0])
	if !ok || !r.contains(all[1].port()) {
		return claim.Unclear("the journal does not show port %d inside %s once it was reserved", all[1].port(), rangeSetting)
	}
	f.Events = append([]int{changed}, f.Events...)
	return f
}

var sc11 = claim.Claim{
	ID: "SC11", Statement: "a port in ip_local_reserved_ports is not chosen",
	Source: "Linux, Documentation/networking/ip-sysctl.rst, ip_local_reserved_ports", Quantity: claim.Always,
	Precondition: "the port is inside ip_local_port_range, and is hit while it is not reserved",
	Needs:        []journal.Witness{journal.Calls, journal.TCPInfo},
	Check:        reservedIsSafe,
}
