package journal

// Counter is how far a counter of the host's namespace moved in the run, or
// since it was last counted in the run.
type Counter struct {
	Name  string `json:"name"` // as in /proc/net/netstat and /proc/net/snmp: "TCPAbortOnData"
	Delta int64  `json:"delta"`
}
