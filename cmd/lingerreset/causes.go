package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// cause is one thing that draws a RST, made to happen on a connection.
type cause struct {
	claim.Connection
	kind
	from string         // the socket whose end it concerns; "" where no socket is there
	by   *journal.Event // what brought it about; nil: nothing did
}

// kind is a sort of cause.
type kind struct {
	name     string
	is       func(*journal.Journal, *cause)
	byServer bool // the RST comes from the server's end, not from the client's
	may      bool // draw none
	onWire   bool // packets have to be held or lost
}

// kinds are all causes that are made to happen. Of those that a connection might
// be taken for, the first counts: the more special ones come before.
var kinds = []kind{
	{name: "a port that nobody listens on", is: isClosedPort, byServer: true},
	{name: destroys, is: isDestroyed},
	{name: "keepalive finds nobody", is: isKeepalive, onWire: true},
	{name: "TCP_USER_TIMEOUT, data lost", is: isUserTimeout, may: true, onWire: true},
	{name: "an old duplicate SYN+ACK", is: isOldSYNACK, onWire: true},
	{name: "close() with SO_LINGER {1, 0}", is: isLingerZero},
	{name: "close() with data unread", is: isUnread},
	{name: "data to a closed socket", is: isDataToClosed},
	{name: "SHUT_RDWR, then data", is: isDataAfterBoth},
	{name: "a full accept queue, tcp_abort_on_overflow", is: isQueueFull, byServer: true, onWire: true},
}

// destroys is the cause that not every kernel has.
const destroys = "ss -K (SOCK_DESTROY)"

// causesOf tells what was made to happen on each connection, by what was done.
func causesOf(j *journal.Journal) []cause {
	var all []cause
	for _, c := range claim.Connections(j) {
		for _, of := range kinds {
			k := cause{Connection: c, kind: of}
			if k.is(j, &k); k.by != nil {
				all = append(all, k)
				break
			}
		}
	}
	return onlyOverflow(all)
}

// onlyOverflow keeps one of the clients of a listener that nobody accepted: all
// but the last found room in its queue, and are there to fill it.
func onlyOverflow(all []cause) []cause {
	var some []cause
	last := -1 // among some
	for _, k := range all {
		switch {
		case !k.onWire || !k.byServer:
			some = append(some, k)
		case last < 0:
			last, some = len(some), append(some, k)
		case some[last].rst() == nil:
			some[last] = k
		}
	}
	return some
}

// notMade names a cause that was to be made to happen on this network and was not
// recognised; "": none.
func notMade(j *journal.Journal, all []cause) string {
	for _, k := range kinds {
		switch {
		case slices.ContainsFunc(all, func(c cause) bool { return c.name == k.name }):
		case k.onWire && j.Network != journal.Wire:
		case k.name == destroys && (j.Network == journal.HostNet || len(claim.Failed(j, "", "SOCK_DESTROY", "EOPNOTSUPP")) > 0):
		default:
			return k.name
		}
	}
	return ""
}

