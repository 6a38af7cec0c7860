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
}

// connections makes what Connections returns.
func connections(j *journal.Journal) []Connection {
	var (
		all    []Connection
		called []*journal.Event // by which connect each began
		taken  = map[string]bool{}
	)
	for _, call := range Calls(j, "", "connect") {
		client, ok := SocketOf(j, call.Socket)
		if !ok || taken[client.ID] || client.Local == "" || client.Remote == "" {
			continue
		}
		taken[client.ID] = true
		c := Connection{Client: client.ID, From: client.Local, To: client.Remote}
		for _, s := range j.Sockets {
			if s.Local == client.Remote && s.Remote == client.Local && !taken[s.ID] {
				c.Server = s.ID
				taken[s.ID] = true
				break
			}
		}
		all, called = append(all, c), append(called, call)
	}
	narrow(j, all, called)
	return all
}

// SocketOf is the socket of that id; ok: there is one.
func SocketOf(j *journal.Journal, id string) (s journal.Socket, ok bool) {
	i := slices.IndexFunc(j.Sockets, func(s journal.Socket) bool { return s.ID == id })
	if i < 0 {
		return journal.Socket{}, false
	}
	return j.Sockets[i], true
}

// narrow gives each connection the events that concern it: what its sockets did
// and were seen in, and the packets between their addresses, up to the end of
// the play.
func narrow(j *journal.Journal, all []Connection, called []*journal.Event) {
	var (
		sockets = map[string]int{}
		between = map[direction]int{}
		events  = make([][]int, len(all))
	)
	for i := range all {
		c := &all[i]
		sockets[c.Client], sockets[c.Server] = i, i
		if _, again := between[direction{c.From, c.To}]; !again {
			between[direction{c.From, c.To}], between[direction{c.To, c.From}] = i, i
		}
	}
	delete(sockets, "") // a server that was never accepted has no name
	next := 0
	for i := range j.Events {
		e := &j.Events[i]
		if j.Played != 0 && e.N > j.Played {
			continue
		}
		if next < len(called) && e.N == called[next].N {
			c := &all[next]
			between[direction{c.From, c.To}], between[direction{c.To, c.From}] = next, next
			next++
		}
		of, is := sockets[e.Socket]
		if e.Packet != nil {
			of, is = between[direction{e.Packet.Src, e.Packet.Dst}]
		}
		if is {
			events[of] = append(events[of], i)
		}
	}
	share(j, all, events)
}

// share gives each connection a journal of its own with its events, by their indices.
func share(j *journal.Journal, all []Connection, events [][]int) {
	total := 0
	for i := range events {
		total += len(events[i])
	}
	room := make([]journal.Event, 0, total) // one for all: journals are narrowed often
	for i := range all {
		from := len(room)
		for _, k := range events[i] {
			room = append(room, j.Events[k])
		}
		own := *j
		own.Events = room[from:len(room):len(room)]
		all[i].Journal = &own
	}
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
