package main

import "sockproof/lib/journal"

// Where the statements come from.
const (
	article000 = "article 000, “TCP三次握手四次挥手详解”"
	article001 = "article 001, “服务器分两次返回消息,TCP三次握手四次分手”"
	article002 = "article 002, “TCP协议的三次握手与四次挥手”"
	article003 = "article 003, “TCP的三次握手(建立连接)和四次挥手(关闭连接)”"
	ipSysctl   = "Linux, Documentation/networking/ip-sysctl.rst"
)

// The settings that decide what becomes of a handshake.
const (
	abortOnOverflow = "net.ipv4.tcp_abort_on_overflow"
	synAckRetries   = "net.ipv4.tcp_synack_retries"
)

// The kernel's counters of what listeners drop, and of what they drop because the accept
// queue is full.
const (
	listenDrops     = "ListenDrops"
	listenOverflows = "ListenOverflows"
)

// What the rules need to see.
var (
	needsEnds    = []journal.Witness{journal.Calls, journal.TCPInfo, journal.SockDiag}
	needsStates  = []journal.Witness{journal.Calls, journal.Packets, journal.TCPInfo, journal.SockDiag}
	needsCounted = []journal.Witness{journal.Calls, journal.Packets, journal.Counters}
)
