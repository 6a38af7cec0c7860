package network

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Veth is a host's end of the wire where no TUN can be opened: a pair of virtual interfaces (veth(4)),
// of which one has the host's address. Its descriptors are packet sockets without a link header
// (packet(7), SOCK_DGRAM).
type Veth struct {
	// Tap is at the host's interface. What the host sends is there when the call that sends it
	// returns, for dev_hard_start_xmit() shows it to packet sockets first; and what enters
	// the host is shown before it is taken in.
	Tap int
	// In is at the other interface: what is sent there enters the host.
	In int
	// Peer is that interface's index, in a namespace that all hosts share.
	Peer int
}

// vethAddress is the link address of each host's interface. Nobody resolves it: the interfaces
// have IFF_NOARP, and so address every frame to themselves.
var vethAddress = []byte{2, 0, 0, 0, 0, 1}

// To is where a packet of an IP version is sent to enter the host.
func (v *Veth) To(version byte) *unix.SockaddrLinklayer {
	to := &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_IP), Ifindex: v.Peer, Halen: 6}
	if version == 6 {
		to.Protocol = networkOrder(unix.ETH_P_IPV6)
	}
	copy(to.Addr[:], vethAddress)
	return to
}

func networkOrder(v uint16) uint16 {
	return binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, v))
}

func (v *Veth) close() {
	if v == nil {
		return
	}
	for _, fd := range []int{v.Tap, v.In} {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}

// shared makes the namespace that has the other ends of all pairs. Nothing in it has an address,
// so it says nothing.
func (n *Network) shared() (err error) {
	if n.ends, err = newNamespace(); err != nil {
		return err
	}
	return withoutIPv6()
}

// openVeth makes a pair: one interface in the host's namespace, in which the calling thread is
// afterwards, and its peer in the shared one.
func (h *Host) openVeth(mtu int) (err error) {
	if h.net.ends == nil {
		if err := h.net.shared(); err != nil {
			return err
		}
	}
	if err := h.ns.Enter(); err != nil {
		return err
	}
	peer := fmt.Sprintf("%s-%s", wireInterface, h.Name)
	if err := addVeth(wireInterface, peer, h.net.ends.fd, mtu); err != nil {
		return err
	}
	if err := withoutOffload(wireInterface); err != nil {
		return err
	}
	index, err := interfaceIndex(wireInterface)
	if err != nil {
		return err
	}
	v := &Veth{Tap: -1, In: -1}
	h.Veth = v
	if v.Tap, err = packetSocket(unix.ETH_P_ALL, index); err != nil {
		return err
	}
	if err := h.net.ends.Enter(); err != nil {
		return err
	}
	if v.Peer, err = interfaceIndex(peer); err != nil {
		return err
	}
	if v.In, err = packetSocket(0, v.Peer); err != nil { // protocol 0 receives nothing
		return err
	}
	// The interface that comes up first gets its queue from a work queue, when the other is up too (dev_activate
	// in net/sched/sch_generic.c), and throws packets away until then.
	if err := unix.SetsockoptInt(v.In, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1); err != nil {
		return fmt.Errorf("setsockopt(PACKET_QDISC_BYPASS): %w", err)
	}
	if err := bringUp(v.Peer); err != nil {
		return err
	}
	return h.ns.Enter()
}

// addVeth makes a pair (drivers/net/veth.c, veth_newlink).
func addVeth(name, peer string, peerNamespace, mtu int) error {
	n, err := openRtnetlink()
	if err != nil {
		return err
	}
	defer n.close()
	link := func(name string, more ...attr) (header []byte, attrs []attr) {
		header = make([]byte, unix.SizeofIfInfomsg)
		binary.NativeEndian.PutUint32(header[8:], unix.IFF_NOARP)
		binary.NativeEndian.PutUint32(header[12:], unix.IFF_NOARP)
		attrs = append([]attr{{unix.IFLA_IFNAME, text(name)}}, more...)
		if mtu > 0 {
			attrs = append(attrs, attr{unix.IFLA_MTU, u32(uint32(mtu))})
		}
		return header, attrs
	}
	const vethInfoPeer = 1 // linux/veth.h
	otherHeader, other := link(peer, attr{unix.IFLA_NET_NS_FD, u32(uint32(peerNamespace))})
	header, attrs := link(name, attr{unix.IFLA_ADDRESS, vethAddress})
	attrs = append(attrs, attr{unix.IFLA_LINKINFO, nested(
		attr{unix.IFLA_INFO_KIND, []byte("veth")},
		attr{unix.IFLA_INFO_DATA, nested(attr{vethInfoPeer, append(otherHeader, nested(other...)...)})},
	)})
	n.change("make a veth pair", unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, header, attrs...)
	return n.send()
}

func bringUp(index int) error {
	n, err := openRtnetlink()
	if err != nil {
		return err
	}
	defer n.close()
	r := &router{rtnetlink: n}
	r.up("the other end of the wire's interface", index)
	return r.send()
}

// withoutOffload lets the kernel finish checksums and cut segments before they leave the interface,
// as it does on a TUN: what is offloaded, the tap would see unfinished. What depends on
// checksums goes off with them (net/core/dev.c, netdev_fix_features).
func withoutOffload(name string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket(AF_INET, SOCK_DGRAM): %w", err)
	}
	defer unix.Close(fd)
	value := struct{ command, data uint32 }{command: unix.ETHTOOL_STXCSUM} // struct ethtool_value
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte // as long as struct ifreq
	}{data: unsafe.Pointer(&value)}
	copy(request.name[:unix.IFNAMSIZ-1], name)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return fmt.Errorf("ETHTOOL_STXCSUM %s: %w", name, errno)
	}
	return nil
}

// tapBuffer is how many bytes may wait in the kernel, with its overhead: what a host sends before the
// program takes it. The kernel gives rmem_max where that is less.
const tapBuffer = 32 << 20

// packetSocket takes and sends packets at an interface of the calling thread's namespace.
func packetSocket(protocol uint16, index int) (int, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, fmt.Errorf("socket(AF_PACKET): %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, tapBuffer); err != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, tapBuffer) // what does not fit is noticed
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: networkOrder(protocol), Ifindex: index}); err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("bind(AF_PACKET): %w", err)
	}
	// The interface is down still, which is an error of the socket that is told once.
	_, _ = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	return fd, nil
}
