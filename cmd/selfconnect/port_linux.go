package main

import (
	"errors"
	"fmt"
	"syscall"

	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// The target ports in a private namespace, where every port is free.
const (
	directPort  = 8080  // a server's; binding it needs no range
	insidePort  = 40000 // inside the default ip_local_port_range, of the parity connect() prefers
	outsidePort = 8080  // outside it
)

// localRange reads, and journals, the range of the kernel's source ports.
func localRange(r *scenario.Run) (portRange, error) {
	v, err := r.Host("a").Setting(rangeSetting)
	if err != nil {
		return portRange{}, err
	}
	return parseRange(v)
}

// givenPort is the value of --port, 0 if it was not given.
func givenPort(r *scenario.Run) uint16 {
	p, _ := parsePort(r.Option("port")) // the flag refuses what is none
	return p
}

// targetPort is the port to aim at: the one asked for, or preferred in a
// private namespace, or else a free one that is fit.
func targetPort(r *scenario.Run, preferred uint16, candidates portRange, fit func(uint16) bool) (uint16, error) {
	if p := givenPort(r); p != 0 {
		return p, nil
	}
	if r.Network() != journal.HostNet && candidates.contains(preferred) && fit(preferred) {
		return preferred, nil
	}
	return freePort(r, candidates, fit)
}

// unreservedPort is a target inside the range that the kernel may choose.
func unreservedPort(r *scenario.Run, ports portRange) (uint16, error) {
	reserved, err := reservedNow(r)
	if err != nil {
		return 0, err
	}
	return targetPort(r, insidePort, ports, func(p uint16) bool { return !reserved.contains(p) })
}

// reservedNow reads, and journals, the ports that the kernel does not choose.
func reservedNow(r *scenario.Run) (reservedPorts, error) {
	v, err := r.Host("a").Setting(reservedSetting)
	if err != nil {
		return nil, err
	}
	return parseReserved(v)
}

// freePort finds a fit port that nobody uses: one that can be bound. It starts
// in the middle of the candidates, which on a live machine are busiest at no
// end in particular.
func freePort(r *scenario.Run, candidates portRange, fit func(uint16) bool) (uint16, error) {
	middle := candidates.low + uint16(candidates.size()/2)
	for i := range candidates.size() {
		p := candidates.low + uint16((int(middle-candidates.low)+i)%candidates.size())
		if !fit(p) {
			continue
		}
		free, err := isFree(r, p)
		if err != nil {
			return 0, err
		}
		if free {
			return p, nil
		}
	}
	return 0, fmt.Errorf("no port from %d to %d is free and fit", candidates.low, candidates.high)
}

// isFree says whether a port can be bound at the moment.
func isFree(r *scenario.Run, p uint16) (bool, error) {
	a := r.Host("a")
	s, err := a.Socket()
	if err != nil {
		return false, err
	}
	err = s.Bind(a.At(p))
	if e := s.Close(); e != nil {
		return false, e
	}
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.EACCES) {
		return false, nil
	}
	return err == nil, err
}
