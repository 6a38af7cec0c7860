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
	made     func(v *tcp.View, c *tcp.Conn) *journal.Event // what brings it about; nil: nothing does
	byServer bool                                          // the RST comes from the server's end, not from the client's
	noSocket bool                                          // no socket is there, and the kernel sends it
	may      bool                                          // draw none
	onWire   bool                                          // packets have to be held or lost
}

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
func causesOf(v *tcp.View) []cause {
	return tcp.Derive(v, func(v *tcp.View) []cause {
		var all []cause
		for _, c := range v.Conns {
			for _, k := range kinds {
				if by := k.made(v, c); by != nil {
					x := cause{Conn: c, kind: k, by: by}
					x.rst = x.drew()
					all = append(all, x)
					break
				}
			}
		}
		return onlyOverflow(all)
	})
}

// onlyOverflow keeps one of the clients of a listener that was never asked for one: all but
// the last found room in its queue, and are there to fill it.
func onlyOverflow(all []cause) []cause {
	var some []cause
	last := -1 // among some
	for _, k := range all {
		switch {
		case !k.onWire || !k.byServer:
			some = append(some, k)
		case last < 0:
			last, some = len(some), append(some, k)
		case some[last].rst == nil:
			some[last] = k
		}
	}
	return some
}

// drew is the first RST from the end that it is due from.
func (k *cause) drew() *tcp.Segment {
	from, to := k.Client.Local, k.Client.Remote
	if k.byServer {
		from, to = to, from
	}
	return tcp.First(tcp.Where(tcp.With(k.Segments, packet.RST), func(s *tcp.Segment) bool {
		return s.N > k.by.N && s.Packet.At == journal.AtDelivered && s.Packet.Src == from && s.Packet.Dst == to
	}))
}

// notMade names a cause that was to be made to happen on this network and was not recognised;
// "": none.
func notMade(v *tcp.View) string {
	for _, k := range kinds {
		missing := slices.ContainsFunc(v.Calls("SOCK_DESTROY"), func(e *journal.Event) bool { return e.Call.Errno == journal.EOPNOTSUPP })
		switch {
		case slices.ContainsFunc(causesOf(v), func(c cause) bool { return c.name == k.name }):
		case k.onWire && !v.OnWire():
		case k.name == destroys && (v.Journal.Network == journal.HostNet || missing):
		default:
			return k.name
		}
	}
	return ""
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
func done(op string, is func(*journal.Call) bool) func(*tcp.View, *tcp.Conn) *journal.Event {
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
func sentAfter(op string, is func(*journal.Call) bool) func(*tcp.View, *tcp.Conn) *journal.Event {
	return func(v *tcp.View, c *tcp.Conn) *journal.Event {
		ended := done(op, is)(v, c)
		if ended == nil {
			return nil
		}
		return tcp.First(c.Server.Writes(ended.N, 0))
	}
}

// fullQueue: the client's connection was never accepted, by a listener that resets what does
// not fit into its queue.
func fullQueue(v *tcp.View, c *tcp.Conn) *journal.Event {
	set := v.Setting("", "net.ipv4.tcp_abort_on_overflow", c.Connect.N)
	if c.Server != nil || set == nil || set.Setting.New != "1" {
		return nil
	}
	return c.Connect
}
