package main

import (
	"fmt"
	"strconv"
	"strings"

	"sockproof/lib/live"
	"sockproof/lib/portrange"
)

// readSettings reads the settings of the calling thread's namespace.
func readSettings() tuning {
	s := tuning{twReuseDelay: 1000, rtoMax: 120_000} // those of a kernel that has no setting for it
	read := live.Settings(portrange.RangeSetting, portrange.ReservedSetting, "net.ipv4.tcp_tw_reuse", "net.ipv4.tcp_tw_reuse_delay", "net.ipv4.tcp_timestamps",
		"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_retries2", "net.ipv4.tcp_rto_max_ms", "net.ipv4.tcp_max_tw_buckets", "net.netfilter.nf_conntrack_max")
	// What cannot be understood stays unknown.
	s.ports, _ = portrange.Parse(read[portrange.RangeSetting])
	s.reserved, _ = portrange.ParseReserved(read[portrange.ReservedSetting])
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(read[name], 10, 64)
		return n
	}
	s.twReuse, s.timestamps, s.retries2 = int(number("net.ipv4.tcp_tw_reuse")), int(number("net.ipv4.tcp_timestamps")), int(number("net.ipv4.tcp_retries2"))
	s.finTimeout = millis(number("net.ipv4.tcp_fin_timeout") * 1000)
	s.maxTimeWait, s.conntrackMax = number("net.ipv4.tcp_max_tw_buckets"), number("net.netfilter.nf_conntrack_max")
	if n := number("net.ipv4.tcp_rto_max_ms"); n > 0 {
		s.rtoMax = millis(n)
	}
	if _, is := read["net.ipv4.tcp_tw_reuse_delay"]; is {
		s.twReuseDelay = millis(number("net.ipv4.tcp_tw_reuse_delay"))
	}
	return s
}

// showsBound says whether the kernel lists sockets that are bound and do nothing else: from Linux 6.8 on.
func showsBound() bool {
	var major, minor int
	_, err := fmt.Sscanf(live.Settings("kernel.osrelease")["kernel.osrelease"], "%d.%d", &major, &minor)
	return err == nil && (major > 6 || major == 6 && minor >= 8)
}

// readKept reads what the calling thread's namespace keeps, and what the machine does.
func readKept(l *look) kept {
	read := live.Settings("net.ipv4.tcp_mem", "net.ipv4.tcp_max_orphans", "net.netfilter.nf_conntrack_count")
	stat, err := live.ReadSockstat()
	if err != nil {
		l.unseen = append(l.unseen, unseen{err.Error(), []string{tcpMemory.name, timeWaitBuckets.name}})
	}
	mem := strings.Fields(read["net.ipv4.tcp_mem"])
	if len(mem) != 3 && !l.saidMachine {
		l.saidMachine = true
		l.unseen = append(l.unseen, unseen{"tcp_mem and tcp_max_orphans: they are the machine's, and not shown in this network namespace", []string{tcpMemory.name}})
	}
	if len(mem) == 3 && err == nil {
		l.machine.pages = stat.Pages
		l.machine.pressure, _ = strconv.ParseInt(mem[1], 10, 64)
		l.machine.mostPages, _ = strconv.ParseInt(mem[2], 10, 64)
		l.machine.orphans = stat.Orphans
		l.machine.mostOrphans, _ = strconv.ParseInt(read["net.ipv4.tcp_max_orphans"], 10, 64)
	}
	tracked, _ := strconv.ParseInt(read["net.netfilter.nf_conntrack_count"], 10, 64)
	return kept{timeWait: stat.TimeWait, conntrack: tracked}
}
