package main

import "sockproof/lib/journal"

// Where the statements come from.
const (
	article000 = "article 000, “TCP三次握手四次挥手详解”"
	article001 = "article 001, “服务器分两次返回消息,TCP三次握手四次分手”"
	article003 = "article 003, “TCP的三次握手(建立连接)和四次挥手(关闭连接)”"
	article004 = "article 004, “TCP两次挥手,你见过吗?那四次握手呢?”"
	rfc9293    = "RFC 9293"
)

// What the checks need to see.
var (
	needsCalls   = []journal.Witness{journal.Calls}
	needsPackets = []journal.Witness{journal.Calls, journal.Packets}
	needsStates  = []journal.Witness{journal.Calls, journal.Packets, journal.TCPInfo, journal.SockDiag}
	needsDiag    = []journal.Witness{journal.Calls, journal.SockDiag}
)
