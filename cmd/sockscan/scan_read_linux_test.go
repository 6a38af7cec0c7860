package main

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"runtime"
	"syscall"
	"testing"

	"sockproof/lib/live"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// scanTables are the kernel's tables as a test wants them.
type scanTables struct {
	tcp, mptcp []diag.Socket
	err        map[bool]error // of MPTCP's table, or of TCP's
}

func (k scanTables) Dump(f diag.Filter, each func(diag.Socket) error) error {
	table := k.tcp
	if f.MPTCP {
		table = k.mptcp
	}
	for _, s := range table {
		if s.Family != f.Family || f.States&(1<<s.State) == 0 {
			continue
		}
		if !f.Info {
			s.Info = diag.Info{}
		}
		if err := each(s); err != nil {
			return err
		}
	}
	return k.err[f.MPTCP]
}

// scanRead reads tables, with these processes.
func scanRead(d live.Dumper, search ownerSearch) (*stuckTally, error) {
	r := stuckReader{tally: &stuckTally{}, services: &stuckServices{low: 32768, high: 60999}, search: search}
	return r.tally, r.read(d)
}

// scanIn is a socket in a state, by a cookie of its own.
func scanIn(state uint8, inode uint64, local, remote string) diag.Socket {
	s := scanSocket(local, remote)
	s.State, s.Inode = state, inode
	s.Cookie = uint64(s.Local.Port())<<32 | uint64(s.Remote.Port())<<16 | inode
	return s
}

func TestScanReads(t *testing.T) {
	const here, there = "192.0.2.1:", "192.0.2.9:"
	unread := scanIn(tcpstate.CloseWait, 12, here+"33002", there+"80")
	unread.RxQueue = 6
	tally, err := scanRead(scanTables{tcp: []diag.Socket{
		scanIn(tcpstate.Listen, 9, "0.0.0.0:8080", "0.0.0.0:0"),
		scanIn(tcpstate.Established, 10, here+"33000", there+"80"),
		scanIn(tcpstate.CloseWait, 11, here+"33001", there+"80"),
		unread, unread, // it comes twice
		scanIn(tcpstate.CloseWait, 13, "[2001:db8::1]:33003", "[2001:db8::9]:80"),
		scanIn(tcpstate.CloseWait, 0, here+"8080", there+"33004"),
		scanIn(tcpstate.FinWait2, 0, here+"33005", there+"80"),
		scanIn(tcpstate.TimeWait, 0, here+"33006", there+"80"),
	}}, scanProcesses(scanHold{1, 9}, scanHold{1, 11}, scanHold{1, 12}, scanHold{2, 11}))
	if err != nil {
		t.Fatal(err)
	}
	if tally.stuck() != 5 || tally.kinds[stuckTimeWait].sockets != 1 {
		t.Errorf("%d stuck, %d in TIME_WAIT", tally.stuck(), tally.kinds[stuckTimeWait].sockets)
	}
	leaked := &tally.kinds[stuckLeaked]
	if leaked.sockets != 3 || leaked.endRead != 2 || leaked.unread != 5 || leaked.notVisible != 1 || tally.notVisible != 1 || tally.whyNot != "run as root" {
		t.Errorf("leaked: %+v; %d not visible: %q", leaked.stuckSum, tally.notVisible, tally.whyNot)
	}
	first := leaked.programs.by[live.Owner{PID: 1, Program: "p1"}]
	if len(leaked.programs.by) != 1 || first.sockets != 2 || first.shared != 1 || first.unread != 5 {
		t.Errorf("programs: %+v", first)
	}
	if len(leaked.remotes.by) != 2 || leaked.remotes.by[stuckRemote{service: netip.MustParseAddrPort(there + "80")}].sockets != 2 {
		t.Errorf("remotes: %+v", leaked.remotes.by)
	}
	// Never accepted: whose listener it waits at.
	queued := &tally.kinds[stuckNeverAccepted]
	if queued.sockets != 1 || queued.programs.by[live.Owner{PID: 1, Program: "p1"}].sockets != 1 {
		t.Errorf("never accepted: %+v, %+v", queued.stuckSum, queued.programs.by)
	}
	if o := &tally.kinds[stuckPeerOpenOrphan]; o.sockets != 1 || o.orphans != 1 || len(o.programs.by) != 0 {
		t.Errorf("orphan: %+v", o)
	}
}

