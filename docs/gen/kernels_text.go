package main

const kernelsHead = `# The same claims on other kernels

Every scenario of every binary, with Debian's kernels, emulated, beside the kernel of the machine on which the [claims](claims.md) were put
to the test. A claim was tried at each of the places named: a network (veth is the wire where there is no TUN), an IP version, and a user. Over
them it has one verdict, as over its scenarios: of a claim that says *always* one place refutes it, of one that says *can* one confirms it. A
scenario was reproduced if it was at one place.
`

const kernelsDifferences = `
## What differs

These come to something else than on the reference; everything else that was tried on both is the same. “inconclusive” is a claim whose case
could not be brought about, or not be decided; “slow” one for which the emulated machine was too slow, as the run itself noticed. What
is named with a place differs there alone.
`

const kernelsTail = `
SO2, that a simultaneous open takes four segments in all, is refuted on all: it takes six. On 5.10 all six are needed; from 6.1.110 on the last
two come after both ends are ESTABLISHED, in answer to the SYN-ACKs.

## Running it

` + "`make kernels`" + ` fetches Debian's kernels with apt, without installing them, boots each in qemu, runs the default scenario of each binary there, and
compares what it sees with what this page is made from: a minute or two a kernel. KERNELS="6.1 newest" names some; ARCH=arm64 takes those of
another architecture; KERNELS=here is the machine's own. FULL=1 runs every scenario at each place, for up to LIMIT seconds a kernel. KEEP=1
writes what was seen to bench/kernels/results, from which ` + "`make docs`" + ` makes this page.
`

// What changed, and since when.
const (
	crossedSynAck = "“tcp: Don't drop SYN+ACK for simultaneous connect()”, in 6.12, and in stable 6.1 from 6.1.110 on: before, only the ACK after it completes a crossed opening"
	rtoMax        = "`tcp_rto_max_ms`, in 6.15: without it the kernel takes minutes to give the connection up"
	zeroWindow    = "“net: tcp: send zero-window ACK when no memory”, which is later than 6.1 and in 6.12: before, the edge stays when `SO_RCVBUF` is lowered"
	localRange    = "`IP_LOCAL_PORT_RANGE`, in 6.3, and in Debian's 6.1 from 6.1.32 on: without it the accident cannot be made to happen to Go"
	slowWire      = "initial sequence numbers rise by 15.6 MB a second, and the emulated wire moves hardly more: a new connection's are never behind the dead one's"
	clockSecond   = "“tcp: Measure TIME-WAIT reuse delay with millisecond precision”, in 6.14: before, the second is over when the clock's next one begins, and here it began at that moment"
	migration     = "5.10.262 has the setting `tcp_migrate_req`, and not what it turns on (`reuseport_migrate_sock`), in 5.14"
)

// reasons explain what differs. Each must explain a difference.
var reasons = []reason{
	{[]string{"5.10"}, []string{"SC3", "SO4", "SO10"}, crossedSynAck},
	{[]string{"5.10"}, []string{"SC9"}, localRange},
	{[]string{"5.10"}, []string{"RP2"}, migration},
	{[]string{"5.10", "6.1", "6.12", "6.12-arm64", "7.3"}, []string{"SN10", "SR4", "SR11", "SR18", "staleresp incarnation"}, slowWire},
	{[]string{"5.10", "6.1", "6.12", "6.12-arm64"}, []string{"HC27"}, rtoMax},
	{[]string{"6.12-arm64"}, []string{"PE3"}, clockSecond},
	{[]string{"5.10", "6.1"}, []string{"ZW5"}, zeroWindow},
}
