package main

import (
	"fmt"
	"io"
	"time"

	"sockproof/lib/cli"
	"sockproof/lib/live"
)

// countersCommand tells what the kernel has counted of RSTs, and what that means.
func countersCommand() cli.Command {
	return cli.Command{
		Name: "counters", Usage: "show the kernel's counters of resets: since boot, and over a while",
		Flags:   append(live.PlaceFlags(), cli.Duration("for", "count for a `DURATION` like 10s too", "", 0), cli.FormatFlag()),
		Accepts: []string{"color"},
		Exit:    "0 read, 2 bad usage, 3 they could not be read, or output lost",
		Examples: []cli.Example{
			{Line: "lingerreset counters --for 10s", Does: "how far each counter of resets moves in ten seconds"},
		},
		Do: doCounters,
	}
}

// meaning is what a counter counts, what usually moves it, and which scenario
// shows that.
type meaning struct {
	Name     string `json:"name"`
	Counts   string `json:"counts"`
	Cause    string `json:"usual_cause"`
	Scenario string `json:"scenario,omitempty"`
}

// meanings are the counters that tell of resets, what was sent first
// (Documentation/networking/snmp_counter.rst, RFC 4022).
var meanings = []meaning{
	{"OutRsts", "segments with RST that the kernel tried to send", "all of what follows, data for a closed socket, and calls to ports that nobody listens on", "causes"},
	{"TCPAbortOnData", "connections reset because close() had SO_LINGER {1, 0}, or because data came after SHUT_RDWR or close() while the kernel still had the whole socket", "a program that ends a connection before its peer has finished", "linger0"},
	{"TCPAbortOnClose", "connections reset by close() with data unread", "a server that answers before it has read the whole request", "causes"},
	{"TCPAbortOnTimeout", "connections given up by a timer: retransmission, keepalive, TCP_USER_TIMEOUT; a RST is not always sent", "a peer or a path that has gone", "causes"},
	{"TCPAbortOnLinger", "orphans reset instead of waiting in FIN_WAIT2, for TCP_LINGER2 was negative", "a program that sets TCP_LINGER2", ""},
	{"TCPAbortOnMemory", "orphans reset because there were too many, or memory ran out", "tcp_max_orphans or tcp_mem too low; many peers that vanished", ""},
	{"TCPAbortFailed", "RSTs of these that could not be sent", "no memory, or a filter that refused them", ""},
	{"ListenOverflows", "SYNs and last ACKs of handshakes that found the accept queue full; with tcp_abort_on_overflow=1 such an ACK is answered with RST", "a program that does not accept fast enough, or a short backlog", "causes"},
	{"ListenDrops", "SYNs and last ACKs that a listener dropped, for that or another reason", "as above", "causes"},
	{"EstabResets", "connections that went from ESTABLISHED or CLOSE_WAIT straight to CLOSE: resets sent and received, and timeouts", "either end", "read-after-reset"},
	{"AttemptFails", "connection attempts that failed: refused, reset, or given up", "a port that nobody listens on", "causes"},
	{"EmbryonicRsts", "handshakes that a RST ended in SYN_RECV: one received, or one sent because the accept queue was full", "port scans, load balancers that probe; tcp_abort_on_overflow=1", "causes"},
	{"TCPChallengeACK", "ACKs sent in answer to a RST, SYN or ACK that did not fit exactly (RFC 5961)", "a peer that has restarted, or an attacker", "inexact"},
	{"TCPSYNChallenge", "SYNs within a connection that were to be answered so", "a peer that has restarted", ""},
	{"TCPKeepAlive", "keepalive probes sent", "connections that say nothing", "causes"},
}

// counted is one counter with its values.
type counted struct {
	meaning
	Known     bool   `json:"known"` // this kernel has it
	SinceBoot int64  `json:"since_boot"`
	Delta     *int64 `json:"delta,omitempty"` // over the time given
}

// countersReport is what the command found.
type countersReport struct {
	Schema    string    `json:"schema"`
	Namespace string    `json:"namespace,omitempty"` // looked into, if not the caller's own
	ForNS     int64     `json:"for_ns,omitempty"`    // how long was counted
	Counters  []counted `json:"counters"`
}

func doCounters(c *cli.Context) (int, error) {
	if err := c.NoArgs(); err != nil {
		return cli.ExitUsage, err
	}
	place, err := live.PlaceOf(c)
	if err != nil {
		return cli.ExitUsage, err
	}
	r, err := count(c, place, c.Duration("for"))
	if err != nil {
		return cli.ExitInconclusive, err
	}
	return 0, c.TextOrJSON(r, r.write)
}

// fill takes the values of all counters, and how far they moved meanwhile.
func (r *countersReport) fill(values, moved map[string]int64) {
	for _, m := range meanings {
		v, known := values[m.Name]
		c := counted{meaning: m, Known: known, SinceBoot: v}
		if known && moved != nil {
			d := moved[m.Name]
			c.Delta = &d
		}
		r.Counters = append(r.Counters, c)
	}
}

// write shows the report as text.
func (r *countersReport) write(w io.Writer) {
	if r.Namespace != "" {
		fmt.Fprintf(w, "in %s\n", r.Namespace)
	}
	head := "since boot"
	if r.ForNS > 0 {
		head += fmt.Sprintf("  in %s", time.Duration(r.ForNS).Round(10*time.Millisecond))
	}
	fmt.Fprintf(w, "%-18s %s\n", "", head)
	for _, c := range r.Counters {
		c.write(w)
	}
	fmt.Fprintln(w, "RSTs received are not counted as such: those that ended something are among EstabResets, AttemptFails and EmbryonicRsts.")
}

func (c *counted) write(w io.Writer) {
	if !c.Known {
		fmt.Fprintf(w, "%-18s %10s  this kernel has no such counter\n", c.Name, "")
		return
	}
	fmt.Fprintf(w, "%-18s %10d", c.Name, c.SinceBoot)
	if c.Delta != nil {
		fmt.Fprintf(w, " %+8d", *c.Delta)
	}
	fmt.Fprintf(w, "  %s\n", c.Counts)
	shown := ""
	if c.Scenario != "" {
		shown = "; lingerreset " + c.Scenario + " shows it"
	}
	fmt.Fprintf(w, "%-18s %10s  usually: %s%s\n", "", "", c.Cause, shown)
}
