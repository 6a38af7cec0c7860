package trace

import (
	"errors"
	"fmt"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// The record of a RST: where its fields are.
const (
	resetTime    = 0
	resetSocket  = 8 // its address in the kernel: what the old state is kept by
	resetTask    = 16
	resetInode   = 24
	resetProgram = 32
	resetNetns   = 48
	resetReason  = 52
	resetOwned   = 56
	resetSport   = 60
	resetDport   = 62
	resetFamily  = 64
	resetState   = 66
	resetOld     = 67
	resetKind    = 68
	resetSaddr   = 72
	resetDaddr   = 88
	resetIP      = 104 // the headers of the segment that is answered
	resetTCP     = 144
	resetScratch = 168 // and the last 8 bytes
	resetSize    = 184
)

const (
	ipHeader  = 40 // IPv6's; IPv4's is shorter
	tcpHeader = 20
	taskName  = 16 // TASK_COMM_LEN
)

// What a record tells.
const (
	kindSent = iota + 1
	kindReceived
)

// ringSize is how many bytes of records wait for the program, a power of two: some 5,000 RSTs.
const ringSize = 1 << 20

// recentlyClosed is how many sockets' states before CLOSE are remembered: a RST follows at once.
const recentlyClosed = 16_384

// Resets tells each RST of a network namespace.
type Resets struct {
	*tracer
	layout *layout
}

// OpenResets begins to watch the RSTs of the network namespace of that number (its inode); 0: of
// all. The error is ErrPrivilege, or that the kernel cannot.
func OpenResets(netns uint32) (*Resets, error) {
	t, l, err := begin()
	if err != nil {
		return nil, err
	}
	r := &Resets{tracer: t, layout: l}
	if err := r.attach(netns); err != nil {
		r.Close()
		return nil, privileged(err)
	}
	return r, nil
}

func (r *Resets) attach(netns uint32) error {
	if err := r.openRing(); err != nil {
		return err
	}
	before, err := r.newMap(&ebpf.MapSpec{Name: "before_close", Type: ebpf.LRUHash, KeySize: 8, ValueSize: 8, MaxEntries: recentlyClosed})
	if err != nil {
		return err
	}
	return errors.Join(
		r.run("inet_sock_set_state", remembers(before)),
		r.run("tcp_receive_reset", r.received(before, netns)),
		r.run("tcp_send_reset", r.sent(before, netns)))
}

// remembers keeps the state that a socket leaves for CLOSE: a RST is sent when it has left.
func remembers(before *ebpf.Map) *program {
	const socket, old, size = 0, 8, 16
	p := assemble(3, size)
	closes := p.label()
	p.add(asm.JEq.Imm32(thirdArg, stateClose, closes))
	p.ret()
	p.put(closes)
	p.add(asm.StoreMem(asm.RFP, p.field(socket), firstArg, asm.DWord), asm.StoreMem(asm.RFP, p.field(old), secondArg, asm.Word),
		asm.LoadMapPtr(asm.R1, before.FD()))
	p.address(asm.R2, socket)
	p.address(asm.R3, old)
	p.add(asm.Mov.Imm(asm.R4, 0), asm.FnMapUpdateElem.Call())
	p.ret()
	return p
}

func (r *Resets) received(before *ebpf.Map, netns uint32) *program {
	p := assemble(1, resetSize)
	r.socket(p, before)
	r.finish(p, kindReceived, netns)
	return p
}

func (r *Resets) sent(before *ebpf.Map, netns uint32) *program {
	arguments := 2
	if r.layout.resetHasReason {
		arguments = 3
	}
	p := assemble(arguments, resetSize)
	if r.layout.resetHasReason {
		p.add(asm.StoreMem(asm.RFP, p.field(resetReason), thirdArg, asm.Word))
	}
	noSocket, noSegment := p.label(), p.label()
	// The segment first: it says where it came in, and a socket says better where it belongs.
	p.add(asm.JEq.Imm(secondArg, 0, noSegment))
	r.segment(p)
	p.put(noSegment)
	p.add(asm.JEq.Imm(firstArg, 0, noSocket))
	r.socket(p, before)
	p.put(noSocket)
	r.finish(p, kindSent, netns)
	return p
}

// socket reads what a socket of any kind has; what only a whole one has is garbage of another.
func (r *Resets) socket(p *program, before *ebpf.Map) {
	l := r.layout
	for _, f := range []struct{ from, to, size int }{
		{l.family, resetFamily, 2},
		{l.state, resetState, 1},
		{l.dport, resetDport, 2},
		{l.sport, resetSport, 2},
		{l.saddr6, resetSaddr, 16},
		{l.daddr6, resetDaddr, 16},
		{l.owned, resetOwned, 4},
	} {
		p.read(firstArg, f.from, f.to, f.size)
	}
	v6 := p.label()
	p.add(asm.LoadMem(asm.R1, asm.RFP, p.field(resetFamily), asm.Half), asm.JEq.Imm32(asm.R1, familyIPv6, v6))
	p.read(firstArg, l.saddr4, resetSaddr, 4)
	p.read(firstArg, l.daddr4, resetDaddr, 4)
	p.put(v6)
	p.follow(firstArg, l.net, resetScratch)
	p.read(pointer, l.netns, resetNetns, 4)
	p.follow(firstArg, l.socket, resetScratch)
	p.read(pointer, l.inode, resetInode, 8)
	unknown := p.label()
	p.add(asm.StoreMem(asm.RFP, p.field(resetSocket), firstArg, asm.DWord), asm.LoadMapPtr(asm.R1, before.FD()))
	p.address(asm.R2, resetSocket)
	p.add(asm.FnMapLookupElem.Call(), asm.JEq.Imm(asm.R0, 0, unknown),
		asm.LoadMem(asm.R1, asm.R0, 0, asm.Byte), asm.StoreMem(asm.RFP, p.field(resetOld), asm.R1, asm.Byte))
	p.put(unknown)
}

// segment reads the headers of the segment that is answered.
func (r *Resets) segment(p *program) {
	l := r.layout
	for _, h := range []struct{ offset, to, size int }{{l.network, resetIP, ipHeader}, {l.transport, resetTCP, tcpHeader}} {
		p.follow(secondArg, l.head, resetScratch)
		p.read(secondArg, h.offset, resetScratch, 2)
		p.add(asm.LoadMem(asm.R1, asm.RFP, p.field(resetScratch), asm.Half), asm.Add.Reg(pointer, asm.R1))
		p.read(pointer, 0, h.to, h.size)
	}
	p.follow(secondArg, l.dev, resetScratch)
	p.follow(pointer, l.devNet, resetScratch)
	p.read(pointer, l.netns, resetNetns, 4)
}

// finish adds when and in whose time, and tells the record.
func (r *Resets) finish(p *program, kind int64, netns uint32) {
	if netns != 0 {
		p.only(resetNetns, netns)
	}
	p.add(asm.StoreImm(asm.RFP, p.field(resetKind), kind, asm.Byte), asm.FnKtimeGetNs.Call())
	p.store(resetTime)
	p.add(asm.FnGetCurrentPidTgid.Call())
	p.store(resetTask)
	p.address(asm.R1, resetProgram)
	p.add(asm.Mov.Imm(asm.R2, taskName), asm.FnGetCurrentComm.Call())
	p.tell(resetScratch, r.ring, r.lost)
	p.ret()
}

// Read waits for the next RST; os.ErrDeadlineExceeded when the deadline has come.
func (r *Resets) Read(deadline time.Time) (Reset, error) {
	raw, err := r.next(deadline, resetScratch)
	if err != nil {
		return Reset{}, err
	}
	return r.decode(raw), nil
}

// privileged names what is missing where the kernel refuses.
func privileged(err error) error {
	if isRefusal(err) {
		return ErrPrivilege
	}
	return fmt.Errorf("watch the kernel: %w", err)
}