// An MPTCP socket is counted once, by its own state, whatever state its
// connections are in.
func TestScanReadsMPTCP(t *testing.T) {
	const here, there = "192.0.2.1:", "192.0.2.9:"
	own := scanIn(tcpstate.CloseWait, 11, here+"33001", there+"80")
	own.Cookie, own.RxQueue = 1, 834
	sibling := scanIn(tcpstate.CloseWait, 0, here+"33002", there+"80") // with the cookie of the first
	sibling.Cookie = 1
	tables := scanTables{
		mptcp: []diag.Socket{own, sibling},
		tcp: []diag.Socket{
			scanIn(tcpstate.CloseWait, 11, here+"33001", there+"80"),         // fell back
			scanIn(tcpstate.FinWait1, 11, "192.0.2.2:33009", "192.0.2.8:80"), // another path
			scanIn(tcpstate.LastAck, 0, here+"33002", there+"80"),
			scanIn(tcpstate.LastAck, 0, here+"33003", there+"80"), // nobody's
		},
	}
	tally, err := scanRead(tables, scanProcesses(scanHold{1, 11}))
	if err != nil {
		t.Fatal(err)
	}
	if k := &tally.kinds[stuckLeaked]; k.sockets != 1 || k.mptcp != 1 || k.endRead != 0 || k.unread != 0 || len(k.programs.by) != 1 {
		t.Errorf("leaked: %+v", k.stuckSum)
	}
	if k := &tally.kinds[stuckNeverAccepted]; k.sockets != 1 || k.mptcp != 1 {
		t.Errorf("never accepted: %+v", k.stuckSum)
	}
	if tally.stuck() != 3 || tally.kinds[stuckLastAck].sockets != 1 || tally.kinds[stuckLastAck].mptcp != 0 {
		t.Errorf("%d stuck, %+v", tally.stuck(), tally.kinds[stuckLastAck].stuckSum)
	}
	// The control: without MPTCP's table all are TCP's.
	tables.mptcp, tables.err = nil, map[bool]error{true: syscall.ENOENT}
	tally, err = scanRead(tables, scanProcesses())
	if err != nil || tally.stuck() != 4 || tally.whyNoMPTCP == "" {
		t.Errorf("no MPTCP: %v, %d stuck, %q", err, tally.stuck(), tally.whyNoMPTCP)
	}
}

// What was seen is told also where changes left gaps; what failed is not.
func TestScanReadErrors(t *testing.T) {
	sockets := []diag.Socket{scanIn(tcpstate.CloseWait, 11, "192.0.2.1:33001", "192.0.2.9:80")}
	broken := errors.New("broken")
	for _, tt := range []struct {
		name  string
		err   map[bool]error
		want  error
		found int
	}{
		{"none", nil, nil, 1},
		{"TCP's table changed", map[bool]error{false: diag.ErrInterrupted}, diag.ErrInterrupted, 1},
		{"MPTCP's table changed", map[bool]error{true: diag.ErrInterrupted}, diag.ErrInterrupted, 1},
		{"TCP's table failed", map[bool]error{false: broken}, broken, 0},
		{"MPTCP's table failed", map[bool]error{true: broken}, broken, 0},
	} {
		tally, err := scanRead(scanTables{tcp: sockets, err: tt.err}, scanProcesses(scanHold{1, 11}))
		if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if got := len(tally.kinds[stuckLeaked].programs.by); got != tt.found {
			t.Errorf("%s: %d programs, want %d", tt.name, got, tt.found)
		}
	}
}

// scanCrowd is a table of a million sockets, no two of which have anything in
// common: made as they are read, and the memory measured meanwhile.
type scanCrowd struct {
	t       *testing.T
	sockets int
	base    uint64 // memory before
	peak    uint64
}

func (k *scanCrowd) Dump(f diag.Filter, each func(diag.Socket) error) error {
	if f.Family != diag.FamilyIPv4 || f.States&(1<<tcpstate.Listen) != 0 {
		return nil
	}
	states := []uint8{tcpstate.CloseWait, tcpstate.FinWait1, tcpstate.FinWait2, tcpstate.Closing, tcpstate.LastAck, tcpstate.TimeWait}
	for i := range k.sockets {
		var a, b [4]byte
		binary.BigEndian.PutUint32(a[:], 10<<24|uint32(i))
		binary.BigEndian.PutUint32(b[:], 11<<24|uint32(i))
		if f.MPTCP {
			b[0] = 12
		}
		s := diag.Socket{
			Family: f.Family, State: states[i%len(states)], Inode: uint64(i + 1), Cookie: uint64(i),
			Local: netip.AddrPortFrom(netip.AddrFrom4(a), 33000), Remote: netip.AddrPortFrom(netip.AddrFrom4(b), 80),
		}
		if s.State == tcpstate.TimeWait {
			s.Inode = 0
		}
		if f.MPTCP {
			s.Inode = uint64(i + 1<<21)
		}
		if err := each(s); err != nil {
			return err
		}
		if i%(k.sockets/50) == 0 {
			k.peak = max(k.peak, scanMemory()-k.base)
		}
	}
	return nil
}

// scanMemory is how much is reachable.
func scanMemory() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A million sockets, and another million of MPTCP's, take no more memory than
// the bounds allow: those of the groups, of the sockets that wait for their
// owners, and of MPTCP's connections.
func TestScanMemoryHasABound(t *testing.T) {
	const bound = 32 << 20
	crowd := &scanCrowd{t: t, sockets: 1_000_000, base: scanMemory()}
	searches := 0
	search := func(wanted func(uint64) bool, held func(uint64, live.Owner)) string {
		searches++
		for i := range uint64(crowd.sockets) {
			if inode := i + 1; wanted(inode) {
				held(inode, live.Owner{PID: int(i)})
			}
		}
		return ""
	}
	tally, err := scanRead(crowd, search)
	if err != nil {
		t.Fatal(err)
	}
	if all := tally.stuck() + tally.kinds[stuckTimeWait].sockets; all != 2*crowd.sockets {
		t.Errorf("%d counted, of %d", all, 2*crowd.sockets)
	}
	if crowd.peak > bound {
		t.Errorf("%d MiB at most, want %d", crowd.peak>>20, bound>>20)
	}
	t.Logf("%.1f MiB at most, %d walks", float64(crowd.peak)/(1<<20), searches)
	if after := scanMemory() - crowd.base; after > bound/4 {
		t.Errorf("%d MiB kept after", after>>20)
	}
	runtime.KeepAlive(tally)
}
