package network

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// rtnetlink speaks rtnetlink(7) with the calling thread's namespace. Requests
// are gathered and sent in one message, which is what makes setting a stage
// cheap: docs/decisions/rtnetlink.md says why no library does it.
type rtnetlink struct {
	fd      int
	batch   []byte
	what    []string // what each request of the batch is for; its sequence number counts from 1
	receive []byte
}

// replySize holds any reply to what is asked here, and many acknowledgements.
const replySize = 16 << 10

func openRtnetlink() (*rtnetlink, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("socket(AF_NETLINK, NETLINK_ROUTE): %w", err)
	}
	return &rtnetlink{fd: fd, receive: make([]byte, replySize)}, nil
}

func (n *rtnetlink) close() { _ = unix.Close(n.fd) }

// attr is a routing attribute (rtnetlink(7)).
type attr struct {
	kind uint16
	data []byte
}

func u32(v uint32) []byte { return binary.NativeEndian.AppendUint32(nil, v) }

func text(s string) []byte { return append([]byte(s), 0) }

// nested is the data of an attribute that has attributes.
func nested(attrs ...attr) []byte {
	var b []byte
	for _, a := range attrs {
		b = appendAttr(b, a)
	}
	return b
}

func appendAttr(b []byte, a attr) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(unix.SizeofRtAttr+len(a.data)))
	b = binary.NativeEndian.AppendUint16(b, a.kind)
	return pad(append(b, a.data...))
}

// pad aligns to four bytes, as messages and attributes are (netlink(7)).
func pad(b []byte) []byte {
	for len(b)%unix.NLMSG_ALIGNTO != 0 {
		b = append(b, 0)
	}
	return b
}

// change gathers a request that changes something; the kernel is to acknowledge it. The header
// is the family's fixed part; what says in an error what was asked for.
func (n *rtnetlink) change(what string, kind uint16, flags int, header []byte, attrs ...attr) {
	body := pad(append([]byte(nil), header...))
	body = append(body, nested(attrs...)...)
	n.what = append(n.what, what)
	n.batch = binary.NativeEndian.AppendUint32(n.batch, uint32(unix.SizeofNlMsghdr+len(body)))
	n.batch = binary.NativeEndian.AppendUint16(n.batch, kind)
	n.batch = binary.NativeEndian.AppendUint16(n.batch, uint16(unix.NLM_F_REQUEST|unix.NLM_F_ACK|flags))
	n.batch = binary.NativeEndian.AppendUint32(n.batch, uint32(len(n.what)))
	n.batch = binary.NativeEndian.AppendUint32(n.batch, 0) // the kernel's port
	n.batch = append(n.batch, body...)
}

// send sends the batch and returns the first error among the acknowledgements, with what it was
// about.
func (n *rtnetlink) send() error {
	defer func() { n.batch, n.what = n.batch[:0], n.what[:0] }()
	for {
		err := unix.Sendto(n.fd, n.batch, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("send to rtnetlink: %w", err)
		}
	}
	var first error
	for answered := 0; answered < len(n.what); {
		size, _, err := unix.Recvfrom(n.fd, n.receive, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("receive from rtnetlink: %w", err)
		}
		err = eachMessage(n.receive[:min(max(size, 0), len(n.receive))], func(m message) {
			if m.kind == unix.NLMSG_ERROR {
				first = cmp.Or(first, n.failure(m))
				answered++
			}
		})
		if err != nil {
			return err
		}
	}
	return first
}

// failure is the error that an acknowledgement carries, nil for success.
func (n *rtnetlink) failure(m message) error {
	if len(m.body) < 4 {
		return errShortReply
	}
	code := int32(binary.NativeEndian.Uint32(m.body))
	if code == 0 {
		return nil
	}
	what := "rtnetlink"
	if i := int(m.seq) - 1; i >= 0 && i < len(n.what) {
		what = n.what[i]
	}
	return fmt.Errorf("%s: %w", what, unix.Errno(-code))
}

// errShortReply is that the kernel's answer ends before it should.
var errShortReply = errors.New("rtnetlink: reply cut short")

// message is one netlink message.
type message struct {
	kind uint16
	seq  uint32
	body []byte
}

// eachMessage walks the messages of one datagram.
func eachMessage(b []byte, do func(message)) error {
	for len(b) > 0 {
		if len(b) < unix.SizeofNlMsghdr {
			return errShortReply
		}
		size := int(binary.NativeEndian.Uint32(b))
		if size < unix.SizeofNlMsghdr || size > len(b) {
			return errShortReply
		}
		do(message{
			kind: binary.NativeEndian.Uint16(b[4:]), seq: binary.NativeEndian.Uint32(b[8:]),
			body: b[unix.SizeofNlMsghdr:size],
		})
		b = b[min((size+unix.NLMSG_ALIGNTO-1)&^(unix.NLMSG_ALIGNTO-1), len(b)):]
	}
	return nil
}

// addressFamily is the family of an address by Linux's number.
func addressFamily(a netip.Addr) byte {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}
