package main

import (
	"fmt"
	"io"
	"time"

	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/report"
)

// misbehaved is what the peer did to one victim, and what became of it.
type misbehaved struct {
	Victim     string              `json:"victim"`      // the program, or an address
	ReadBefore int64               `json:"read_before"` // bytes that the peer had read when it misbehaved
	AfterNS    int64               `json:"after_ns"`    // how long after the start
	EndedSide  bool                `json:"ended_side"`  // the victim had sent its FIN by then
	Did        string              `json:"did"`         // by which calls; empty: the victim ended first
	Reset      string              `json:"reset"`       // who sent a RST, or which is due, and why it was not seen
	ReadAfter  int64               `json:"read_after"`  // bytes that the peer read afterwards
	SIGPIPE    journal.Disposition `json:"sigpipe,omitempty"`
	Signal     journal.Signal      `json:"signal,omitempty"` // that ended the program
	Status     *int                `json:"status,omitempty"` // its exit status
	WentOnNS   int64               `json:"went_on_ns"`       // how long it ran after its peer had misbehaved
	Unfinished bool                `json:"unfinished"`       // it had not ended when the run was interrupted

	program  bool   // the victim is one
	socketID string // of the peer's end
	due      string // the RST
}

// victimReport is what the command found.
type victimReport struct {
	Schema  string       `json:"schema"`
	Mode    string       `json:"mode"`
	Victims []misbehaved `json:"victims"`
}

// write shows the report as text.
func (r *victimReport) write(w io.Writer) {
	for i := range r.Victims {
		r.Victims[i].write(w)
	}
}

func (m *misbehaved) write(w io.Writer) {
	name := report.Printable(m.Victim)
	if m.Did == "" {
		fmt.Fprintf(w, "%s  %s after %s, when its peer had read %d bytes and done nothing else\n", name, m.endedFirst(), short(m.AfterNS), m.ReadBefore)
		return
	}
	fmt.Fprintf(w, "%s  the peer had read %d bytes in %s, and called %s\n", name, m.ReadBefore, short(m.AfterNS), m.Did)
	if m.EndedSide {
		fmt.Fprint(w, "  before   it had ended its own side\n")
	}
	fmt.Fprintf(w, "  RST      %s\n", m.Reset)
	if m.ReadAfter > 0 {
		fmt.Fprintf(w, "  then     it sent %d bytes more, which the peer read\n", m.ReadAfter)
	}
	if says, has := dispositions[m.SIGPIPE]; has {
		fmt.Fprintf(w, "  SIGPIPE  %s\n", says)
	}
	if end := m.end(); end != "" {
		fmt.Fprintf(w, "  end      %s\n", end)
	}
}

// dispositions says what a program's disposition of SIGPIPE means.
var dispositions = map[journal.Disposition]string{
	"default": "default in it: unless it is blocked, a write to a connection that has ended kills",
	"ignore":  "ignored in it: such a write fails with EPIPE",
	"handler": "handled in it, by itself or by its language's runtime",
}

// endedFirst says what became of a victim to which nothing was done.
func (m *misbehaved) endedFirst() string {
	switch {
	case m.Signal != "" || m.Status != nil:
		return m.how()
	case m.Unfinished:
		return "was still there when interrupted,"
	}
	return "reset the connection"
}

// end says how a program ended; "" for a connection, which has no more to tell.
func (m *misbehaved) end() string {
	switch {
	case m.Signal != "" || m.Status != nil:
		return m.how() + ", " + short(m.WentOnNS) + " later"
	case m.Unfinished && m.program:
		return "still running when interrupted"
	case m.Unfinished:
		return "still connected when interrupted"
	}
	return ""
}

// how a program ended.
func (m *misbehaved) how() string {
	if m.Signal != "" {
		return "killed by " + string(m.Signal)
	}
	return fmt.Sprintf("exited by itself with status %d", *m.Status)
}

// short renders a time for a person.
func short(ns int64) string { return time.Duration(ns).Round(10 * time.Microsecond).String() }

// exit is the exit code: 1 when a signal killed the victim.
func (r *victimReport) exit() int {
	for _, m := range r.Victims {
		switch {
		case m.Signal != "":
			return cli.ExitNotReproduced
		case m.Unfinished:
			return cli.ExitInconclusive
		}
	}
	return 0
}
