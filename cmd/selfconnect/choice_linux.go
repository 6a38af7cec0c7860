package main

import (
	"strconv"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// autobind: the kernel chooses the target as the source port, because it may
// choose no other.
func autobind(r *scenario.Run) error {
	ports, err := localRange(r)
	if err != nil {
		return err
	}
	target, err := unreservedPort(r, ports)
	if err != nil {
		return err
	}
	_, err = try(r, target, func(s *sock.Socket) error { return chooseSource(r, s, target) })
	return err
}

// huntDown: connect to a dead local port again and again, as a client does
// whose server is down, until the kernel's choice of source port hits it.
func huntDown(r *scenario.Run) error {
	if err := asOnTheMachine(r); err != nil {
		return err
	}
	ports, err := localRange(r)
	if err != nil {
		return err
	}
	reserved, err := reservedNow(r)
	if err != nil {
		return err
	}
	target, err := targetPort(r, insidePort, ports, func(p uint16) bool { return ports.preferred(p) && !reserved.contains(p) })
	if err != nil {
		return err
	}
	explainChances(r, ports, reserved, target)
	_, err = hunt{what: "hunt", target: target, attempts: patience * ports.size()}.run(r)
	return err
}

// patience is how many times as many attempts as the range has ports a hunt
// makes at most. The kernel's choice is random (each connect() advances by a
// random step), so that none hits a port it prefers, half of them all, has a
// chance of e⁻¹⁶.
const patience = 8

// asOnTheMachine gives a private namespace the caller's own settings, so that
// what is hunted there tells of this machine.
func asOnTheMachine(r *scenario.Run) error {
	if r.Network() == journal.HostNet {
		return nil
	}
	for _, name := range []string{rangeSetting, reservedSetting} {
		now, err := r.Host("a").Setting(name)
		if err != nil {
			return err
		}
		if own, ok := r.CallersSetting(name); ok && own != now {
			if err := r.Host("a").Set(name, own); err != nil {
				return err
			}
		}
	}
	return nil
}

// explainChances says beforehand what to expect of a hunt.
func explainChances(r *scenario.Run, ports portRange, reserved reservedPorts, target uint16) {
	if why := neverChosen(ports, reserved, target); why != "" {
		r.Announce("the hunt is hopeless: %s", why)
		return
	}
	r.Announce("port %d is %s, the parity that connect() chooses first: about one attempt in %d hits",
		target, parity(target), ports.odds())
}

// narrow is the range of source ports where a scenario wants every one of them
// tried often.
var narrow = portRange{low: 40000, high: 40063}

// rounds is how many times as many attempts as the narrow range has ports are
// made before "never" is said: by chance alone that would be wrong once in 10²⁸.
const rounds = 32

// outsideRange: a port outside ip_local_port_range is never hit in the
// attempts in which one inside is.
func outsideRange(r *scenario.Run) error {
	ports, err := localRange(r)
	if err != nil {
		return err
	}
	reserved, err := reservedNow(r)
	if err != nil {
		return err
	}
	inside, err := freePort(r, ports, func(p uint16) bool { return ports.preferred(p) && !reserved.contains(p) })
	if err != nil {
		return err
	}
	outside, err := targetPort(r, outsidePort, unprivileged, func(p uint16) bool { return !ports.contains(p) })
	if err != nil {
		return err
	}
	f, err := hunt{what: "inside the range", target: inside, attempts: patience * ports.size()}.runAndReset(r)
	if err != nil {
		return err
	}
	_, err = hunt{what: "outside the range", target: outside, attempts: max(f.tries, ports.size())}.run(r)
	return err
}

// unprivileged are the ports that anybody may bind.
var unprivileged = portRange{low: 1024, high: 65535}

// reservedPort: ip_local_reserved_ports protects a port inside the range, which
// is hit before it is reserved and never after.
func reservedPort(r *scenario.Run) error {
	a := r.Host("a")
	if err := a.Set(rangeSetting, narrow.String()); err != nil {
		return err
	}
	target, err := targetPort(r, insidePort, narrow, narrow.preferred)
	if err != nil {
		return err
	}
	_, err = hunt{what: "before it is reserved", target: target, attempts: rounds * narrow.size()}.runAndReset(r)
	if err != nil {
		return err
	}
	if err := a.Set(reservedSetting, strconv.Itoa(int(target))); err != nil {
		return err
	}
	_, err = hunt{what: "once it is reserved", target: target, attempts: rounds * narrow.size()}.run(r)
	return err
}
