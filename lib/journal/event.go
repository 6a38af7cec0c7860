// Package journal holds what the witnesses saw in one run, as numbered events
// on one clock. It is the only thing that is judged: producers append to it and
// know nothing of claims, judges and renderers read it and know nothing of
// sockets. It builds and works on every platform.
package journal

import "encoding/json"

// Kind says what an event is about; the payload of that name is set.
type Kind string

// The kinds of event. Readers pass over the ones they do not know.
const (
	KindCall    Kind = "call"    // a system call, as the program made it
	KindPacket  Kind = "packet"  // a packet, where it left or entered a host
	KindState   Kind = "state"   // a witness saw a socket's state change
	KindSample  Kind = "sample"  // a witness read a socket's timer and queues
	KindReset   Kind = "reset"   // the kernel sent or took a RST, and why
	KindProcess Kind = "process" // a child process began, ended or was signalled
	KindCounter Kind = "counter" // a kernel counter moved between start and end
	KindSetting Kind = "setting" // a kernel setting was changed for the run
	KindRule    Kind = "rule"    // a filter on the wire acted
	KindTable   Kind = "table"   // a witness listed the sockets of a host
	KindFold    Kind = "fold"    // many like events, counted instead of kept
	KindAnswer  Kind = "answer"  // what an application made of a request
	KindNote    Kind = "note"    // a remark by the scenario
)

// Event is one thing one witness saw. Exactly the payload named by Kind is set.
type Event struct {
	N      int    `json:"n"`                // unique in a document, rising in the order of recording
	Run    int    `json:"run"`              // the run it belongs to, from 1
	T      int64  `json:"t_ns"`             // when it was observed, nanoseconds since the run began (CLOCK_MONOTONIC)
	Host   string `json:"host,omitempty"`   // "a", "b"; empty where it concerns no single host
	Socket string `json:"socket,omitempty"` // "a1": the first socket of host a
	Kind   Kind   `json:"kind"`

	Call    *Call    `json:"call,omitempty"`
	Packet  *Packet  `json:"packet,omitempty"`
	State   *State   `json:"state,omitempty"`
	Sample  *Sample  `json:"sample,omitempty"`
	Reset   *Reset   `json:"reset,omitempty"`
	Process *Process `json:"process,omitempty"`
	Counter *Counter `json:"counter,omitempty"`
	Setting *Setting `json:"setting,omitempty"`
	Rule    *Rule    `json:"rule,omitempty"`
	Table   *Table   `json:"table,omitempty"`
	Fold    *Fold    `json:"fold,omitempty"`
	Answer  *Answer  `json:"answer,omitempty"`
	Note    *Note    `json:"note,omitempty"`

	// Unknown keeps, as it was read, the payload of a kind this version does
	// not know, so that a journal passes through without loss.
	Unknown json.RawMessage `json:"-"`
}

// Call is one system call on a socket, or on a descriptor that belongs to one.
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

// State is a change of a socket's TCP state, as one witness saw it. The names
// are Linux's (include/net/tcp_states.h), without the prefix TCP_.
type State struct {
	From    string  `json:"from"` // "" where the witness saw the socket for the first time
	To      string  `json:"to"`   // GONE where the witness no longer finds it
	Witness Witness `json:"witness"`
	Info    *Info   `json:"info,omitempty"` // what TCP_INFO counted by then; absent in journals before it was recorded
}

// Info is what the kernel counted of one socket, by the names of struct tcp_info
// (include/uapi/linux/tcp.h). All count from the socket's beginning.
type Info struct {
	SegsIn        int64 `json:"segs_in"`        // segments that reached it, after every filter
	SegsOut       int64 `json:"segs_out"`       // segments it made, retransmissions among them, before every filter
	DataSegsIn    int64 `json:"data_segs_in"`   // those of SegsIn with data
	BytesReceived int64 `json:"bytes_received"` // in order; a FIN counts as one
	BytesAcked    int64 `json:"bytes_acked"`    // of its own; an active opener's SYN and the FIN count as one each
	Retrans       int64 `json:"total_retrans"`  // retransmitted segments
	SndWnd        int64 `json:"snd_wnd"`        // the window that it may fill, as its peer offered it last
	Drops         int64 `json:"drops"`          // what it threw away, by a filter or by TCP's rules (SO_MEMINFO)
}

// The states of a TCP socket by Linux's names.
const (
	Close       = "CLOSE"
	Listen      = "LISTEN"
	SynSent     = "SYN_SENT"
	SynRecv     = "SYN_RECV"
	Established = "ESTABLISHED"
	FinWait1    = "FIN_WAIT1"
	FinWait2    = "FIN_WAIT2"
	Closing     = "CLOSING"
	TimeWait    = "TIME_WAIT"
	CloseWait   = "CLOSE_WAIT"
	LastAck     = "LAST_ACK"

	// Gone is not a state of TCP: sock_diag no longer finds the socket.
	Gone = "GONE"
)

