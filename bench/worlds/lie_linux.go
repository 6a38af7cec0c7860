package main

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// A lie is a false answer to some of the calls of one kind.
type lie struct {
	call        uint32
	argument    int // which of its arguments is the descriptor
	on          kind
	any         bool // a call of the binary's on anything, and not the runtime's
	first, last int  // of such calls, from 1; last 0: for ever
	// tell makes the answer, and says whether there was anything to lie about.
	tell func(w *warden, n *notification) (answer, bool)
}

// when says which of the calls get a false answer.
type when struct {
	name        string
	first, last int
}

var moments = []when{{"1st", 1, 1}, {"2nd", 2, 2}, {"3rd", 3, 3}, {"all", 1, 0}}

// failWith is a call that fails without being made.
func failWith(errno unix.Errno) func(*warden, *notification) (answer, bool) {
	return func(*warden, *notification) (answer, bool) { return fails(errno), true }
}

// claim is a call that is not made, and is said to have returned this.
func claim(value int64) func(*warden, *notification) (answer, bool) {
	return func(*warden, *notification) (answer, bool) { return returns(value), true }
}

// swallow reports that a write took all its bytes, and sends none of them.
func swallow(_ *warden, n *notification) (answer, bool) {
	return returns(int64(n.Args[2])), n.Args[2] > 0
}

// exaggerate is a write that is said to have taken more than it was given.
func exaggerate(_ *warden, n *notification) (answer, bool) {
	return returns(int64(n.Args[2]) + 1), n.Args[2] > 0
}

// halve sends half of what is written, and says that all was.
func halve(w *warden, n *notification) (answer, bool) {
	size := n.Args[2]
	return w.write(n, size/2, int64(size))
}

// understate sends all, and says that half was.
func understate(w *warden, n *notification) (answer, bool) {
	size := n.Args[2]
	return w.write(n, size, int64(size/2))
}

