package main

var tcpMemory = kind{name: "tcp-mem", find: findMemory, causes: []*cause{&memoryPressure, &orphansMany}}

var memoryPressure = cause{
	name: "pressure", head: "TCP's memory: {used} of {most} pages, for the whole machine",
	means: "near tcp_mem's last number the kernel shrinks buffers, and drops segments and orphans",
	whose: []string{theSettings, thisProgram}, next: "see who keeps data in queues (ss -tm; zero-window); raise net.ipv4.tcp_mem if the machine has the memory",
}

var orphansMany = cause{
	name: "orphans", head: "sockets without a program: {used} of {most}, for the whole machine",
	means: "above tcp_max_orphans the kernel resets what programs have closed and peers have not answered",
	whose: []string{thePeer, theNetwork, theSettings}, next: "see `sockscan --kind orphan,closing`",
}

var timeWaitBuckets = kind{name: "tw-buckets", find: findTimeWaitBuckets, causes: []*cause{&timeWaitMany}}

var timeWaitMany = cause{
	name: "full", head: "TIME_WAIT: {used} of {most}, for this network namespace",
	means: "above tcp_max_tw_buckets connections end without TIME_WAIT: an old segment may get into a new connection",
	whose: []string{theSettings, thisProgram}, scenario: "halfclose time-wait",
	next: "keep connections open, or raise net.ipv4.tcp_max_tw_buckets",
}

var conntrack = kind{name: "conntrack", find: findConntrack, causes: []*cause{&conntrackFull}}

var conntrackFull = cause{
	name: "full", head: "connection tracking: {used} entries of this network namespace, {most} allowed",
	means: "when the table is full, packets of new connections are dropped",
	whose: []string{theSettings, theLoad}, next: "raise net.netfilter.nf_conntrack_max, or shorten its timeouts",
}

// amountNumbers are how much of something there is, and may be.
type amountNumbers struct {
	Used  int64  `json:"used"`
	Most  int64  `json:"most"`
	Scope string `json:"scope"` // machine or namespace
}

// nearPercent is from which share on it is said that something is nearly used up.
const nearPercent = 80

// memory is what TCP takes on the whole machine; 0: not known.
type memory struct {
	pages, pressure, mostPages int64
	orphans, mostOrphans       int64
}

// kept is what one namespace keeps; 0: not known.
type kept struct{ timeWait, conntrack int64 }

func near(used, most int64) bool { return most > 0 && used*100 >= most*nearPercent }

func amountFinding(c *cause, sockets, used, most int64, scope string, space int) finding {
	return finding{
		cause: c, space: uint16(space), sockets: int(sockets), oldest: age{untold, untold},
		amount: &amountNumbers{Used: used, Most: most, Scope: scope},
	}
}

func findMemory(l *look, o *options) (all []finding) {
	m := &l.machine
	if o.filtered() {
		return nil
	}
	if near(m.pages, m.mostPages) || m.pressure > 0 && m.pages >= m.pressure {
		all = append(all, amountFinding(&memoryPressure, int64(l.seen()), m.pages, m.mostPages, "machine", 0))
	}
	if near(m.orphans, m.mostOrphans) {
		all = append(all, amountFinding(&orphansMany, m.orphans, m.orphans, m.mostOrphans, "machine", 0))
	}
	return all
}

func findTimeWaitBuckets(l *look, o *options) (all []finding) {
	for n := range l.spaces {
		v := &l.spaces[n]
		if near(v.kept.timeWait, v.settings.maxTimeWait) && !o.filtered() {
			all = append(all, amountFinding(&timeWaitMany, v.kept.timeWait, v.kept.timeWait, v.settings.maxTimeWait, "namespace", n))
		}
	}
	return all
}

func findConntrack(l *look, o *options) (all []finding) {
	for n := range l.spaces {
		v := &l.spaces[n]
		if near(v.kept.conntrack, v.settings.conntrackMax) && !o.filtered() {
			all = append(all, amountFinding(&conntrackFull, v.kept.conntrack, v.kept.conntrack, v.settings.conntrackMax, "namespace", n))
		}
	}
	return all
}

// seen is how many TCP sockets were looked at.
func (l *look) seen() (n int) {
	for i := range l.spaces {
		n += l.spaces[i].seen
	}
	return n
}