// Sample is what a witness read of a socket without its state having changed.
type Sample struct {
	Witness Witness `json:"witness"`
	State   string  `json:"state"`
	Timer   string  `json:"timer,omitempty"` // off, on (retransmit), keepalive, timewait, persist
	TimerMS int64   `json:"timer_ms"`        // until it expires
	RxQueue int64   `json:"rx_queue"`        // bytes unread; a listener: connections waiting
	TxQueue int64   `json:"tx_queue"`        // bytes unacknowledged; a listener: its backlog
	Inode   uint64  `json:"inode,omitempty"` // 0: no descriptor refers to it
	Info    *Info   `json:"info,omitempty"`  // of the witness tcp_info, which tells nothing else here but the state
}

// Reset is a RST that the kernel sent or took, with the reason the trace gave.
type Reset struct {
	Direction string `json:"direction"` // sent, received
	Reason    string `json:"reason"`
}

// Process is a step in the life of a child that owns sockets.
type Process struct {
	PID         int         `json:"pid"`
	Event       string      `json:"event"` // started, exited, killed; Began: a thread of its own began a call; blocked: it waits in one; signalled: one got a signal; looked at: its disposition was read; HeldUp: it did not run
	Status      int         `json:"status"`
	Signal      Signal      `json:"signal,omitempty"`      // the signal it died of: "SIGPIPE"
	Disposition Disposition `json:"disposition,omitempty"` // of SIGPIPE in it: default, ignore
	Sockets     []string    `json:"sockets,omitempty"`     // the ids of those it was started with
	How         string      `json:"how,omitempty"`         // exited: "returned from main", "_exit"; blocked: "read(a1)"; started: the program's name
	ForNS       int64       `json:"for_ns,omitempty"`      // held up: how long, in nanoseconds from the event's time
}

// HeldUp is the event of a process that did not run for a while, though it had
// something to do: it was stopped and continued, of which its Signal tells, or its
// machine was busy or paused. The kernel's timers went on; and being stopped
// interrupts calls that block (signal(7)).
const HeldUp = "held up"

// Began is the event of a thread of this program, other than the run's, that begins
// a call: how is the call's text. The call itself is journalled when it returns.
const Began = "began"

// Counter is how far a counter of the host's namespace moved in the run, or
// since it was last counted in the run.
type Counter struct {
	Name  string `json:"name"` // as in /proc/net/netstat and /proc/net/snmp: "TCPAbortOnData"
	Delta int64  `json:"delta"`
}

// Setting is a kernel setting that the run changed, as read back; where Old and
// New are the same, it read it and relied on it.
type Setting struct {
	Name string `json:"name"` // "net.ipv4.tcp_orphan_retries"
	Old  string `json:"old"`
	New  string `json:"new"`
}

// Answer is what an application made of a request: what it took for the answer,
// or that it had none. Which bytes were written and read stands in the calls that
// it names; the texts are for the reader.
type Answer struct {
	Policy  string `json:"policy"`          // how the application tells whose reply it has read: "naive"
	Did     string `json:"did"`             // taken, refused, discarded, timed out, cancelled, failed
	Request string `json:"request"`         // the one that it made
	Reply   string `json:"reply,omitempty"` // the one that it read
	Asked   int    `json:"asked"`           // the number of the call by which the request was sent
	Read    int    `json:"read,omitempty"`  // of the one that read the reply, or that ended without one
}

// Rule is a filter on the wire, and what it did.
type Rule struct {
	Host string `json:"host"`
	Text string `json:"text"`
}

// Table is what a witness listed when asked for all sockets of a host's stack
// in some states: finding none is evidence too.
type Table struct {
	Witness Witness  `json:"witness"`
	States  []string `json:"states"`  // those asked for
	Sockets []string `json:"sockets"` // found: "ESTABLISHED 192.0.2.1:5001 → 192.0.2.2:5002"
}

// Fold stands for like events in a row, too many to keep: counted instead.
type Fold struct {
	Times  int           `json:"times"`  // how many repetitions were folded
	Events int           `json:"events"` // how many events they had
	Counts []FoldedCount `json:"counts"` // by kind and content, most frequent first
	// Segments are the TCP segments among them, by host; absent in journals before these were
	// counted on their own.
	Segments []FoldedSegments `json:"segments,omitempty"`
}

// FoldedSegments is how many TCP segments of a Fold were seen at a host.
type FoldedSegments struct {
	Host         string `json:"host"`
	Sent         int    `json:"sent"`          // as they left it
	Delivered    int    `json:"delivered"`     // as they entered it; captured on lo: both
	SentRST      int    `json:"sent_rst"`      // those of Sent with RST
	DeliveredRST int    `json:"delivered_rst"` // those of Delivered with RST
}

// FoldedCount is how often one sort of event occurred in a Fold.
type FoldedCount struct {
	What  string `json:"what"` // "connect ECONNREFUSED", "packet SYN delivered"
	Count int    `json:"count"`
}

// Note is a remark by the scenario or the engine, for the reader; nothing is judged by it.
type Note struct {
	Text string `json:"text"`
}
