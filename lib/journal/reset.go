package journal

// Reset is a RST that the kernel sent or took, with the reason the trace gave.
type Reset struct {
	Direction string `json:"direction"` // sent, received
	Reason    string `json:"reason"`
}
