package journal

import (
	"fmt"
	"slices"
)

// Witness names an independent observer.
type Witness string

// The witnesses.
const (
	Calls      Witness = "calls"       // what the program's own system calls returned
	Packets    Witness = "packets"     // what passed the wire, or lo
	TCPInfo    Witness = "tcp_info"    // getsockopt(TCP_INFO) of the held descriptors
	SockDiag   Witness = "sock_diag"   // the kernel's table of sockets, asked over netlink
	DiagEvents Witness = "diag_events" // what sock_diag multicasts of sockets that the kernel destroys
	Counters   Witness = "counters"    // /proc/net/netstat and snmp, before and after
	Trace      Witness = "trace"       // kernel tracepoints
)

// Network says where a run took place.
type Network string

// The networks, strongest first.
const (
	Wire     Network = "wire"     // a namespace per host, the program carries each packet
	Loopback Network = "loopback" // lo in a private namespace
	HostNet  Network = "host"     // the caller's own stack
)

// Networks lists all networks, strongest first.
func Networks() []Network { return []Network{Wire, Loopback, HostNet} }

// Family is the IP version of a run.
type Family string

// The families.
const (
	IPv4 Family = "ipv4"
	IPv6 Family = "ipv6"
)

// Status of a witness.
const (
	Attached    = "attached"
	Unavailable = "unavailable"
)

// WitnessStatus says whether a witness could see, and how much it missed.
type WitnessStatus struct {
	Name   Witness `json:"name"`
	Status string  `json:"status"`           // Attached or Unavailable
	Reason string  `json:"reason,omitempty"` // why it was unavailable, what it cannot see here, or why it lost events
	Lost   int     `json:"lost"`             // events it lost
}

// Socket is one socket of a run.
type Socket struct {
	ID     string  `json:"id"` // "a1"
	Host   string  `json:"host"`
	Local  Address `json:"local,omitempty"` // as bound, or as the kernel chose it
	Remote Address `json:"remote,omitempty"`
}

// Journal is one run: what it was, who watched, and what they saw.
type Journal struct {
	Run       int             `json:"run"` // from 1
	Scenario  string          `json:"scenario"`
	Network   Network         `json:"network"` // the one wanted, where none could be had
	Family    Family          `json:"family"`
	Witnesses []WitnessStatus `json:"witnesses"`
	Sockets   []Socket        `json:"sockets"`
	ElapsedNS int64           `json:"elapsed_ns"`
	// BeganNS is when the run began: nanoseconds since the program did, as its
	// report says. 0: not told.
	BeganNS int64 `json:"began_ns,omitempty"`

	// Played is the number of the last event of the steps: what follows is the
	// engine's own teardown, and no evidence. 0: not told.
	Played int `json:"played,omitempty"`
	// Stopped says why the run ended before its last planned step: "timeout
	// after 10s", "interrupted", "socket: EMFILE". Empty: every step was taken.
	Stopped string `json:"stopped,omitempty"`
	// NetworkWhy says how the network was chosen, where the caller left it open.
	NetworkWhy string `json:"network_why,omitempty"`
	// Over says what the wire goes over, and why, where it is not a TUN.
	Over string `json:"over,omitempty"`

	Events []Event `json:"-"`
}

// Witness returns the status of w; a witness nobody mentions is unavailable.
func (j *Journal) Witness(w Witness) WitnessStatus {
	for _, s := range j.Witnesses {
		if s.Name == w {
			return s
		}
	}
	return WitnessStatus{Name: w, Status: Unavailable, Reason: "not part of this run"}
}

// Attached says whether a witness was there.
func (j *Journal) Attached(w Witness) bool { return j.Witness(w).Status == Attached }

// Event returns the event numbered n.
func (j *Journal) Event(n int) (Event, bool) {
	i, ok := slices.BinarySearchFunc(j.Events, n, func(e Event, n int) int { return e.N - n })
	if !ok {
		return Event{}, false
	}
	return j.Events[i], true
}

// Check reports what makes a journal unfit to be judged: numbers that do not
// rise, an event without the payload its kind names or with another, a state
// without witness.
func (j *Journal) Check() error {
	last := 0
	for i := range j.Events {
		e := &j.Events[i]
		if e.N <= last {
			return fmt.Errorf("event %d follows event %d: numbers must rise", e.N, last)
		}
		last = e.N
		if e.Run != j.Run {
			return fmt.Errorf("event %d belongs to run %d, not %d", e.N, e.Run, j.Run)
		}
		if !e.hasPayload() {
			return fmt.Errorf("event %d of kind %q lacks its payload", e.N, e.Kind)
		}
		if e.hasSeveral() {
			return fmt.Errorf("event %d of kind %q has another kind's payload too", e.N, e.Kind)
		}
	}
	return nil
}
