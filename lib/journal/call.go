package journal

import (
	"slices"
	"strconv"
	"strings"
)

// Call is one system call on a socket, or on a descriptor that belongs to one. What its
// texts mean, its methods say; nothing else reads them.
type Call struct {
	Op     string   `json:"op"`               // the system call's name: "connect"
	Args   []string `json:"args"`             // its arguments as strace would print them, the descriptor as the socket's id
	Result int64    `json:"result"`           // what it returned; -1 with an errno
	Errno  Errno    `json:"errno,omitempty"`  // by name, "ECONNREFUSED"; absent on success
	TookNS int64    `json:"took_ns"`          // nanoseconds spent in it
	Out    string   `json:"out,omitempty"`    // what it returned through a pointer: an address, an option's value
	Kept   string   `json:"kept,omitempty"`   // of a successful bind or setsockopt: the address or the value that the socket has then, as it was asked
	Data   []byte   `json:"data,omitempty"`   // the bytes written or read, base64
	Digest *Digest  `json:"digest,omitempty"` // of Data, where that is not kept
	Signal Signal   `json:"signal,omitempty"`
}

// Digest stands for bytes that are not kept: they are somebody's own.
type Digest struct {
	Len    int    `json:"len"`
	SHA256 string `json:"sha256"` // hex
}

// Text is the call as strace would print it, without what it returned.
func (c *Call) Text() string { return CallText(c.Op, c.Args...) }

// CallText is a call with its arguments: "read(a1, 10)".
func CallText(op string, args ...string) string { return op + "(" + strings.Join(args, ", ") + ")" }

// arg is the i-th argument, from 0; the 0th is the descriptor.
func (c *Call) arg(i int) string {
	if i < len(c.Args) {
		return c.Args[i]
	}
	return ""
}

// Via says which of a socket's descriptors is meant.
type Via string

// The descriptors, as they stand behind the socket's id.
const (
	OwnDescriptor Via = ""                  // the run's own, its first
	ByDuplicate   Via = " by its duplicate" // of dup(2)
	InChild       Via = " in the child"     // a child's
)

// Descriptor is one of a socket's.
type Descriptor struct {
	Socket string // its id
	Via    Via
}

// String is its form in a call's arguments: "a1 in the child".
func (d Descriptor) String() string { return d.Socket + string(d.Via) }

// parseDescriptor reads what String writes.
func parseDescriptor(text string) Descriptor {
	for _, via := range []Via{ByDuplicate, InChild} {
		if id, is := strings.CutSuffix(text, string(via)); is {
			return Descriptor{id, via}
		}
	}
	return Descriptor{Socket: text}
}

// Descriptor is the one that the call was made on.
func (c *Call) Descriptor() Descriptor { return parseDescriptor(c.arg(0)) }

// InChild says whether a child made the call, on its own descriptor.
func (c *Call) InChild() bool { return c.Descriptor().Via == InChild }

// Address is the one that the call was given: where a bind, a connect or a dial was to go;
// "": none.
func (c *Call) Address() Address { return Address(c.arg(max(len(c.Args)-1, 1))) }

// Accepted is the socket that an accept returned, and the address of its peer; "": none.
func (c *Call) Accepted() (id string, from Address) {
	id, at, _ := strings.Cut(c.Out, " from ")
	return id, Address(at)
}

// AcceptedText is what an accept returns, for Accepted.
func AcceptedText(id string, from Address) string { return id + " from " + string(from) }

// Length is how many bytes the call was to move; false: it does not say.
func (c *Call) Length() (int, bool) {
	for _, a := range c.Args[min(1, len(c.Args)):] {
		if n, err := strconv.Atoi(a); err == nil {
			return n, true
		}
	}
	return 0, false
}

// Has says whether the call had a flag.
func (c *Call) Has(f SendFlag) bool {
	return slices.ContainsFunc(c.Args, func(a string) bool { return slices.Contains(strings.Split(a, "|"), string(f)) })
}

// How is the half that a shutdown was to close.
func (c *Call) How() How { return How(c.arg(1)) }

// FD is the number of the descriptor by which Go's os package wrote; false: the call does not
// say.
func (c *Call) FD() (int, bool) {
	text, is := strings.CutPrefix(c.arg(2), fdPrefix)
	n, err := strconv.Atoi(text)
	return n, is && err == nil
}

const fdPrefix = "descriptor "

// FDText is the argument that FD reads.
func FDText(fd int) string { return fdPrefix + strconv.Itoa(fd) }

// Backlog is the one that a listen was given; false: it does not say.
func (c *Call) Backlog() (int, bool) {
	n, err := strconv.Atoi(c.arg(1))
	return n, err == nil
}

// The protocols of socket(2), as the journal has them.
const (
	ProtoTCP = "IPPROTO_TCP"
	ProtoUDP = "IPPROTO_UDP"
)

// IsUDP says whether the call made a socket of UDP.
func (c *Call) IsUDP() bool { return c.Op == "socket" && c.arg(2) == ProtoUDP }

// IsStatus says whether an fcntl set the file status flags, O_NONBLOCK among them.
func (c *Call) IsStatus() bool { return c.Op == "fcntl" && c.arg(1) == "F_SETFL" }

// Limit is what a setrlimit allowed; false: it does not say.
func (c *Call) Limit() (int64, bool) {
	n, err := strconv.ParseInt(c.arg(1), 10, 64)
	return n, err == nil
}

// Option is the one that a setsockopt or a getsockopt was about.
func (c *Call) Option() Option { return Option(c.arg(1)) }

// Value is what a setsockopt set, and what a getsockopt returned.
func (c *Call) Value() Value {
	if c.Op == "getsockopt" {
		return Value(c.Out)
	}
	return Value(c.arg(2))
}

// KeptValue is the value that the option has after a setsockopt; false: it was not asked.
func (c *Call) KeptValue() (Value, bool) { return Value(c.Kept), c.Kept != "" }

// SocketError says whether the call asked for SO_ERROR, and got one.
func (c *Call) SocketError() (Errno, bool) {
	if c.Op != "getsockopt" || c.Option() != SOError {
		return "", false
	}
	return c.Value().Errno(), true
}

// Watched is what an epoll_ctl asks for.
func (c *Call) Watched() Epoll { return parseEpoll(c.arg(2)) }

// Ready is what an epoll_wait reports.
func (c *Call) Ready() Epoll { return parseEpoll(c.Out) }

func (c Call) masked(m Mask) *Call {
	c.Args, c.Out, c.Kept = maskedAll(c.Args, m), m.Text(c.Out), m.Text(c.Kept)
	data, digest := m.Data(c.Data)
	if c.Data = data; digest != nil {
		c.Digest = digest
	}
	return &c
}
