package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// cause is one thing that draws a RST, made to happen on a connection.
type cause struct {
	claim.Connection
	name string
	from string         // the socket whose end it concerns; "" where no socket is there
	by   *journal.Event // what brought it about
	may  bool           // draw none
}

// causesOf tells what was made to happen on each connection, by what was done.
func causesOf(j *journal.Journal) []cause {
	var all []cause
	for _, c := range claim.Connections(j) {
		for _, is := range []func(*journal.Journal, *cause) bool{
			isClosedPort, isDestroyed, isKeepalive, isUserTimeout, isOldSYNACK, isLingerZero, isUnread, isDataToClosed, isDataAfterBoth, isQueueFull,
		} {
			k := cause{Connection: c}
			if is(j, &k) {
				all = append(all, k)
				break
			}
		}
	}
	return all
}

func isClosedPort(j *journal.Journal, k *cause) bool {
	connect := claim.Nth(k.Calls(k.Client, nil, "connect"), 0)
	k.name, k.by = "a port that nobody listens on", connect
	return connect != nil && claim.Refusal(j, connect) != nil
}

// done finds a call of a client's, by its name and one of its arguments.
func (k *cause) done(op, arg string) *journal.Event {
	for _, e := range k.Calls(k.Client, nil, op) {
		if e.Call.Errno == "" && (arg == "" || slices.Contains(e.Call.Args, arg)) {
			return e
		}
	}
	return nil
}

func isDestroyed(_ *journal.Journal, k *cause) bool {
	k.name, k.from, k.by = "ss -K (SOCK_DESTROY)", k.Client, k.done("SOCK_DESTROY", "")
	return k.by != nil
}

func isKeepalive(_ *journal.Journal, k *cause) bool {
	k.name, k.from, k.by = "keepalive finds nobody", k.Client, k.done("setsockopt", "SO_KEEPALIVE")
	return k.by != nil
}

func isUserTimeout(_ *journal.Journal, k *cause) bool {
	k.name, k.from, k.by, k.may = "TCP_USER_TIMEOUT, data lost", k.Client, k.done("setsockopt", "TCP_USER_TIMEOUT"), true
	return k.by != nil
}

func isOldSYNACK(_ *journal.Journal, k *cause) bool {
	k.name, k.from = "an old duplicate SYN+ACK", k.Client
	for _, e := range claim.Packets(k.Journal, journal.AtInjected) {
		if claim.HasFlags(e, "SYN", "ACK") {
			k.by = e
		}
	}
	return k.by != nil
}

func isLingerZero(_ *journal.Journal, k *cause) bool {
	k.name, k.from, k.by = "close() with SO_LINGER {1, 0}", k.Client, k.done("close", "")
	return k.by != nil && lingerAt(&k.Connection, k.Client, k.by) == lingerZero
}

func isUnread(_ *journal.Journal, k *cause) bool {
	k.name, k.from, k.by = "close() with data unread", k.Client, k.done("close", "")
	return k.by != nil && k.Unread(k.Client, k.by) > 0
}

func isDataToClosed(_ *journal.Journal, k *cause) bool {
	k.name = "data to a closed socket" // whose kernel answers in nobody's name
	closed := k.done("close", "")
	k.by = claim.Nth(k.Calls(k.Server, closed, claim.Sending...), 0)
	return closed != nil && k.by != nil
}

func isDataAfterBoth(_ *journal.Journal, k *cause) bool {
	k.name, k.from = "SHUT_RDWR, then data", k.Client
	shut := k.done("shutdown", "SHUT_RDWR")
	k.by = claim.Nth(k.Calls(k.Server, shut, claim.Sending...), 0)
	return shut != nil && k.by != nil
}

func isQueueFull(j *journal.Journal, k *cause) bool {
	k.name, k.by = "a full accept queue, tcp_abort_on_overflow", nil
	for i := range j.Events {
		if s := j.Events[i].Setting; s != nil && s.Name == "net.ipv4.tcp_abort_on_overflow" && s.New == "1" {
			k.by = &j.Events[i]
		}
	}
	// The other clients of that listener were queued: only one found it full.
	return k.by != nil && k.Server == "" && claim.WithFlag(k.Arrived(k.Client, k.by, nil), "RST") != nil
}

