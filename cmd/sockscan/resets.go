package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"sockproof/lib/cli"
	"sockproof/lib/live"
)

// resetsCommand shows what the kernel has counted of RSTs, and what that means.
func resetsCommand() cli.Command {
	return cli.Command{
		Name: "resets", Usage: "show who is reset and why: what the kernel counts, and with --for each RST",
		Flags: append(append(live.PlaceFlags(), scanEveryFlags()...),
			cli.Duration("for", "count for a `DURATION` like 10s, and list each RST; without it, what was counted since boot", "", 0), cli.FormatFlag()),
		Accepts: []string{"color"},
		Exit:    "0 read, 2 bad usage, 3 the counters could not be read, or output lost",
		Examples: []cli.Example{
			{Line: "sockscan resets --for 10s", Does: "who is reset in ten seconds, and why"},
		},
		Do: doResets,
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
	SinceBoot int64  `json:"since_boot"`
	Delta     *int64 `json:"delta,omitempty"` // over the time given
}

// resetsSchema names the JSON document; docs/schema/resets.json describes it.
const resetsSchema = "sockproof/resets/v1"

// resetsReport is what the command found.
type resetsReport struct {
	Schema    string    `json:"schema"`
	Namespace string    `json:"namespace,omitempty"` // looked into, if not the caller's own
	ForNS     int64     `json:"for_ns,omitempty"`    // how long was counted
	Counters  []counted `json:"counters"`            // those that moved most first
	Unknown   []string  `json:"unknown,omitempty"`   // counters that this kernel does not have
	Each      *rstList  `json:"each,omitempty"`      // RST seen meanwhile; nil: nothing was waited for
	// Ends are the connections that ended meanwhile.
	Ends *endsReport `json:"ends,omitempty"`
}

func doResets(c *cli.Context) (int, error) {
	if err := c.NoArgs(); err != nil {
		return cli.ExitUsage, err
	}
	place, err := live.PlaceOf(c)
	if err != nil {
		return cli.ExitUsage, err
	}
	every, err := scanEveryOf(c)
	if err == nil {
		err = c.NotBoth("for", "every")
	}
	if err != nil {
		return cli.ExitUsage, err
	}
	if err := countResets(c, place, every); err != nil {
		return cli.ExitInconclusive, err
	}
	return 0, nil
}

// countResets shows the counters of a place; with --for or --every how far they moved, and each RST.
func countResets(c *cli.Context, in live.Place, every scanEvery) error {
	counters, err := live.OpenCounters(in)
	if err != nil {
		return err
	}
	defer counters.Close()
	before, err := counters.Read()
	if err != nil {
		return err
	}
	wait := cmp.Or(every.interval, c.Duration("for"))
	if wait == 0 {
		r := newResetsReport(in, nil, before, 0)
		return c.TextOrJSON(r, r.write)
	}
	ends, err := openEnds(in)
	if err != nil {
		return err
	}
	defer ends.close()
	each := openRSTs(in)
	defer each.close()
	show := c.TextOrJSON
	if every.interval > 0 {
		show = c.EachTextOrJSON
	}
	for n := 1; ; n++ {
		began := time.Now()
		heard := ends.during(c.Ctx, wait)
		seen := each.during(c.Ctx, wait)
		ended := <-heard
		took := time.Since(began)
		after, err := counters.Read()
		if err := cmp.Or(ended.err, err); err != nil {
			return err
		}
		r := newResetsReport(in, before, after, took)
		r.Each, r.Ends, before = seen, ended.report, after
		if err := show(r, r.write); err != nil || c.Ctx.Err() != nil || every.interval == 0 || n == every.times {
			return err
		}
	}
}

// newResetsReport has the values of all counters and, where they were read twice, how far
// they moved.
func newResetsReport(place live.Place, before, after map[string]int64, took time.Duration) *resetsReport {
	r := &resetsReport{Schema: resetsSchema, Namespace: place.String(), ForNS: took.Nanoseconds(), Counters: []counted{}}
	for _, m := range meanings {
		v, known := after[m.Name]
		if !known {
			r.Unknown = append(r.Unknown, m.Name)
			continue
		}
		c := counted{meaning: m, SinceBoot: v}
		if before != nil {
			d := v - before[m.Name]
			c.Delta = &d
		}
		r.Counters = append(r.Counters, c)
	}
	slices.SortStableFunc(r.Counters, func(a, b counted) int {
		return cmp.Or(cmp.Compare(b.delta(), a.delta()), cmp.Compare(b.SinceBoot, a.SinceBoot))
	})
	return r
}

// delta is how far a counter moved; 0 where it was read once.
func (c *counted) delta() int64 {
	if c.Delta == nil {
		return 0
	}
	return *c.Delta
}

// write shows the report as text, without the counters that are 0.
func (r *resetsReport) write(w io.Writer) {
	if r.Namespace != "" {
		fmt.Fprintf(w, "in %s\n", r.Namespace)
	}
	head, hidden := "", 0
	if r.ForNS > 0 {
		head = fmt.Sprintf("%12s", "in "+time.Duration(r.ForNS).Round(10*time.Millisecond).String())
	}
	fmt.Fprintf(w, "%-18s%s %12s\n", "", head, "since boot")
	for i := range r.Counters {
		if c := &r.Counters[i]; c.SinceBoot == 0 && c.delta() == 0 {
			hidden++
		} else {
			c.write(w)
		}
	}
	if hidden > 0 {
		fmt.Fprintf(w, "%d other counters are 0\n", hidden)
	}
	if n := len(r.Unknown); n > 0 {
		fmt.Fprintf(w, "this kernel does not have %d of them: %v\n", n, r.Unknown)
	}
	fmt.Fprintln(w, "RSTs received are not counted as such: those that ended something are among EstabResets, AttemptFails and EmbryonicRsts.")
	if r.Ends != nil {
		r.Ends.write(w)
	}
	if r.Each != nil {
		r.Each.write(w)
	}
}

func (c *counted) write(w io.Writer) {
	delta, blank := "", ""
	if c.Delta != nil {
		delta, blank = fmt.Sprintf("%+12d", *c.Delta), fmt.Sprintf("%12s", "")
	}
	shown := ""
	if c.Scenario != "" {
		shown = "; lingerreset " + c.Scenario + " shows it"
	}
	fmt.Fprintf(w, "%-18s%s %12d  %s\n", c.Name, delta, c.SinceBoot, c.Counts)
	fmt.Fprintf(w, "%-18s%s %12s  usually: %s%s\n", "", blank, "", c.Cause, shown)
}
