package main

import (
	"fmt"
	"strconv"
	"strings"

	"sockproof/lib/live"
	"sockproof/lib/portrange"
)

// kindsOf are the kinds that settings bear on. The others bear on what is said of a finding.
var kindsOf = map[string][]string{
	portrange.RangeSetting: {portsKind.name}, portrange.ReservedSetting: {portsKind.name}, twReuse: {portsKind.name}, twReuseDelay: {portsKind.name}, timestamps: {portsKind.name},
	maxTimeWait: {timeWaitBuckets.name}, conntrackMost: {conntrack.name}, conntrackNow: {conntrack.name}, tcpMem: {tcpMemory.name}, mostOrphans: {tcpMemory.name},
	finTimeout: {orphan.name}, retries2: {deadPeer.name}, rtoMost: {deadPeer.name}, mptcpEnabled: {closeWait.name, finWait2.name, orphan.name}, release: {portsKind.name},
}

// The settings that are read.
const (
	twReuse       = "net.ipv4.tcp_tw_reuse"
	twReuseDelay  = "net.ipv4.tcp_tw_reuse_delay"
	timestamps    = "net.ipv4.tcp_timestamps"
	finTimeout    = "net.ipv4.tcp_fin_timeout"
	retries2      = "net.ipv4.tcp_retries2"
	rtoMost       = "net.ipv4.tcp_rto_max_ms"
	tcpMem        = "net.ipv4.tcp_mem"
	mptcpEnabled  = "net.mptcp.enabled"
	release       = "kernel.osrelease"
	maxTimeWait   = "net.ipv4.tcp_max_tw_buckets"
	conntrackMost = "net.netfilter.nf_conntrack_max"
	conntrackNow  = "net.netfilter.nf_conntrack_count"
	mostOrphans   = "net.ipv4.tcp_max_orphans"
)

// missSetting notes one that cannot be read.
func (r *reader) missSetting(name string, err error) { r.miss(err.Error(), kindsOf[name]...) }

// readSettings reads the settings of the calling thread's namespace.
func (r *reader) readSettings() tuning {
	s := tuning{twReuseDelay: 1000, rtoMax: 120_000} // those of a kernel that has no setting for it
	read := live.Settings(r.missSetting, portrange.RangeSetting, portrange.ReservedSetting, twReuse, twReuseDelay, timestamps,
		finTimeout, retries2, rtoMost, maxTimeWait, conntrackMost)
	// What cannot be understood stays unknown.
	s.ports, _ = portrange.Parse(read[portrange.RangeSetting])
	s.reserved, _ = portrange.ParseReserved(read[portrange.ReservedSetting])
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(read[name], 10, 64)
		return n
	}
	s.twReuse, s.timestamps, s.retries2 = int(number(twReuse)), int(number(timestamps)), int(number(retries2))
	s.finTimeout = millis(number(finTimeout) * 1000)
	s.maxTimeWait, s.conntrackMax = number(maxTimeWait), number(conntrackMost)
	if n := number(rtoMost); n > 0 {
		s.rtoMax = millis(n)
	}
	if _, is := read[twReuseDelay]; is {
		s.twReuseDelay = millis(number(twReuseDelay))
	}
	return s
}

// showsBound says whether the kernel lists sockets that are bound and do nothing else: from Linux 6.8 on.
func showsBound(unread func(name string, err error)) bool {
	var major, minor int
	read, is := live.Settings(unread, release)[release]
	if !is {
		return true // it is said that its version is not known
	}
	_, err := fmt.Sscanf(read, "%d.%d", &major, &minor)
	return err == nil && (major > 6 || major == 6 && minor >= 8)
}

// readKept reads what the calling thread's namespace keeps, and what the machine does.
func (r *reader) readKept() kept {
	l := r.look
	read := live.Settings(r.missSetting, tcpMem, mostOrphans, conntrackNow)
	stat, err := live.ReadSockstat()
	if err != nil {
		l.unseen = append(l.unseen, unseen{err.Error(), []string{tcpMemory.name, timeWaitBuckets.name}})
	}
	mem := strings.Fields(read[tcpMem])
	if len(mem) != 3 && !l.saidMachine {
		l.saidMachine = true
		l.unseen = append(l.unseen, unseen{"tcp_mem and tcp_max_orphans: they are the machine's, and not shown in this network namespace", []string{tcpMemory.name}})
	}
	if len(mem) == 3 && err == nil {
		l.machine.pages = stat.Pages
		l.machine.pressure, _ = strconv.ParseInt(mem[1], 10, 64)
		l.machine.mostPages, _ = strconv.ParseInt(mem[2], 10, 64)
		l.machine.orphans = stat.Orphans
		l.machine.mostOrphans, _ = strconv.ParseInt(read[mostOrphans], 10, 64)
	}
	tracked, _ := strconv.ParseInt(read[conntrackNow], 10, 64)
	return kept{timeWait: stat.TimeWait, conntrack: tracked}
}
