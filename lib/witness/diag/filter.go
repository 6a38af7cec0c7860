package diag

// Filter says which sockets a Dump lists. The kernel applies it.
type Filter struct {
	Family     uint8  // of the socket: FamilyIPv4, FamilyIPv6; 0: both
	States     uint32 // a bit for each, 1<<tcpstate.Listen | …; 0: all
	LocalPort  uint16 // 0: any
	RemotePort uint16 // 0: any; else no listener is listed

	// MPTCP lists MPTCP's sockets instead of TCP's, among which are MPTCP's
	// subflows. A kernel without MPTCP answers ENOENT.
	MPTCP bool
	// Info has Socket.Info, Flow and Cgroup told.
	Info bool
	// Memory has Socket.Drops told.
	Memory bool
}
