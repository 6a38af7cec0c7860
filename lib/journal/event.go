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

// Note is a remark by the scenario or the engine, for the reader; nothing is judged by it.
type Note struct {
	Text string `json:"text"`
}
