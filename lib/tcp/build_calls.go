package tcp

import (
	"strconv"

	"sockproof/lib/journal"
)

// The calls that read and that write, by the names that the journal has for them.
func isRead(op string) bool {
	switch op {
	case "read", "recvfrom", "recvmsg", "readv":
		return true
	}
	return false
}

func isWrite(op string) bool {
	switch op {
	case "write", "sendmsg", "sendto", "writev", "sendfile", "splice", "(*os.File).Write":
		return true
	}
	return false
}

// asksNothing says whether a call was to move no bytes.
func asksNothing(c *journal.Call) bool {
	n, says := c.Length()
	return says && n == 0
}

func (b *builder) call(e *journal.Event) {
	s := b.byID[e.Socket]
	if s == nil {
		return
	}
	s.Calls = append(s.Calls, e)
	c := e.Call
	if c.Op != "socket" && c.Op != "accept4" && !s.born {
		s.born = true
		b.seen = append(b.seen, discrepancyAt{s.End, newDiscrepancy(R3, []*Socket{s}, []int{e.N},
			c.Op+"() on "+s.ID, "nothing had made that socket")})
	}
	if b.returns(s, e) {
		return
	}
	if c.Errno != "" {
		b.failed(s, e)
		return
	}
	switch c.Op {
	case "socket", "dup":
		s.handles++
		s.own++
		s.born = true
	case "accept4":
		b.accepts(s, e)
	case "listen":
		s.Listening = e.N
		b.becomesListener(s, e)
		b.listeners[s.Local] = s
	case "setsockopt":
		s.sets(e)
	case "connect":
		b.connects(s, e)
	case "SOCK_DESTROY":
		s.destroyed = e.N
		if end := b.endOf(s); end != nil {
			end.Destroyed = e.N
		}
	case "shutdown":
		b.shuts(s, e)
	case "close":
		b.closes(s, e)
	case "getsockopt":
		b.endOf(s)
		if errno, _ := c.SocketError(); errno != "" {
			s.errors = append(s.errors, e.N)
		}
	default:
		b.moves(s, e)
	}
}

// returns ends the stay of a thread inside a call, which referred to the socket as a
// descriptor does; true: it was the last to refer to it.
func (b *builder) returns(s *Socket, e *journal.Event) bool {
	if len(s.blocked) == 0 || e.Call.Op == "close" || e.T >= b.event(s.blocked[0]).T {
		return false
	}
	s.blocked = s.blocked[1:]
	s.handles--
	if s.handles > 0 {
		return false
	}
	if end := b.endOf(s); end != nil {
		if !b.wire {
			end.blind(e.N, blindThreads)
		} else if isRead(e.Call.Op) && e.Call.Result > 0 {
			end.reads = append(end.reads, read{e, end.readTo, int(e.Call.Result)})
			end.readTo += int(e.Call.Result)
		}
	}
	s.handles, s.returned = 1, e.N
	b.release(s, e, "close()")
	return true
}

// failed takes a call that failed.
func (b *builder) failed(s *Socket, e *journal.Event) {
	c := e.Call
	switch {
	case c.Op == "connect":
		b.connects(s, e)
	case (isRead(c.Op) || isWrite(c.Op)) && c.Errno != journal.EAGAIN:
		b.endOf(s)
		s.errors = append(s.errors, e.N)
	default:
		b.endOf(s)
	}
}

func (b *builder) accepts(listener *Socket, e *journal.Event) {
	listener.wait(e.N, -1)
	id, _ := e.Call.Accepted()
	s := b.byID[id]
	if s == nil {
		return
	}
	s.handles++
	if !e.Call.InChild() {
		s.own++
	}
	s.born = true
	s.linger = listener.linger
	if listener.filteredAt(e.N) {
		s.filtered = e.N
	}
	b.endOf(s)
}

// sets takes an option.
func (s *Socket) sets(e *journal.Event) {
	option, value := e.Call.Option(), e.Call.Value()
	s.options[option] = value
	switch option {
	case journal.SOLinger:
		s.linger, _ = value.Linger()
	case journal.SOAttachFilter:
		s.filtered = e.N
	case journal.SODetachFilter:
		s.detached = e.N
	case journal.SOReceiveBuffer:
		if s.End != nil {
			s.End.blind(e.N, blindWindow) // what no longer fits is dropped, though it was offered room
		}
	}
}