// write sends part of the bytes in place of the program, and returns the result it chooses.
func (w *warden) write(n *notification, size uint64, claimed int64) (answer, bool) {
	if n.Args[2] < 2 {
		return answer{}, false
	}
	data := make([]byte, size)
	if err := peek(n.Thread, n.Args[1], data); err != nil {
		return answer{}, false
	}
	fd, err := w.descriptor(n, n.Args[0])
	if err != nil {
		return answer{}, false
	}
	defer unix.Close(fd)
	sent, err := unix.SendmsgN(fd, data, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	if err != nil || sent < int(size) {
		return answer{}, false
	}
	return returns(claimed), true
}

// shorten reads all that is there, and hands over less: the rest is lost.
func shorten(w *warden, n *notification) (answer, bool) {
	data, ok := w.read(n, 0)
	if !ok || len(data) < 2 {
		return answer{}, false
	}
	return w.handOver(n, data[:len(data)/2])
}

// repeat hands over what is there, and leaves it there.
func repeat(w *warden, n *notification) (answer, bool) {
	data, ok := w.read(n, unix.MSG_PEEK)
	if !ok {
		return answer{}, false
	}
	return w.handOver(n, data)
}

// alter hands over what is there, with its first byte changed.
func alter(w *warden, n *notification) (answer, bool) {
	data, ok := w.read(n, 0)
	if !ok {
		return answer{}, false
	}
	data[0] ^= 0x20
	return w.handOver(n, data)
}

// endEarly says that the stream has ended while there is data.
func endEarly(w *warden, n *notification) (answer, bool) {
	_, ok := w.read(n, unix.MSG_PEEK)
	return returns(0), ok
}

// resetEarly says that the connection was reset while there is data.
func resetEarly(w *warden, n *notification) (answer, bool) {
	_, ok := w.read(n, unix.MSG_PEEK)
	return fails(unix.ECONNRESET), ok
}

// emptyEarly says that nothing has come while there is data, or an end.
func emptyEarly(w *warden, n *notification) (answer, bool) {
	fd, err := w.descriptor(n, n.Args[0])
	if err != nil {
		return answer{}, false
	}
	defer unix.Close(fd)
	_, _, err = unix.Recvfrom(fd, make([]byte, 1), unix.MSG_DONTWAIT|unix.MSG_PEEK)
	return fails(unix.EAGAIN), err == nil
}

// lose takes what is there, and says that nothing is.
func lose(w *warden, n *notification) (answer, bool) {
	_, ok := w.read(n, 0)
	return fails(unix.EAGAIN), ok
}

// loseFrame is the same for a device.
func loseFrame(w *warden, n *notification) (answer, bool) {
	fd, err := w.descriptor(n, n.Args[0])
	if err != nil {
		return answer{}, false
	}
	defer unix.Close(fd)
	// The descriptor shares its flags with the program's: it does not wait
	// where that one doesn't.
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_NONBLOCK == 0 {
		return answer{}, false
	}
	got, err := unix.Read(fd, make([]byte, largestRead))
	return fails(unix.EAGAIN), err == nil && got > 0
}

// largestRead bounds what a call may make the warden allocate.
const largestRead = 1 << 20

// read takes what is there in the program's stead; it never waits.
func (w *warden) read(n *notification, flags int) ([]byte, bool) {
	fd, err := w.descriptor(n, n.Args[0])
	if err != nil {
		return nil, false
	}
	defer unix.Close(fd)
	data := make([]byte, min(n.Args[2], largestRead))
	got, _, err := unix.Recvfrom(fd, data, unix.MSG_DONTWAIT|flags)
	if err != nil || got <= 0 {
		return nil, false
	}
	return data[:got], true
}

func (w *warden) handOver(n *notification, data []byte) (answer, bool) {
	if err := poke(n.Thread, n.Args[1], data); err != nil {
		return answer{}, false
	}
	return returns(int64(len(data))), true
}

// stateAs says that a socket is in another state than it is: the first byte
// of TCP_INFO.
func stateAs(state byte) func(*warden, *notification) (answer, bool) {
	return func(w *warden, n *notification) (answer, bool) {
		return w.tcpInfo(n, func(info []byte) bool {
			was := info[0]
			info[0] = state
			return was != state
		})
	}
}

// tcpInfo answers a call for TCP_INFO with what change makes of it.
func (w *warden) tcpInfo(n *notification, change func([]byte) bool) (answer, bool) {
	if n.Args[1] != unix.IPPROTO_TCP || n.Args[2] != unix.TCP_INFO {
		return answer{}, false
	}
	fd, err := w.descriptor(n, n.Args[0])
	if err != nil {
		return answer{}, false
	}
	defer unix.Close(fd)
	size := make([]byte, 4)
	if err := peek(n.Thread, n.Args[4], size); err != nil {
		return answer{}, false
	}
	info, err := unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil || info == "" {
		return answer{}, false
	}
	b := []byte(info)
	if asked := int(binary.NativeEndian.Uint32(size)); asked < len(b) {
		b = b[:asked]
	}
	if !change(b) || poke(n.Thread, n.Args[3], b) != nil || poke(n.Thread, n.Args[4], binary.NativeEndian.AppendUint32(nil, uint32(len(b)))) != nil {
		return answer{}, false
	}
	return returns(0), true
}

// peek reads the program's memory.
func peek(thread uint32, address uint64, into []byte) error {
	return transfer(unix.ProcessVMReadv, thread, address, into)
}

// poke writes the program's memory.
func poke(thread uint32, address uint64, from []byte) error {
	return transfer(unix.ProcessVMWritev, thread, address, from)
}

func transfer(call func(int, []unix.Iovec, []unix.RemoteIovec, uint) (int, error), thread uint32, address uint64, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	local := unix.Iovec{Base: &b[0]}
	local.SetLen(len(b))
	n, err := call(int(thread), []unix.Iovec{local}, []unix.RemoteIovec{{Base: uintptr(address), Len: len(b)}}, 0)
	if err == nil && n < len(b) {
		err = fmt.Errorf("%d of %d bytes", n, len(b))
	}
	return err
}
