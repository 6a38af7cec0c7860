package trace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"sockproof/lib/witness/tcpstate"
)

// The record of a change of state.
const (
	changeTime    = 0
	changeInode   = 8
	changeSaddr   = 16
	changeDaddr   = 32
	changeSport   = 48
	changeDport   = 50
	changeFamily  = 52
	changeFrom    = 54
	changeTo      = 55
	changeTold    = 56 // what is told ends here
	changeSocket  = 56
	changeScratch = 64 // and the last 8 bytes
	changeSize    = 80
)

// lingering are the states that only the peer or the program can end, as bits.
const lingering = 1<<stateSynSent | 1<<stateFinWait1 | 1<<stateFinWait2 | 1<<stateCloseWait | 1<<stateLastAck | 1<<stateClosing

const (
	stateSynSent   = 2
	stateFinWait1  = 4
	stateFinWait2  = 5
	stateCloseWait = 8
	stateLastAck   = 9
	stateClosing   = 11
	stateCount     = 13
)

// watched is how many sockets can be in such a state at the same time: some 20 MiB of the kernel's.
const watched = 131_072

// Stays keeps, in the kernel, which sockets are in a state that only somebody else can end, and
// counts the changes of all: handing each over would cost a busy machine a quarter of its time.
type Stays struct {
	*tracer
	layout  *layout
	inside  *ebpf.Map // the sockets that are in such a state now, by their address in the kernel
	entered *ebpf.Map // how often each state was entered, by CPU
}

// OpenStays begins to watch the TCP sockets of the network namespace of that number (its inode);
// 0: of all. With each, Read tells every change. The error is ErrPrivilege, or that the kernel cannot.
func OpenStays(netns uint32, each bool) (*Stays, error) {
	t, l, err := begin()
	if err != nil {
		return nil, err
	}
	s := &Stays{tracer: t, layout: l}
	if err := s.attach(netns, each); err != nil {
		s.Close()
		return nil, privileged(err)
	}
	return s, nil
}

func (s *Stays) attach(netns uint32, each bool) (err error) {
	if err := s.openRing(); err != nil {
		return err
	}
	if s.inside, err = s.newMap(&ebpf.MapSpec{Name: "inside", Type: ebpf.Hash, KeySize: 8, ValueSize: changeTold, MaxEntries: watched}); err != nil {
		return err
	}
	if s.entered, err = s.newMap(&ebpf.MapSpec{Name: "entered", Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: 8, MaxEntries: stateCount}); err != nil {
		return err
	}
	return s.run("inet_sock_set_state", s.changes(netns, each))
}

// changes is the program: it runs at each change of state of any socket, and must be short.
func (s *Stays) changes(netns uint32, each bool) *program {
	l := s.layout
	p := assemble(3, changeSize)
	p.unless(firstArg, l.protocol, asm.Half, unix.IPPROTO_TCP)
	if netns != 0 {
		p.add(asm.LoadMem(pointer, firstArg, int16(l.net), asm.DWord))
		p.unless(pointer, l.netns, asm.Word, int32(netns))
	}
	p.add(asm.StoreMem(asm.RFP, p.field(changeFrom), secondArg, asm.Byte), asm.StoreMem(asm.RFP, p.field(changeTo), thirdArg, asm.Byte),
		asm.StoreMem(asm.RFP, p.field(changeSocket), firstArg, asm.DWord))
	p.countAt(s.entered, thirdArg)
	keep, forget, done := p.label(), p.label(), p.label()
	p.jumpIfLingering(thirdArg, keep)
	if each {
		s.describe(p, each)
		p.tell(changeTold, s.ring, s.lost)
	}
	p.jumpIfLingering(secondArg, forget)
	p.ret()

	p.put(forget)
	p.add(asm.LoadMapPtr(asm.R1, s.inside.FD()))
	p.address(asm.R2, changeSocket)
	p.add(asm.FnMapDeleteElem.Call())
	p.ret()

	p.put(keep)
	s.describe(p, each)
	if each {
		p.tell(changeTold, s.ring, s.lost)
	}
	p.add(asm.LoadMapPtr(asm.R1, s.inside.FD()))
	p.address(asm.R2, changeSocket)
	p.address(asm.R3, 0)
	p.add(asm.Mov.Imm(asm.R4, 0), asm.FnMapUpdateElem.Call(), asm.JEq.Imm(asm.R0, 0, done))
	p.count(s.lost)
	p.put(done)
	p.ret()
	return p
}

