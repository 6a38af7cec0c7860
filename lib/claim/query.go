package claim

import (
	"slices"

	"sockproof/lib/journal"
)

// Calls lists the events of one system call, on one socket or with "" on any.
func Calls(j *journal.Journal, socket, op string) []*journal.Event {
	return pick(j, func(e *journal.Event) bool {
		return e.Call != nil && e.Call.Op == op && (socket == "" || e.Socket == socket)
	})
}

// Failed lists the calls of one kind that failed with the errno.
func Failed(j *journal.Journal, socket, op, errno string) []*journal.Event {
	return slices.DeleteFunc(Calls(j, socket, op), func(e *journal.Event) bool { return e.Call.Errno != errno })
}

// Refusal is the call by which a client learnt that its connection attempt was
// refused: connect() itself, or the reading of SO_ERROR after it. Nil: none was.
func Refusal(j *journal.Journal, connect *journal.Event) *journal.Event {
	if connect.Call.Errno == "ECONNREFUSED" {
		return connect
	}
	for _, e := range Calls(j, connect.Socket, "getsockopt") {
		if e.N > connect.N && e.Call.Out == "ECONNREFUSED" {
			return e
		}
	}
	return nil
}

// ConnectFailed is the finding where one of some connect() calls failed with an error that
// is no answer of the peer's: what would have become of it is not known. ok: none did.
func ConnectFailed(connects []*journal.Event) (f Finding, ok bool) {
	for _, c := range connects {
		switch errno := c.Call.Errno; errno {
		case "", "EINPROGRESS", "ECONNREFUSED":
		default:
			return Unclear("connect() of %s failed with %s", c.Socket, errno), false
		}
	}
	return Finding{}, true
}

// States lists the changes of a socket's state that the witnesses saw, in
// order; without witnesses named, those of all.
func States(j *journal.Journal, socket string, by ...journal.Witness) []*journal.Event {
	return pick(j, func(e *journal.Event) bool {
		return e.State != nil && e.Socket == socket && (len(by) == 0 || slices.Contains(by, e.State.Witness))
	})
}

// Entered lists the events by which witnesses saw a socket enter a state.
func Entered(j *journal.Journal, socket, state string) []*journal.Event {
	return slices.DeleteFunc(States(j, socket), func(e *journal.Event) bool { return e.State.To != state })
}

// HoldUps lists the times in which the program did not run.
func HoldUps(j *journal.Journal) []*journal.Event {
	return pick(j, func(e *journal.Event) bool { return e.Process != nil && e.Process.Event == journal.HeldUp })
}

// HeldUp lists the times in which the program did not run, between one call's
// beginning and another's end.
func HeldUp(j *journal.Journal, from, to *journal.Event) []*journal.Event {
	return slices.DeleteFunc(HoldUps(j), func(e *journal.Event) bool {
		return e.T > to.T+to.Call.TookNS || from.T > e.T+e.Process.ForNS
	})
}

// Samples lists what sock_diag read of a socket in a state.
func Samples(j *journal.Journal, socket, state string) []*journal.Event {
	return pick(j, func(e *journal.Event) bool {
		return e.Sample != nil && e.Sample.Witness != journal.TCPInfo && e.Socket == socket && e.Sample.State == state
	})
}

// Packets lists the events of TCP packets, at one place or with "" at any.
func Packets(j *journal.Journal, at string) []*journal.Event {
	return pick(j, func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.Proto == "" && e.Packet.Bulk == nil && (at == "" || e.Packet.At == at)
	})
}

// Cause is the event that brought a state about: the packet delivered or the
// call made last on the same host before a witness saw it. Nil: none was.
func Cause(j *journal.Journal, state *journal.Event) *journal.Event {
	i := slices.IndexFunc(j.Events, func(e journal.Event) bool { return e.N == state.N })
	for i--; i >= 0; i-- {
		e := &j.Events[i]
		if e.Host != "" && state.Host != "" && e.Host != state.Host {
			continue // what happens to another host is no cause of what is seen on this one
		}
		if e.Call != nil {
			return e
		}
		if e.Packet != nil && (e.Packet.At == journal.AtDelivered || e.Packet.At == journal.AtInjected) {
			return e
		}
	}
	return nil
}

// HasFlags says whether an event is a packet with exactly these flags, those
// aside that say nothing about the connection's state: PSH, and ECN's.
func HasFlags(e *journal.Event, flags ...string) bool {
	return e != nil && e.Packet != nil && slices.Equal(stateFlags(e.Packet), flags)
}

// stateFlags are a packet's flags without PSH, ECE and CWR.
func stateFlags(p *journal.Packet) []string {
	return slices.DeleteFunc(slices.Clone(p.Flags), func(f string) bool {
		return f == "PSH" || f == "ECE" || f == "CWR"
	})
}

// Setting is where the journal has a setting's value last, as read or as changed,
// before the event of a number: of one host, or with "" of any. Nil: it has none.
func Setting(j *journal.Journal, host, name string, before int) *journal.Event {
	var last *journal.Event
	for i := range j.Events {
		e := &j.Events[i]
		if e.Setting != nil && e.N < before && e.Setting.Name == name && (host == "" || e.Host == host) {
			last = e
		}
	}
	return last
}

// Numbers are the numbers of events, for a finding to cite.
func Numbers(events ...*journal.Event) []int {
	var n []int
	for _, e := range events {
		if e != nil && !slices.Contains(n, e.N) {
			n = append(n, e.N)
		}
	}
	slices.Sort(n)
	return n
}

func pick(j *journal.Journal, want func(*journal.Event) bool) []*journal.Event {
	var some []*journal.Event
	for i := range j.Events {
		if want(&j.Events[i]) {
			some = append(some, &j.Events[i])
		}
	}
	return some
}
