package claim

import (
	"slices"

	"sockproof/lib/journal"
)

// Connection is one connection of a journal: the two sockets at its ends, and
// the journal narrowed to them. So what is asked of a journal can be asked of
// each of several connections that a run makes one after the other.
type Connection struct {
	Client string // the id of the socket that called
	Server string // of the one that was accepted; "" if none was
	// From and To are the addresses that the client called from and called.
	From, To string
	*journal.Journal

	since, until int // the events between which packets are its own; until 0: no end
}

// Connections lists the connections of a journal in the order in which they
// were called for, those that were never accepted among them. Where addresses
// were used again, each socket counts for one connection only, and so does each
// packet: it belongs to the call made last between its addresses.
func Connections(j *journal.Journal) []Connection {
	var all []Connection
	taken := map[string]bool{}
	for _, call := range Calls(j, "", "connect") {
		client, ok := socketOf(j, call.Socket)
		if !ok || taken[client.ID] || client.Local == "" || client.Remote == "" {
			continue
		}
		taken[client.ID] = true
		c := Connection{Client: client.ID, From: client.Local, To: client.Remote, since: call.N}
		for _, s := range j.Sockets {
			if s.Local == client.Remote && s.Remote == client.Local && !taken[s.ID] && s.ID != client.ID {
				c.Server = s.ID
				taken[s.ID] = true
				break
			}
		}
		for i := range all {
			if all[i].From == c.From && all[i].To == c.To && all[i].until == 0 {
				all[i].until = c.since
			}
		}
		all = append(all, c)
	}
	for i := range all {
		all[i].Journal = narrowed(j, &all[i])
	}
	return all
}

func socketOf(j *journal.Journal, id string) (journal.Socket, bool) {
	i := slices.IndexFunc(j.Sockets, func(s journal.Socket) bool { return s.ID == id })
	if i < 0 {
		return journal.Socket{}, false
	}
	return j.Sockets[i], true
}

// narrowed keeps what concerns the connection: what its sockets did and were
// seen in, and the packets between their addresses, up to the end of the play.
func narrowed(j *journal.Journal, c *Connection) *journal.Journal {
	own := *j
	own.Events = nil
	for i := range j.Events {
		e := &j.Events[i]
		if j.Played != 0 && e.N > j.Played {
			break
		}
		if c.concerns(e) {
			own.Events = append(own.Events, *e)
		}
	}
	return &own
}

func (c *Connection) concerns(e *journal.Event) bool {
	if p := e.Packet; p != nil {
		if e.N < c.since || c.until != 0 && e.N >= c.until {
			return false
		}
		return p.Src == c.From && p.Dst == c.To || p.Src == c.To && p.Dst == c.From
	}
	return e.Socket != "" && (e.Socket == c.Client || e.Socket == c.Server)
}

// Address is that of one of the ends.
func (c *Connection) Address(socket string) string {
	if socket == c.Client {
		return c.From
	}
	return c.To
}

// Peer is the other end of a socket's connection.
func (c *Connection) Peer(socket string) string {
	if socket == c.Client {
		return c.Server
	}
	return c.Client
}