// isClosedPort: the client calls an address whose listener had been closed.
func isClosedPort(j *journal.Journal, k *cause) {
	for _, s := range j.Sockets {
		if s.Local != k.To || s.Remote != "" {
			continue
		}
		connect := claim.Nth(k.Calls(k.Client, nil, "connect"), 0)
		closed := claim.Nth(claim.Calls(j, s.ID, "close"), 0)
		if connect != nil && closed != nil && closed.N < connect.N {
			k.by = connect
		}
	}
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

func isDestroyed(_ *journal.Journal, k *cause) {
	k.from, k.by = k.Client, k.done("SOCK_DESTROY", "")
}

func isKeepalive(_ *journal.Journal, k *cause) {
	k.from, k.by = k.Client, k.done("setsockopt", "SO_KEEPALIVE")
}

func isUserTimeout(_ *journal.Journal, k *cause) {
	k.from, k.by = k.Client, k.done("setsockopt", "TCP_USER_TIMEOUT")
}

func isOldSYNACK(_ *journal.Journal, k *cause) {
	for _, e := range claim.Packets(k.Journal, journal.AtInjected) {
		if claim.HasFlags(e, "SYN", "ACK") {
			k.from, k.by = k.Client, e
		}
	}
}

func isLingerZero(_ *journal.Journal, k *cause) {
	if closed := k.done("close", ""); closed != nil && lingerAt(&k.Connection, k.Client, closed) == lingerZero {
		k.from, k.by = k.Client, closed
	}
}

func isUnread(_ *journal.Journal, k *cause) {
	if closed := k.done("close", ""); closed != nil && k.Unread(k.Client, closed) > 0 {
		k.from, k.by = k.Client, closed
	}
}

// isDataToClosed: the client's kernel answers in nobody's name.
func isDataToClosed(_ *journal.Journal, k *cause) {
	if closed := k.done("close", ""); closed != nil {
		k.by = claim.Nth(k.Calls(k.Server, closed, claim.Sending...), 0)
	}
}

func isDataAfterBoth(_ *journal.Journal, k *cause) {
	if shut := k.done("shutdown", "SHUT_RDWR"); shut != nil {
		k.from, k.by = k.Client, claim.Nth(k.Calls(k.Server, shut, claim.Sending...), 0)
	}
}

// isQueueFull: the client's connection was never accepted, by a listener that was
// told to reset what does not fit into its queue.
func isQueueFull(j *journal.Journal, k *cause) {
	connect := claim.Nth(k.Calls(k.Client, nil, "connect"), 0)
	if k.Server != "" || connect == nil {
		return
	}
	for i := range j.Events {
		s := j.Events[i].Setting
		if s != nil && s.Name == "net.ipv4.tcp_abort_on_overflow" && s.New == "1" && j.Events[i].N < connect.N {
			k.by = connect
		}
	}
}

// rst is the first RST that came from the end that it is due from, after what
// brought it about.
func (k *cause) rst() *journal.Event {
	to := k.Server // "" has the server's address too
	if k.byServer {
		to = k.Client
	}
	return claim.WithFlag(k.Arrived(to, k.by, nil), "RST")
}

// sender names who sent a RST: a socket, or a kernel in nobody's name.
func (k *cause) sender() string {
	id, host := k.Client, "a"
	if k.byServer {
		id, host = k.Server, "b"
	}
	if id == "" || k.from == "" {
		return "the kernel of " + host
	}
	return id
}

// counters lists the kernel's counters that moved because of it and tell why a
// RST was sent: those counted next after it.
func (k *cause) counters(j *journal.Journal) []*journal.Event {
	var some []*journal.Event
	counted := false
	for i := range j.Events {
		e := &j.Events[i]
		switch {
		case e.N < k.by.N:
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
	return strings.HasPrefix(name, "TCPAbort") || strings.HasPrefix(name, "Listen") || slices.Contains([]string{"TCPKeepAlive", "AttemptFails", "EmbryonicRsts"}, name)
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
func compareCauses(v *tcp.View) *claim.Comparison {
	j := v.Journal
	t := &claim.Comparison{
		Title: "What drew a RST",
		Ways:  []string{"RST from", "as", "counters", "calls of the one", "calls of the other"},
	}
	for _, k := range causesOf(j) {
		from, as := claim.Told(""), claim.Told("")
		if rst := k.rst(); rst == nil && k.HasPackets() {
			from = claim.Told("none")
		} else if rst != nil {
			from, as = claim.Told(k.sender(), rst), claim.Told(claim.FlagsOf([]*journal.Event{rst}), rst)
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

// allDraw is the phenomenon of causes: each that can be made to happen on this
// network was, and drew a RST, but for what may draw none.
var allDraw = claim.Phenomenon{
	Needs: needsPackets,
	Check: func(j *journal.Journal) claim.Finding {
		all := causesOf(j)
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
			default:
				drew = append(drew, k.name)
			}
			cited = append(cited, k.by, rst)
		}
		if name := notMade(j, all); name != "" {
			if f, ok := claim.Complete(j); !ok {
				return f
			}
			return claim.Unclear("not made to happen: %s", name)
		}
		said := "these drew a RST: " + strings.Join(drew, "; ")
		if len(spare) > 0 {
			said += "; this drew none: " + strings.Join(spare, "; ")
		}
		return claim.Confirm(claim.Numbers(cited...), "%s", said)
	},
}
