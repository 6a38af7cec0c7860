package main

import (
	"slices"
	"strings"
	"syscall"
	"time"

	"sockproof/lib/live"
	"sockproof/lib/witness/fate"
)

// holder is a process that the program has started, and that has a descriptor of a connection with
// the peer.
type holder struct {
	live.Owner
	*fate.Process
	on *conn // nil: the peer has no end of it
}

// victim is a socket of the program's to which the peer misbehaves.
type victim struct {
	inode uint64
	on    *conn // nil: the peer has no end of it
}

// strike notes to which of the program's sockets the peer is about to misbehave, and watches the
// processes that hold it.
func (c *conn) strike() {
	c.wronged = true
	if c.cmd == nil || !c.mine {
		return
	}
	if far, found := c.clients.Find(c.far, c.near()); found && far.Inode != 0 && far.Inode != c.inode {
		c.inode = far.Inode
		c.victims = append(c.victims, victim{far.Inode, c})
	}
	c.watchHolders()
}

// watchHolders watches each process that has a descriptor of a socket to which the peer
// misbehaves: a program may hand its sockets on, by fork(2) or otherwise, at any time.
func (p *play) watchHolders() {
	if len(p.victims) == 0 {
		return
	}
	pids, _ := p.cmd.Tree() // those that are seen
	for _, v := range p.victims {
		for _, o := range live.HoldersOf(v.inode, pids) {
			p.watchHolder(v.on, o)
		}
	}
}

// keepWatch looks now and then whether other processes have got such a socket.
func (p *play) keepWatch() {
	if time.Since(p.watched) > lookEvery {
		p.watchHolders()
		p.watched = time.Now()
	}
}

// watchHolder keeps an eye on a process that has the other end of a connection, if that is
// not the program itself: its end is no part of the program's exit status.
func (p *play) watchHolder(c *conn, o live.Owner) {
	known := slices.ContainsFunc(p.holders, func(h holder) bool { return h.PID == o.PID && h.on == c })
	if known || o.PID == p.cmd.PID() {
		return
	}
	if w, err := fate.Watch(o.PID); err == nil { // else it has ended, or kernels before 5.3
		p.holders = append(p.holders, holder{o, w, c})
	}
}

// wronged says whether the peer has misbehaved to the process.
func (h *holder) wronged() bool { return h.on == nil || h.on.wronged }

// outlived says whether such a process still runs.
func (p *play) outlived() bool {
	return slices.ContainsFunc(p.holders, func(h holder) bool { return h.wronged() && !h.Ended() })
}

// fates notes what became of the processes to which the peer misbehaved: a shell's status is not
// that of its pipeline's first part, a server lives on without a worker, and a program may leave
// others behind when it ends.
func (p *play) fates() {
	noted := map[int]bool{}
	for _, h := range p.holders {
		if !h.wronged() || noted[h.PID] {
			continue
		}
		noted[h.PID] = true
		switch {
		case crashes[h.Died()] != "":
			p.note(crashed, h.on, nil, "%s (pid %d) died of %s", h.Program, h.PID, crashes[h.Died()])
		case p.cmd.Ended() && !h.Ended():
			p.note(behind, h.on, nil, "%s (pid %d)", h.Program, h.PID)
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
