package main

import (
	"slices"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/tcp"
)

// cause is one thing that draws a RST, made to happen on a connection.
type cause struct {
	*tcp.Conn
	kind
	by  *journal.Event // what brought it about
	rst *tcp.Segment   // the first that came from the end that it is due from, after that; nil: none did
}

// kind is a sort of cause.
type kind struct {
	name     string
	made     maker
	byServer bool // the RST comes from the server's end, not from the client's
	noSocket bool // no socket is there, and the kernel sends it
	may      bool // draw none
	onWire   bool // packets have to be held or lost
}

// maker finds what brings a cause about on a connection; nil: nothing does.
type maker func(v *tcp.View, c *tcp.Conn) *journal.Event

// kinds are all causes that are made to happen. Of those that a connection might be taken for,
// the first counts: the more special ones come before.
var kinds = []kind{
	{name: "a port without a listener", made: isClosedPort, byServer: true, noSocket: true},
	{name: destroys, made: done("SOCK_DESTROY", anyOf)},
	{name: "keepalive without an answer", made: done("setsockopt", about(journal.SOKeepAlive)), onWire: true},
	{name: "TCP_USER_TIMEOUT, data lost", made: done("setsockopt", about(journal.TCPUserTimeout)), may: true, onWire: true},
	{name: "an old duplicate SYN-ACK", made: oldAnswer, onWire: true},
	{name: "close() with SO_LINGER {1, 0}", made: lingersZero},
	{name: "close() with data unread", made: closesUnread},
	{name: "data to a closed socket", made: sentAfter("close", anyOf), noSocket: true},
	{name: "SHUT_RDWR, then data", made: sentAfter("shutdown", func(c *journal.Call) bool { return c.How() == journal.ShutBoth })},
	{name: "a full accept queue, tcp_abort_on_overflow", made: fullQueue, byServer: true, noSocket: true, onWire: true},
}

// destroys is the cause that not every kernel has.
const destroys = "ss -K (SOCK_DESTROY)"

// causesOf says what was made to happen on each connection, by what was done.
var causesOf = tcp.Derived(func(v *tcp.View) []cause {
	var all []cause
	for _, c := range v.Conns {
		for _, k := range kinds {
			if by := k.made(v, c); by != nil {
				all = append(all, cause{c, k, by, k.drawn(c, by.N)})
				break
			}
		}
	}
	return all
})

// drawn is the first RST from the end that it is due from, after an event; nil: none came.
func (k kind) drawn(c *tcp.Conn, after int) *tcp.Segment {
	to := c.Server
	if k.byServer {
		to = c.Client
	}
	return tcp.First(tcp.With(to.Arrived(after, 0), packet.RST))
}

// due names the causes that are made to happen on the network of a run, with its kernel.
func due(v *tcp.View) (names []string) {
	missing := slices.ContainsFunc(v.Calls("SOCK_DESTROY"), func(e *journal.Event) bool { return e.Call.Errno == journal.EOPNOTSUPP })
	for _, k := range kinds {
		if k.onWire && !v.OnWire() || k.name == destroys && (missing || v.Journal.Network == journal.HostNet) {
			continue
		}
		names = append(names, k.name)
	}
	return names
}

// isClosedPort: the client calls an address whose listener had been closed. One that was given that port
// itself is connected to itself instead.
func isClosedPort(v *tcp.View, c *tcp.Conn) *journal.Event {
	if c.Client.Local == c.Client.Remote {
		return nil
	}
	for _, s := range v.Sockets {
		closed := tcp.First(s.CallsOf(0, c.Connect.N, "close"))
		if s.Local == c.Client.Remote && s.Remote == "" && closed != nil {
			return c.Connect
		}
	}
	return nil
}

func anyOf(*journal.Call) bool { return true }

func about(o journal.Option) func(*journal.Call) bool {
	return func(c *journal.Call) bool { return c.Option() == o }
}

// done finds a call of a client's, by its name and its arguments.
func done(op string, is func(*journal.Call) bool) maker {
	return func(_ *tcp.View, c *tcp.Conn) *journal.Event {
		return tcp.First(tcp.Where(c.Client.CallsOf(0, 0, op), func(e *journal.Event) bool { return e.Call.Errno == "" && is(e.Call) }))
	}
}

func oldAnswer(_ *tcp.View, c *tcp.Conn) *journal.Event {
	for _, s := range tcp.With(c.Client.Arrived(0, 0), packet.SYN|packet.ACK) {
		if s.Packet.At == journal.AtInjected {
			return s.Event
		}
	}
	return nil
}

func lingersZero(v *tcp.View, c *tcp.Conn) *journal.Event {
	closed := done("close", anyOf)(v, c)
	if linger, _ := c.Client.Option(journal.SOLinger, tcp.N(closed)); closed == nil || linger != lingerZero {
		return nil
	}
	return closed
}

func closesUnread(v *tcp.View, c *tcp.Conn) *journal.Event {
	if closed := done("close", anyOf)(v, c); closed != nil && v.Unread(c.Client, closed.N) > 0 {
		return closed
	}
	return nil
}

// sentAfter finds what the server sent when the client had ended so.
func sentAfter(op string, is func(*journal.Call) bool) maker {
	return func(v *tcp.View, c *tcp.Conn) *journal.Event {
		ended := done(op, is)(v, c)
		if ended == nil {
			return nil
		}
		return tcp.First(c.Server.Writes(ended.N, 0))
	}
}

// fullQueue: what was to complete the client's opening met a full queue, of a listener that resets
// what does not fit into it.
func fullQueue(v *tcp.View, c *tcp.Conn) *journal.Event {
	resets := v.SettingValue("", "net.ipv4.tcp_abort_on_overflow", c.Connect.N) == "1"
	for _, o := range v.Overflows() {
		if resets && o.End != nil && o.End.Remote == c.Client.Local {
			return o.Event
		}
	}
	return nil
}
