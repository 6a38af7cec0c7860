package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/portrange"
	"sockproof/lib/scenario"
)

// The target ports in a private namespace, where every port is free.
const (
	directPort  = 8080  // a server's; binding it needs no range
	insidePort  = 40000 // inside the default ip_local_port_range, of the parity connect() prefers
	outsidePort = 8080  // outside it
)

// localRange reads, and journals, the range of the kernel's source ports.
func localRange(t *scenario.T) portrange.Range {
	ports, err := portrange.Parse(t.Setting("a", portrange.RangeSetting))
	t.Must(err)
	return ports
}

// reservedNow reads, and journals, the ports that the kernel does not choose.
func reservedNow(t *scenario.T) portrange.Reserved {
	reserved, err := portrange.ParseReserved(t.Setting("a", portrange.ReservedSetting))
	t.Must(err)
	return reserved
}

// givenPort is the value of --port, 0 if it was not given.
func givenPort(t *scenario.T) uint16 {
	p, _ := portrange.ParsePort(t.Option("port")) // the flag refuses what is none
	return p
}

// targetPort is the port to aim at: the one asked for, or preferred in a
// private namespace, or else a free one that is fit.
func targetPort(t *scenario.T, preferred uint16, candidates portrange.Range, fit func(uint16) bool) uint16 {
	if p := givenPort(t); p != 0 {
		return p
	}
	if !t.OnHost() && candidates.Contains(preferred) && fit(preferred) {
		return preferred
	}
	return freePort(t, candidates, fit)
}

// unreservedPort is a target inside the range that the kernel may choose.
func unreservedPort(t *scenario.T, ports portrange.Range) uint16 {
	reserved := reservedNow(t)
	return targetPort(t, insidePort, ports, func(p uint16) bool { return !reserved.Contains(p) })
}

// freePort finds a fit port that no other socket uses: one that can be bound. It starts
// in the middle of the candidates, which on a live machine are busiest at no
// end in particular.
func freePort(t *scenario.T, candidates portrange.Range, fit func(uint16) bool) uint16 {
	middle := candidates.Low + uint16(candidates.Size()/2)
	for i := range candidates.Size() {
		p := candidates.Low + uint16((int(middle-candidates.Low)+i)%candidates.Size())
		if fit(p) && isFree(t, p) {
			return p
		}
	}
	t.Stop("no port from %d to %d is free and fit", candidates.Low, candidates.High)
	return 0
}

// isFree says whether a port can be bound at the moment.
func isFree(t *scenario.T, p uint16) bool {
	a := t.Host("a")
	s := a.Socket()
	errno := s.Bind(a.At(p))
	s.Close()
	if errno != "" && errno != journal.EADDRINUSE && errno != journal.EACCES {
		t.Stop("bind(%s): %s", a.At(p), errno)
	}
	return errno == ""
}
