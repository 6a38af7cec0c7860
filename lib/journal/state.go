package journal

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