// rst is the first RST of the connection after what brought it about.
func (k *cause) rst() *journal.Event {
	for _, s := range claim.News(k.Journal) {
		if s.Event.N > k.by.N && claim.WithFlag([]*journal.Event{s.Event}, "RST") != nil {
			return s.Event
		}
	}
	return nil
}

// sender names who sent a RST: a socket, or a kernel in nobody's name.
func (k *cause) sender(rst *journal.Event) string {
	id, host := k.Client, "a"
	if rst.Packet.Src == k.To {
		id, host = k.Server, "b"
	}
	if id == "" || k.from == "" {
		return "the kernel of " + host
	}
	return id
}

// counters lists the kernel's counters that moved because of it: those counted
// next after it.
func (k *cause) counters(j *journal.Journal) []*journal.Event {
	last := k.by.N
	if n := len(k.Events); n > 0 {
		last = max(last, k.Events[n-1].N)
	}
	var some []*journal.Event
	counted := false
	for i := range j.Events {
		e := &j.Events[i]
		switch {
		case e.N < last:
		case e.Counter != nil:
			counted = true
			if tells(e.Counter.Name) {
				some = append(some, e)
			}
		case counted:
			return some // the next cause
		}
	}
	return some
}

// tells says whether a counter says why a RST was sent.
func tells(name string) bool {
	return strings.HasPrefix(name, "TCPAbort") || strings.HasPrefix(name, "Listen") || name == "TCPKeepAlive" || name == "AttemptFails"
}

// heard is what the calls of one end returned after what brought it about.
func (k *cause) heard(socket string) claim.Cell {
	if socket == "" {
		return claim.Told("no socket")
	}
	var (
		told  []string
		cited []*journal.Event
	)
	for i := range k.Events {
		e := &k.Events[i]
		if e.Call == nil || e.Socket != socket || e.N < k.by.N {
			continue
		}
		switch {
		case slices.Contains(append([]string{"read", "close"}, claim.Sending...), e.Call.Op):
			told = append(told, e.Call.Op+" "+claim.Returned(e))
		case e.Call.Op == "getsockopt" && slices.Contains(e.Call.Args, "SO_ERROR"):
			told = append(told, "SO_ERROR "+e.Call.Out)
		default:
			continue
		}
		cited = append(cited, e)
	}
	if len(told) == 0 {
		return claim.Told("")
	}
	return claim.Told(strings.Join(told, ", "), cited...)
}

// compareCauses is the table: a row for each cause.
func compareCauses(j *journal.Journal) *claim.Comparison {
	t := &claim.Comparison{
		Title: "What drew a RST",
		Ways:  []string{"RST from", "as", "counters", "calls of the one", "calls of the other"},
	}
	for _, k := range causesOf(j) {
		from, as := claim.Told("none"), claim.Told("")
		if rst := k.rst(); rst != nil {
			from, as = claim.Told(k.sender(rst), rst), claim.Told(claim.FlagsOf([]*journal.Event{rst}), rst)
		}
		var names []string
		moved := k.counters(j)
		for _, e := range moved {
			names = append(names, e.Counter.Name)
		}
		one, other := k.Client, k.Server
		t.Rows = append(t.Rows, claim.Compared{What: k.name, Cells: []claim.Cell{
			from, as, claim.Told(strings.Join(names, " "), moved...), k.heard(one), k.heard(other),
		}})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// allDraw is the phenomenon of causes: each that was made to happen drew a RST,
// but for what may draw none.
var allDraw = claim.Phenomenon{
	Needs: needsPackets,
	Check: func(j *journal.Journal) claim.Finding {
		all := causesOf(j)
		if len(all) == 0 {
			if f, ok := claim.Complete(j); !ok {
				return f
			}
			return claim.Unclear("no cause was made to happen")
		}
		var (
			cited       []*journal.Event
			drew, spare []string
		)
		for _, k := range all {
			rst := k.rst()
			switch {
			case rst == nil && !k.may:
				return claim.Refuse(j, claim.Numbers(k.by), "%s drew no RST", k.name)
			case rst == nil:
				spare = append(spare, k.name)
				cited = append(cited, k.by)
			default:
				drew = append(drew, k.name)
				cited = append(cited, k.by, rst)
			}
		}
		said := "these drew a RST: " + strings.Join(drew, "; ")
		if len(spare) > 0 {
			said += "; this drew none: " + strings.Join(spare, "; ")
		}
		return claim.Confirm(claim.Numbers(cited...), "%s", said)
	},
}
