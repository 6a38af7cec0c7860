package main

import (
	"fmt"
	"time"

	"sockproof/lib/journal"
)

// Where the statements come from.
const (
	article000 = "article 000, “TCP三次握手四次挥手详解”"
	article001 = "article 001, “服务器分两次返回消息,TCP三次握手四次分手”"
	article003 = "article 003, “TCP的三次握手(建立连接)和四次挥手(关闭连接)”"
	article004 = "article 004, “TCP两次挥手,你见过吗?那四次握手呢?”"
	rfc9293    = "RFC 9293"
)

// What the rules need to see. Whether a scenario's phenomenon was seen is judged by what the
// programs at both ends noticed, so that it can be told where no packet may be captured.
var (
	needsCalls   = []journal.Witness{journal.Calls}
	needsEnds    = []journal.Witness{journal.Calls, journal.TCPInfo}
	needsPackets = []journal.Witness{journal.Calls, journal.Packets}
	needsStates  = []journal.Witness{journal.Calls, journal.Packets, journal.TCPInfo, journal.SockDiag}
	needsDiag    = []journal.Witness{journal.Calls, journal.SockDiag}
)

// seconds renders a time for a sentence.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