func (b *builder) connects(s *Socket, e *journal.Event) {
	if e.Call.Errno == journal.EISCONN && s.connected != 0 {
		return // the connection that an earlier call began is as it was
	}
	s.connected = e.N
	switch e.Call.Errno {
	case "", journal.EINPROGRESS, journal.EALREADY:
		b.endOf(s)
		return
	case journal.ECONNREFUSED, journal.ETIMEDOUT, journal.ECONNRESET:
		b.endOf(s)
	default:
		s.noSYN = true
	}
	s.failed = true
}

// deafens notes that a listener listens no more.
func (b *builder) deafens(s *Socket, e *journal.Event) {
	s.Deaf = e.N
	delete(b.listeners, s.Local)
}

func (b *builder) shuts(s *Socket, e *journal.Event) {
	how := e.Call.How()
	if s.Listening != 0 {
		b.deafens(s, e)
		return
	}
	end := b.endOf(s)
	if end == nil {
		return
	}
	if how != journal.ShutWrite && end.ShutRead == 0 {
		end.ShutRead = e.N
	}
	if how != journal.ShutRead && end.ShutWrite == 0 {
		end.ShutWrite = e.N
		if end.Opened != 0 && end.Aborted() == 0 {
			end.owes(owesFIN, e.N, "shutdown()")
		}
	}
}

func (b *builder) closes(s *Socket, e *journal.Event) {
	if e.Call.InChild() {
		b.closesInChild(s)
	} else if s.own--; s.own == 0 {
		s.ownUntil = e.N
	}
	b.release(s, e, "close()")
}

// closesInChild takes a descriptor from the first child that has one.
func (b *builder) closesInChild(s *Socket) {
	for pid, held := range b.procs {
		for i, k := range held {
			if k == s {
				b.procs[pid] = append(held[:i:i], held[i+1:]...)
				return
			}
		}
	}
}

// release takes a descriptor away. The last ends the connection: by RST where bytes are
// unread (RFC 9293 §3.10.4, RFC 1122 §4.2.2.13) or SO_LINGER is {1, 0}, else by FIN.
func (b *builder) release(s *Socket, e *journal.Event, why string) {
	s.handles--
	if s.handles > 0 {
		return
	}
	if s.Listening != 0 {
		b.deafens(s, e)
		return
	}
	s.closed = e
	end := b.endOf(s)
	if end == nil {
		return
	}
	end.Closed = e.N
	if end.Aborted() != 0 || end.Opened == 0 || !b.sees() || end.Bulk || end.blindWhy == blindProgram {
		return
	}
	info, _ := s.StateAt(journal.TCPInfo, e.N)
	unread := end.length - end.readTo
	switch {
	case end.blindAt(e.N) == sees && unread > 0 && info != journal.Close:
		end.owes(owesRST, e.N, why+" with "+strconv.Itoa(unread)+" bytes unread")
	case s.linger.Aborts() && (end.FinAcked == 0 || end.FinIn == 0):
		end.owes(owesRST, e.N, why+" with SO_LINGER {1, 0}")
	default:
		end.owes(owesFIN, e.N, why)
	}
}

// moves takes a call that moves bytes.
func (b *builder) moves(s *Socket, e *journal.Event) {
	end := b.endOf(s)
	if end == nil {
		return
	}
	c := e.Call
	n := int(c.Result)
	switch {
	case isRead(c.Op) && n > 0:
		if !c.Has(journal.MSGPeek) {
			end.reads = append(end.reads, read{e, end.readTo, n})
			end.readTo += n
		}
	case isRead(c.Op):
		if end.readEnd == 0 && !asksNothing(c) {
			end.readEnd = e.N
		}
	case isWrite(c.Op) && n > 0:
		end.wrote = append(end.wrote, c.Data[:min(len(c.Data), n)]...)
		end.wroteKept = end.wroteKept && len(c.Data) >= n
		end.wroteLen += n
		end.writes = append(end.writes, progress{e.N, end.wroteLen})
		end.lastWrite = e.N
		end.holdsBack = c.Has(journal.MSGMore) || s.options[journal.TCPCork].On()
	}
}
