package evidence

import (
	"fmt"
	"strings"

	"sockproof/lib/journal"
)

// notPlain is what is said to have been replaced where a packet is not, because its
// inside is not known.
const notPlain = "packet that is not plain TCP"

// unkept checks the packets of the caller's own stack whose bytes are not there. They
// are not kept of what another program said: of a packet that carries something, and
// not from one of the run's own sockets to another. Others may lack them if they are
// no plain TCP, of which machine.json has the number.
func (v *verifier) unkept() {
	left := 0
	for _, r := range v.Machine.Privacy.Replaced {
		if r.What == notPlain {
			left += min(max(r.Times, 0), maxEvents)
		}
	}
	for i := range v.journals {
		j := &v.journals[i]
		if j.Network != journal.HostNet {
			continue
		}
		own := newOwnAddresses(j)
		for k := range j.Events {
			e := &j.Events[k]
			own.follow(e)
			p := e.Packet
			if p == nil || p.Bulk != nil || len(p.Bytes) > 0 || p.Proto == "" && p.Len > 0 && !own.between(p) {
				continue
			}
			if left--; left < 0 {
				v.problem(Problem{File: fileJournal, Run: j.Run, Event: e.N, Text: "its bytes are not there, and it was no other program's"})
			}
		}
	}
}

// ownAddresses are the addresses of the run's own open sockets, as far as the journal
// says them by then: whoever captures knows no fewer.
type ownAddresses struct {
	sockets map[string]*journal.Socket
	// unseen: sock_diag was missing, and a child's socket may be forgotten at any time.
	unseen bool
}

func newOwnAddresses(j *journal.Journal) *ownAddresses {
	return &ownAddresses{map[string]*journal.Socket{}, !j.Attached(journal.SockDiag)}
}

// follow takes in what an event says of a socket's addresses.
func (o *ownAddresses) follow(e *journal.Event) {
	switch {
	case e.State != nil && e.State.To == journal.Gone:
		delete(o.sockets, e.Socket)
	case e.Fold != nil:
		clear(o.sockets) // any may have been closed in what was folded
	}
	c := e.Call
	if c == nil || e.Socket == "" {
		return
	}
	s := o.sockets[e.Socket]
	if s == nil {
		s = &journal.Socket{}
		o.sockets[e.Socket] = s
	}
	argument := ""
	if len(c.Args) > 1 {
		argument = c.Args[1]
	}
	switch {
	case c.Op == "close":
		delete(o.sockets, e.Socket)
	case c.Op == "connect":
		s.Remote = argument // though it fail: it is noted before
	case c.Errno != "":
	case c.Op == "bind" && !strings.HasSuffix(argument, ":0"):
		s.Local = argument
	case c.Op == "getsockname" && !strings.HasSuffix(c.Out, ":0"):
		s.Local = c.Out
	case c.Op == "accept4":
		id, from, _ := strings.Cut(c.Out, " from ")
		o.sockets[id] = &journal.Socket{Local: s.Local, Remote: from}
	}
}

// between says whether a packet goes from one of the sockets to another.
func (o *ownAddresses) between(p *journal.Packet) bool {
	return !o.unseen && o.has(p.Src) && o.has(p.Dst)
}

func (o *ownAddresses) has(address string) bool {
	for _, s := range o.sockets {
		if s.Local == address || s.Remote == address && s.Local != "" {
			return true
		}
	}
	return false
}

// unknownKinds names the events that this program passes over: a later version may
// know them. This very build wrote none.
func (v *verifier) unknownKinds() {
	for i := range v.journals {
		j := &v.journals[i]
		for k := range j.Events {
			e := &j.Events[k]
			switch {
			case len(e.Unknown) == 0:
			case sameBuild(v.Machine.Tool, v.judge.Tool):
				v.problem(Problem{File: fileJournal, Run: j.Run, Event: e.N, Text: fmt.Sprintf("this version, which is said to have written it, has no events of kind %q", e.Kind)})
			default:
				v.unchecked("run %d: event %d, of a kind %q that this version does not know", j.Run, e.N, e.Kind)
			}
		}
	}
}
