package live

import "sockproof/lib/portrange"

// PortSettings decide which source ports the kernel chooses, for IPv6 as well.
type PortSettings struct {
	Range    portrange.Range
	Reserved portrange.Reserved
}
