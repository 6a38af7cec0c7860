package main

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
)

// flags of a TCP header.
const (
	flagFIN  = 0x01
	flagSYN  = 0x02
	flagRST  = 0x04
	flagACK  = 0x10
	flagMask = flagFIN | flagSYN | flagRST | flagACK
)

// payload says how much data a segment of a kind carries.
type payload int

const (
	anyData payload = iota
	noData
	someData
)

type segmentKind struct {
	name       string
	mask, want int32
	data       payload
}

// skbFilter drops segments of one kind: all; or every second, the first
// included; or none, and counts them.
type skbFilter struct {
	kind                 segmentKind
	egress, second, none bool
}

func (f *skbFilter) name() string {
	name := "cgroup-in-"
	if f.egress {
		name = "cgroup-out-"
	}
	name += f.kind.name
	if f.second {
		name += "-second"
	}
	return name
}

// attach puts the filter into a cgroup; the function returned takes it out, and
// says how many segments of the kind there were.
func (f *skbFilter) attach(cgroup string) (detach func() (seen uint64), err error) {
	count, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1})
	if err != nil {
		return nil, fmt.Errorf("create the filter's counter: %w", err)
	}
	defer func() {
		if err != nil {
			_ = count.Close()
		}
	}()
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.CGroupSKB, License: "GPL", Instructions: f.program(count.FD())})
	if err != nil {
		return nil, fmt.Errorf("load the filter %s: %w", f.name(), err)
	}
	defer func() { _ = prog.Close() }() // the link keeps it
	hook := ebpf.AttachCGroupInetIngress
	if f.egress {
		hook = ebpf.AttachCGroupInetEgress
	}
	l, err := link.AttachCgroup(link.CgroupOptions{Path: cgroup, Attach: hook, Program: prog})
	if err != nil {
		return nil, fmt.Errorf("attach the filter to %s: %w", cgroup, err)
	}
	return func() (seen uint64) {
		// What can't be read is not known to be nothing.
		if count.Lookup(uint32(0), &seen) != nil {
			seen = 1
		}
		_ = l.Close()
		_ = count.Close()
		return seen
	}, nil
}

// Where the program keeps things: its packet, the segment's length and where
// its TCP header begins, in registers that calls leave alone.
const (
	packet    = asm.R6
	length    = asm.R7
	tcp       = asm.R8
	scratch   = int16(-8)
	key       = int16(-4)
	protoTCP  = 6
	pass      = 1
	drop      = 0
	ipv6Bytes = 40
)

// program: a packet at this hook begins with its IP header.
func (f *skbFilter) program(counter int) asm.Instructions {
	p := asm.Instructions{
		asm.Mov.Reg(packet, asm.R1),
		asm.LoadMem(length, packet, 0, asm.Word), // __sk_buff.len
	}
	p = append(p, load(0, 1)...)
	p = append(p,
		asm.LoadMem(asm.R0, asm.RFP, scratch, asm.Byte),
		asm.Mov.Reg(tcp, asm.R0),
		asm.RSh.Imm(asm.R0, 4),
		asm.JEq.Imm(asm.R0, 6, "ipv6"),
		asm.And.Imm(tcp, 0xf),
		asm.LSh.Imm(tcp, 2),
	)
	p = append(p, load(9, 1)...)
	p = append(p, asm.Ja.Label("protocol"))
	p = append(p, asm.Mov.Imm(tcp, ipv6Bytes).WithSymbol("ipv6"))
	p = append(p, load(6, 1)...)
	p = append(p,
		asm.LoadMem(asm.R0, asm.RFP, scratch, asm.Byte).WithSymbol("protocol"),
		asm.JNE.Imm(asm.R0, protoTCP, "pass"),
	)
	p = append(p, loadTCP(12, 2)...)
	p = append(p, f.match()...)
	p = append(p, f.count(counter)...)
	return append(p,
		asm.Mov.Imm(asm.R0, drop),
		asm.Return(),
		asm.Mov.Imm(asm.R0, pass).WithSymbol("pass"),
		asm.Return(),
	)
}

// load reads bytes of the packet onto the stack.
func load(offset, n int32) asm.Instructions {
	return append(asm.Instructions{asm.Mov.Imm(asm.R2, offset)}, loadR2(n)...)
}

// loadTCP reads bytes of the TCP header onto the stack.
func loadTCP(offset, n int32) asm.Instructions {
	return append(asm.Instructions{asm.Mov.Reg(asm.R2, tcp), asm.Add.Imm(asm.R2, offset)}, loadR2(n)...)
}

func loadR2(n int32) asm.Instructions {
	return asm.Instructions{
		asm.Mov.Reg(asm.R1, packet),
		asm.Mov.Reg(asm.R3, asm.RFP),
		asm.Add.Imm(asm.R3, int32(scratch)),
		asm.Mov.Imm(asm.R4, n),
		asm.FnSkbLoadBytes.Call(),
		asm.JNE.Imm(asm.R0, 0, "pass"),
	}
}

// match goes on only with a segment of the kind; its data offset and its flags
// are on the stack.
func (f *skbFilter) match() asm.Instructions {
	p := asm.Instructions{
		asm.LoadMem(asm.R0, asm.RFP, scratch+1, asm.Byte),
		asm.And.Imm(asm.R0, f.kind.mask),
		asm.JNE.Imm(asm.R0, f.kind.want, "pass"),
		asm.LoadMem(asm.R0, asm.RFP, scratch, asm.Byte),
		asm.RSh.Imm(asm.R0, 4),
		asm.LSh.Imm(asm.R0, 2),
		asm.Add.Reg(asm.R0, tcp), // where data begins
	}
	switch f.kind.data {
	case noData:
		p = append(p, asm.JNE.Reg(asm.R0, length, "pass"))
	case someData:
		p = append(p, asm.JEq.Reg(asm.R0, length, "pass"))
	}
	return p
}

// count counts, and lets every second matching segment pass if it shall, or all.
func (f *skbFilter) count(counter int) asm.Instructions {
	p := asm.Instructions{
		asm.StoreImm(asm.RFP, key, 0, asm.Word),
		asm.LoadMapPtr(asm.R1, counter),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, int32(key)),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "pass"),
		asm.LoadMem(asm.R1, asm.R0, 0, asm.DWord),
		asm.Mov.Reg(asm.R2, asm.R1),
		asm.Add.Imm(asm.R2, 1),
		asm.StoreMem(asm.R0, 0, asm.R2, asm.DWord),
	}
	switch {
	case f.none: // the verifier wants to see a way to what follows
		p = append(p, asm.And.Imm(asm.R1, 0), asm.JEq.Imm(asm.R1, 0, "pass"))
	case f.second:
		p = append(p, asm.And.Imm(asm.R1, 1), asm.JNE.Imm(asm.R1, 0, "pass"))
	}
	return p
}