// describe fills the record with when it is and whose.
func (s *Stays) describe(p *program, each bool) {
	l := s.layout
	p.add(asm.FnKtimeGetNs.Call())
	p.store(changeTime)
	for _, f := range []struct {
		from, to int
		size     asm.Size
	}{
		{l.family, changeFamily, asm.Half},
		{l.num, changeSport, asm.Half},
		{l.dport, changeDport, asm.Half},
		{l.saddr4, changeSaddr, asm.Word},
		{l.daddr4, changeDaddr, asm.Word},
	} {
		p.add(asm.LoadMem(asm.R1, firstArg, int16(f.from), f.size), asm.StoreMem(asm.RFP, p.field(f.to), asm.R1, f.size))
	}
	v4 := p.label()
	p.add(asm.LoadMem(asm.R1, asm.RFP, p.field(changeFamily), asm.Half), asm.JNE.Imm32(asm.R1, familyIPv6, v4))
	p.read(firstArg, l.saddr6, changeSaddr, 16)
	p.read(firstArg, l.daddr6, changeDaddr, 16)
	p.put(v4)
	known := p.label()
	if !each { // its ports find the rest later; when connect() begins it has none
		p.add(asm.JNE.Imm32(thirdArg, stateSynSent, known))
	}
	p.follow(firstArg, l.socket, changeScratch)
	p.read(pointer, l.inode, changeInode, 8)
	p.put(known)
}

// Read waits for the next change; os.ErrDeadlineExceeded when the deadline has come.
func (s *Stays) Read(deadline time.Time) (Change, error) {
	raw, err := s.next(deadline, changeTold)
	if err != nil {
		return Change{}, err
	}
	return s.change(raw), nil
}

// Inside calls each for the sockets that are in such a state now. The number stands for the socket
// as long as it is: a later one may have the same.
func (s *Stays) Inside(each func(socket uint64, into Change)) error {
	var (
		socket uint64
		raw    = make([]byte, changeTold)
	)
	all := s.inside.Iterate()
	for all.Next(&socket, &raw) {
		each(socket, s.change(raw))
	}
	// Where sockets come and go, the walk may begin again: what was passed over is met the next time.
	if err := all.Err(); err != nil && !errors.Is(err, ebpf.ErrIterationAborted) {
		return fmt.Errorf("read which sockets stay: %w", err)
	}
	return nil
}

// Entered is how often each state was entered.
func (s *Stays) Entered() (map[string]uint64, error) {
	all := map[string]uint64{}
	for state := range uint32(stateCount) {
		var perCPU []uint64
		if err := s.entered.Lookup(state, &perCPU); err != nil {
			return nil, fmt.Errorf("read how often each state was entered: %w", err)
		}
		var n uint64
		for _, of := range perCPU {
			n += of
		}
		if n > 0 {
			all[tcpstate.Name(uint8(state))] = n
		}
	}
	return all, nil
}

func (s *Stays) change(raw []byte) Change {
	family := binary.NativeEndian.Uint16(raw[changeFamily:])
	return Change{
		At: s.time(raw[changeTime:]), From: tcpstate.Name(raw[changeFrom]), To: tcpstate.Name(raw[changeTo]),
		Local:  netip.AddrPortFrom(address(family, raw[changeSaddr:]), binary.NativeEndian.Uint16(raw[changeSport:])),
		Remote: netip.AddrPortFrom(address(family, raw[changeDaddr:]), binary.BigEndian.Uint16(raw[changeDport:])),
		Inode:  binary.NativeEndian.Uint64(raw[changeInode:]),
	}
}
