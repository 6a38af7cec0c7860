package packet

import "sockproof/lib/journal"

// Flags are the control bits of a TCP header.
type Flags = journal.Flags

// The control bits.
const (
	FIN = journal.FIN
	SYN = journal.SYN
	RST = journal.RST
	PSH = journal.PSH
	ACK = journal.ACK
	URG = journal.URG
	ECE = journal.ECE
	CWR = journal.CWR
)
