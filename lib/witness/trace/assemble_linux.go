package trace

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// program assembles one program. What it tells is a record on its stack, whose fields are at
// given places; registers 6 to 8 keep what the tracepoint was called with.
type program struct {
	size   int // of the record
	labels int
	code   asm.Instructions
}

// The tracepoint's arguments, as they are kept.
const (
	firstArg  = asm.R6
	secondArg = asm.R7
	thirdArg  = asm.R8
	pointer   = asm.R9 // followed from structure to structure
)

// assemble begins a program: it keeps the arguments, and clears the record: the verifier wants all of it written.
func assemble(arguments, size int) *program {
	p := &program{size: size}
	for i := range arguments {
		p.add(asm.LoadMem(firstArg+asm.Register(i), asm.R1, int16(8*i), asm.DWord))
	}
	p.add(asm.Mov.Imm(asm.R0, 0))
	for at := 0; at < size; at += 8 {
		p.store(at)
	}
	return p
}

func (p *program) add(code ...asm.Instruction) { p.code = append(p.code, code...) }

// field is where a field of the record is, from the frame pointer.
func (p *program) field(at int) int16 { return int16(at - p.size) }

// label makes a name to jump to; put sets it.
func (p *program) label() string {
	p.labels++
	return fmt.Sprintf("l%d", p.labels)
}

func (p *program) put(label string) {
	p.add(asm.Mov.Imm(asm.R5, 0).WithSymbol(label))
}

// address is that of a field of the record, into a register.
func (p *program) address(to asm.Register, at int) {
	p.add(asm.Mov.Reg(to, asm.RFP), asm.Add.Imm(to, int32(p.field(at))))
}

// read copies so many bytes of the kernel's memory into a field; zeros where the address is none.
func (p *program) read(base asm.Register, offset, to, size int) {
	p.address(asm.R1, to)
	p.add(asm.Mov.Imm(asm.R2, int32(size)), asm.Mov.Reg(asm.R3, base), asm.Add.Imm(asm.R3, int32(offset)),
		asm.FnProbeReadKernel.Call())
}

// follow reads a pointer into the register of that name, by way of a field of 8 bytes.
func (p *program) follow(base asm.Register, offset, scratch int) {
	p.read(base, offset, scratch, 8)
	p.add(asm.LoadMem(pointer, asm.RFP, p.field(scratch), asm.DWord))
}

// store keeps what a function returned, in register 0: 8 bytes.
func (p *program) store(at int) {
	p.add(asm.StoreMem(asm.RFP, p.field(at), asm.R0, asm.DWord))
}

// only ends the program unless a field of 4 bytes has a value.
func (p *program) only(at int, value uint32) {
	goOn := p.label()
	p.add(asm.LoadMem(asm.R1, asm.RFP, p.field(at), asm.Word), asm.JEq.Imm32(asm.R1, int32(value), goOn))
	p.ret()
	p.put(goOn)
}

// unless ends the program if what the first argument of a tracepoint, or what it leads to, has
// there is another value. Such memory the verifier lets a program read by itself.
func (p *program) unless(base asm.Register, offset int, size asm.Size, value int32) {
	goOn := p.label()
	p.add(asm.LoadMem(asm.R1, base, int16(offset), size), asm.JEq.Imm32(asm.R1, value, goOn))
	p.ret()
	p.put(goOn)
}

// jumpIfLingering jumps where a register has the number of a state that lingers.
func (p *program) jumpIfLingering(state asm.Register, to string) {
	p.add(asm.Mov.Imm(asm.R1, 1), asm.LSh.Reg(asm.R1, state), asm.And.Imm(asm.R1, lingering), asm.JNE.Imm(asm.R1, 0, to))
}

func (p *program) ret() { p.add(asm.Mov.Imm(asm.R0, 0), asm.Return()) }

// tell hands the first bytes of the record to the ring buffer; what finds no room there is
// counted.
func (p *program) tell(size int, ring, lost *ebpf.Map) {
	p.add(asm.LoadMapPtr(asm.R1, ring.FD()))
	p.address(asm.R2, 0)
	p.add(asm.Mov.Imm(asm.R3, int32(size)), asm.Mov.Imm(asm.R4, 0), asm.FnRingbufOutput.Call())
	done := p.label()
	p.add(asm.JEq.Imm(asm.R0, 0, done))
	p.count(lost)
	p.put(done)
}

// count adds one to the first element of an array of 8-byte numbers.
func (p *program) count(array *ebpf.Map) {
	p.add(asm.Mov.Imm(asm.R1, 0))
	p.countAt(array, asm.R1)
}

// countAt is count of the element that a register has the number of; it uses the record's last
// 8 bytes.
func (p *program) countAt(array *ebpf.Map, index asm.Register) {
	none := p.label()
	key := p.size - 8
	p.add(asm.StoreMem(asm.RFP, p.field(key), index, asm.Word), asm.LoadMapPtr(asm.R1, array.FD()))
	p.address(asm.R2, key)
	p.add(asm.FnMapLookupElem.Call(), asm.JEq.Imm(asm.R0, 0, none), asm.Mov.Imm(asm.R1, 1),
		asm.StoreXAdd(asm.R0, asm.R1, asm.DWord))
	p.put(none)
}

// load hands a program to the kernel, for a tracepoint.
func (p *program) load(tracepoint string) (*ebpf.Program, error) {
	loaded, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "sockproof", Type: ebpf.Tracing, AttachType: ebpf.AttachTraceRawTp, AttachTo: tracepoint,
		Instructions: p.code, License: "GPL",
	})
	if err != nil {
		return nil, fmt.Errorf("load a program for the tracepoint %s: %w", tracepoint, err)
	}
	return loaded, nil
}
