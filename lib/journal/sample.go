package journal

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
