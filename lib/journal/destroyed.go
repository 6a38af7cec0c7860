package journal

// Destroyed is what the kernel told of a socket when it destroyed it, and had counted of it
// until then. A closer with SO_LINGER {1, 0}, and whatever else was disconnected, has lost its
// counts before (tcp_disconnect in net/ipv4/tcp.c): they are zero.
type Destroyed struct {
	Witness       Witness `json:"witness"`
	RxQueue       int64   `json:"rx_queue"` // bytes that nobody read, a FIN being one
	TxQueue       int64   `json:"tx_queue"` // bytes unacknowledged, a FIN being one
	SegsIn        int64   `json:"segs_in"`  // these as in Info
	SegsOut       int64   `json:"segs_out"`
	DataSegsIn    int64   `json:"data_segs_in"`
	BytesReceived int64   `json:"bytes_received"`
	BytesAcked    int64   `json:"bytes_acked"`
	Retrans       int64   `json:"total_retrans"`
}
