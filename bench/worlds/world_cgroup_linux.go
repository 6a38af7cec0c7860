package main

// segmentKinds are what filters tell apart: the flags in their low six bits,
// and how many bytes of data there are.
var segmentKinds = []segmentKind{
	{"syn", flagMask, flagSYN, anyData},
	{"syn-ack", flagMask, flagSYN | flagACK, anyData},
	{"ack", flagMask, flagACK, noData},
	{"data", flagRST | flagSYN, 0, someData},
	{"fin", flagFIN, flagFIN, anyData},
	{"rst", flagRST, flagRST, anyData},
}

// filterWorlds drop segments where a socket's cgroup says so: behind what a
// capture sees of what arrives, and behind what the socket has counted of what
// it sends. Systemd's IPAddressDeny and container runtimes are such filters.
func filterWorlds() (all []world) {
	for _, kind := range segmentKinds {
		for _, egress := range []bool{false, true} {
			for _, second := range []bool{false, true} {
				f := &skbFilter{kind: kind, egress: egress, second: second}
				all = append(all, world{name: f.name(), segment: kind.name, filter: f, share: 8})
			}
		}
	}
	return all
}
