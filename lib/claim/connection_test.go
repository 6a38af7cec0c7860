package claim

import (
	"slices"
	"testing"

	"sockproof/lib/journal"
)

// dialogue writes a journal of several sockets by hand.
type dialogue struct{ *script }

func newDialogue(n journal.Network) dialogue { return dialogue{newScript(n)} }

// socket adds a socket to the journal's list.
func (d dialogue) socket(id, local, remote string) {
	d.Sockets = append(d.Sockets, journal.Socket{ID: id, Host: id[:1], Local: local, Remote: remote})
}

// does lets a socket make a call.
func (d dialogue) does(socket, op string) {
	d.add(journal.Event{Host: socket[:1], Socket: socket, Kind: journal.KindCall, Call: &journal.Call{Op: op, Args: []string{socket}}})
}

// enters lets sock_diag see a socket enter a state.
func (d dialogue) enters(socket, state string) {
	d.add(journal.Event{Host: socket[:1], Socket: socket, Kind: journal.KindState, State: &journal.State{To: state, Witness: journal.SockDiag}})
}

// passes puts a segment on the wire.
func (d dialogue) passes(src, dst, flags string) int {
	return d.segment(journal.AtSent, src, dst, flags, 1, 1, 0)
}

// pairsOf are the ends of connections, and the events of each.
func pairsOf(all []Connection) (pairs [][2]string, events [][]int) {
	for i := range all {
		pairs = append(pairs, [2]string{all[i].Client, all[i].Server})
		var n []int
		for k := range all[i].Events {
			n = append(n, all[i].Events[k].N)
		}
		events = append(events, n)
	}
	return pairs, events
}

func check(t *testing.T, j *journal.Journal, pairs [][2]string, events [][]int) []Connection {
	t.Helper()
	all := Connections(j)
	gotPairs, gotEvents := pairsOf(all)
	if !slices.Equal(gotPairs, pairs) {
		t.Fatalf("connections %v, want %v", gotPairs, pairs)
	}
	if !slices.EqualFunc(gotEvents, events, slices.Equal) {
		t.Errorf("events %v, want %v", gotEvents, events)
	}
	return all
}

const (
	server  = "192.0.2.2:80"
	client1 = "192.0.2.1:1001"
	client2 = "192.0.2.1:1002"
	client3 = "192.0.2.1:1003"
)

// TestConnections: each has what its sockets did, and the packets between them,
// whatever is interleaved; what the listener did is nobody's.
func TestConnections(t *testing.T) {
	d := newDialogue(journal.Wire)
	d.socket("b1", server, "")
	d.socket("a1", client1, server)
	d.socket("a2", client2, server)
	d.socket("b2", server, client2) // accepted in another order than called for
	d.socket("b3", server, client1)
	d.does("b1", "listen")                   // 1
	d.does("a1", "connect")                  // 2
	d.passes(client1, server, "SYN")         // 3
	d.does("a2", "connect")                  // 4
	d.passes(client2, server, "SYN")         // 5
	d.passes(server, client1, "SYN+ACK")     // 6
	d.does("b1", "accept4")                  // 7
	d.enters("b2", journal.Established)      // 8
	d.enters("b3", journal.Established)      // 9
	d.does("b2", "close")                    // 10
	d.passes("192.0.2.9:9", server, "RST")   // 11: a stranger's
	d.passes(client1, "192.0.2.2:81", "SYN") // 12: to another port
	d.add(journal.Event{Kind: journal.KindNote, Note: &journal.Note{Text: "nobody's"}})
	all := check(t, &d.Journal, [][2]string{{"a1", "b3"}, {"a2", "b2"}}, [][]int{{2, 3, 6, 9}, {4, 5, 8, 10}})
	c := &all[0]
	if c.Peer("a1") != "b3" || c.Peer("b3") != "a1" || c.Address("a1") != client1 || c.Address("b3") != server {
		t.Errorf("peer of a1 %s, of b3 %s; addresses %s, %s", c.Peer("a1"), c.Peer("b3"), c.Address("a1"), c.Address("b3"))
	}
	// The narrowed journal's events are copies: what is done to one changes nothing else.
	c.Events[0].Socket = "x"
	if d.Events[1].Socket != "a1" {
		t.Error("narrowing changed the journal")
	}
}

// TestConnectionsNeverAccepted: a client that waits in the queue has no peer, and
// no event of a socket without a name; one that never had an address is none.
func TestConnectionsNeverAccepted(t *testing.T) {
	d := newDialogue(journal.Wire)
	d.socket("a1", client1, server)
	d.socket("a2", "", "")
	d.socket("a3", client3, "")
	d.does("a1", "connect")                                                                      // 1
	d.does("a2", "connect")                                                                      // 2
	d.does("a3", "connect")                                                                      // 3
	d.does("a9", "connect")                                                                      // 4: not in the list
	d.passes(server, client1, "SYN+ACK")                                                         // 5
	d.add(journal.Event{Host: "b", Kind: journal.KindState, State: &journal.State{To: "CLOSE"}}) // 6
	all := check(t, &d.Journal, [][2]string{{"a1", ""}}, [][]int{{1, 5}})
	if p := all[0].Peer("a1"); p != "" {
		t.Errorf("its peer is %q", p)
	}
}

