package main

import (
	"strconv"

	"sockproof/lib/scenario"
)

// autobind: the kernel chooses the target as the source port, because it may
// choose no other.
func autobind(t *scenario.T) {
	target := unreservedPort(t, localRange(t))
	try(t, target, chooseSource(t, target))
}

// huntDown: connect to a dead local port again and again, as a client does
// whose server is down, until the kernel's choice of source port hits it.
func huntDown(t *scenario.T) {
	asOnTheMachine(t)
	ports := localRange(t)
	reserved := reservedNow(t)
	target := targetPort(t, insidePort, ports, func(p uint16) bool { return ports.preferred(p) && !reserved.contains(p) })
	if why := neverChosen(ports, reserved, target); why != "" {
		t.Announce("the hunt is hopeless: %s", why)
	} else {
		t.Announce("port %d is %s, the parity that connect() chooses first: about one attempt in %d hits",
			target, parity(target), ports.odds())
	}
	hunt{what: "hunt", target: target, attempts: patience * ports.size()}.run(t)
}

// patience is how many times as many attempts as the range has ports a hunt
// makes at most. The kernel's choice is random (each connect() advances by a
// random step), so that none hits a port it prefers, half of them all, has a
// chance of e⁻¹⁶.
const patience = 8

// asOnTheMachine gives a private namespace the caller's own settings, so that
// what is hunted there is true of this machine.
func asOnTheMachine(t *scenario.T) {
	if t.OnHost() {
		return
	}
	for _, name := range []string{rangeSetting, reservedSetting} {
		now := t.Setting("a", name)
		if own, known := t.CallersSetting(name); known && own != now {
			t.Sysctl("a", name, own)
		}
	}
}

// narrow is the range of source ports where a scenario wants every one of them
// tried often.
var narrow = portRange{low: 40000, high: 40063}

// rounds is how many times as many attempts as the narrow range has ports are
// made before "never" is said: by chance alone that would be wrong once in 10²⁸.
const rounds = 32

// outsideRange: a port outside ip_local_port_range is never hit in the
// attempts in which one inside is.
func outsideRange(t *scenario.T) {
	ports := localRange(t)
	reserved := reservedNow(t)
	inside := freePort(t, ports, func(p uint16) bool { return ports.preferred(p) && !reserved.contains(p) })
	outside := targetPort(t, outsidePort, unprivileged, func(p uint16) bool { return !ports.contains(p) })
	f := hunt{what: "inside the range", target: inside, attempts: patience * ports.size()}.runAndReset(t)
	hunt{what: "outside the range", target: outside, attempts: max(f.tries, ports.size())}.run(t)
}

// unprivileged are the ports that anybody may bind.
var unprivileged = portRange{low: 1024, high: 65535}

// reservedPort: ip_local_reserved_ports protects a port inside the range, which
// is hit before it is reserved and never after.
func reservedPort(t *scenario.T) {
	t.Sysctl("a", rangeSetting, narrow.String())
	target := targetPort(t, insidePort, narrow, narrow.preferred)
	hunt{what: "before it is reserved", target: target, attempts: rounds * narrow.size()}.runAndReset(t)
	t.Sysctl("a", reservedSetting, strconv.Itoa(int(target)))
	hunt{what: "once it is reserved", target: target, attempts: rounds * narrow.size()}.run(t)
}
