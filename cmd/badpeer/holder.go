package main

import (
	"strings"
	"syscall"

	"sockproof/lib/live"
	"sockproof/lib/witness/fate"
)

// holder is a process that the program has started, and that met the peer.
type holder struct {
	live.Owner
	*fate.Process
	on *conn
}

// watchHolder keeps an eye on the process that has the other end of a connection, if that is
// not the program itself: its end is no part of the program's exit status.
func (p *play) watchHolder(c *conn, o live.Owner) {
	if o.PID == p.cmd.PID() {
		return
	}
	if w, err := fate.Watch(o.PID); err == nil { // else it has ended, or kernels before 5.3
		p.holders = append(p.holders, holder{o, w, c})
	}
}

// fates notes what became of the processes to which the peer misbehaved, when the program has
// ended: a shell's status is not that of its pipeline's first part, and a program may leave
// others behind.
func (p *play) fates() {
	for _, h := range p.holders {
		switch {
		case !h.on.bad:
		case !h.Ended():
			p.note(behind, h.on, nil, "%s (pid %d)", h.Program, h.PID)
		case crashes[h.Died()] != "":
			p.note(crashed, h.on, nil, "%s (pid %d) died of %s", h.Program, h.PID, crashes[h.Died()])
		}
	}
}

// closeHolders lets go of them.
func (p *play) closeHolders() {
	for _, h := range p.holders {
		h.Close()
	}
}

// crashes are the signals that a program does not send to what it has started.
var crashes = map[syscall.Signal]string{
	syscall.SIGILL: "SIGILL", syscall.SIGABRT: "SIGABRT", syscall.SIGBUS: "SIGBUS", syscall.SIGFPE: "SIGFPE", syscall.SIGSEGV: "SIGSEGV", syscall.Signal(sigpipe): "SIGPIPE",
}

// sigpipe is the signal's number on Linux: other systems' package has none.
const sigpipe = 13

// judgeFates says what the fates of such processes mean.
func judgeFates(r *record) (v verdict, decided bool) {
	if f := r.first(crashed); f.What != "" {
		if strings.HasSuffix(f.Detail, "SIGPIPE") {
			return open("run it without a pipeline, or let the shell pass its status on (set -o pipefail)", "%s: of the connection, or of a pipe to another program, is not seen", f.Detail), true
		}
		return fails("%s", f.Detail), true
	}
	if f := r.first(behind); f.What != "" && r.end.byItself() {
		return open("let it run in the foreground", "it had ended, and %s, to which the peer misbehaved, still ran: what became of that is not seen", f.Detail), true
	}
	return v, false
}