// TestConnectionsOfOneAddressPair: where a four-tuple is used again, each socket
// counts for one connection only, and a packet for the one called for last.
func TestConnectionsOfOneAddressPair(t *testing.T) {
	d := newDialogue(journal.Wire)
	d.socket("a1", client1, server)
	d.socket("b2", server, client1)
	d.socket("a2", client1, server)
	d.socket("b3", server, client1)
	d.does("a1", "connect")          // 1
	d.passes(client1, server, "SYN") // 2
	d.enters("b2", "ESTABLISHED")    // 3
	d.passes(server, client1, "RST") // 4
	d.does("a2", "connect")          // 5
	d.passes(client1, server, "SYN") // 6
	d.enters("b3", "ESTABLISHED")    // 7
	d.does("a1", "connect")          // 8: again, which begins no other
	d.passes(server, client1, "FIN") // 9
	d.enters("b2", "CLOSE")          // 10
	check(t, &d.Journal, [][2]string{{"a1", "b2"}, {"a2", "b3"}}, [][]int{{1, 2, 3, 4, 8, 10}, {5, 6, 7, 9}})
}

// TestConnectionCalledForInTheBackground: a blocking connect is journalled when
// it returns, after its packets.
func TestConnectionCalledForInTheBackground(t *testing.T) {
	d := newDialogue(journal.Wire)
	d.socket("a1", client1, server)
	d.socket("b2", server, client1)
	d.passes(client1, server, "SYN")     // 1
	d.passes(server, client1, "SYN+ACK") // 2
	d.does("a1", "connect")              // 3
	check(t, &d.Journal, [][2]string{{"a1", "b2"}}, [][]int{{1, 2, 3}})
}

// TestSelfConnectionIsNoPair: a socket that connects to itself is no peer of its
// own; two that call each other are one connection, called for by the first.
func TestSelfConnectionIsNoPair(t *testing.T) {
	d := newDialogue(journal.Wire)
	d.socket("a1", client1, client1)
	d.does("a1", "connect")             // 1
	d.passes(client1, client1, "SYN")   // 2
	d.enters("a1", journal.Established) // 3
	check(t, &d.Journal, [][2]string{{"a1", ""}}, [][]int{{1, 2, 3}})

	d = newDialogue(journal.Wire)
	d.socket("a1", client1, server)
	d.socket("b1", server, client1)
	d.does("a1", "connect")          // 1
	d.does("b1", "connect")          // 2
	d.passes(client1, server, "SYN") // 3
	d.passes(server, client1, "SYN") // 4
	check(t, &d.Journal, [][2]string{{"a1", "b1"}}, [][]int{{1, 2, 3, 4}})
}

// TestTearDownIsNoEvidence: what follows the play belongs to no connection.
func TestTearDownIsNoEvidence(t *testing.T) {
	d := newDialogue(journal.Loopback)
	d.socket("a1", client1, server)
	d.socket("b2", server, client1)
	d.does("a1", "connect")                     // 1
	d.Played = d.passes(client1, server, "ACK") // 2
	d.does("a1", "close")                       // 3
	d.passes(client1, server, "RST+ACK")        // 4
	d.enters("b2", journal.Gone)                // 5
	check(t, &d.Journal, [][2]string{{"a1", "b2"}}, [][]int{{1, 2}})
	d.Played = 0 // not told
	check(t, &d.Journal, [][2]string{{"a1", "b2"}}, [][]int{{1, 2, 3, 4, 5}})
}

func TestSocketOf(t *testing.T) {
	d := newDialogue(journal.Wire)
	d.socket("a1", client1, server)
	if s, ok := SocketOf(&d.Journal, "a1"); !ok || s.Local != client1 {
		t.Errorf("%+v, %t", s, ok)
	}
	if s, ok := SocketOf(&d.Journal, "b1"); ok || s.ID != "" {
		t.Errorf("%+v, %t", s, ok)
	}
}

// TestArrivals: on the wire a segment is news where it arrives for the first
// time, be it sent once or again; elsewhere arrivals are all that is seen.
func TestArrivals(t *testing.T) {
	d := newDialogue(journal.Wire)
	for _, at := range []string{journal.AtSent, journal.AtDropped, journal.AtSent, journal.AtDelivered, journal.AtDelivered} {
		d.segment(at, here, there, "PSH+ACK", 100, 7, 10)
	}
	for network, want := range map[journal.Network][2][]int{
		journal.Wire:     {{1}, {4}}, // news as sent, news as arrived
		journal.Loopback: {{4}, {4}},
	} {
		d.Network = network
		numbers := func(some []Segment) (n []int) {
			for _, s := range some {
				n = append(n, s.Event.N)
			}
			return n
		}
		if news, arrivals := numbers(News(&d.Journal)), numbers(Arrivals(&d.Journal)); !slices.Equal(news, want[0]) || !slices.Equal(arrivals, want[1]) {
			t.Errorf("%s: news %v, arrivals %v, want %v", network, news, arrivals, want)
		}
	}
}
