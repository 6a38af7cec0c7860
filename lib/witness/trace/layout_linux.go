package trace

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// layout says where the running kernel keeps what is read of its structures, in bytes from
// their beginning.
type layout struct {
	// struct sock_common, which a socket of any kind begins with
	family, state, dport, num int
	daddr4, saddr4            int
	daddr6, saddr6            int
	net                       int
	sport                     int // struct inet_sock
	protocol, owned, socket   int // struct sock
	inode                     int // from struct socket, in the same struct socket_alloc
	netns                     int // struct net: the number of the namespace
	head, network, transport  int // struct sk_buff
	dev, devNet               int // struct sk_buff, struct net_device
	resetHasReason            bool
	reasons                   map[uint32]string // enum sk_rst_reason
}

// readLayout asks the kernel's own description of its types (BTF).
func readLayout() (*layout, error) {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return nil, fmt.Errorf("read the kernel's types (BTF): %w", err)
	}
	l := &layout{}
	f := fields{spec: spec}
	for _, at := range []struct {
		to   *int
		of   string
		path []string
	}{
		{&l.family, "sock_common", []string{"skc_family"}},
		{&l.state, "sock_common", []string{"skc_state"}},
		{&l.dport, "sock_common", []string{"skc_dport"}},
		{&l.num, "sock_common", []string{"skc_num"}},
		{&l.daddr4, "sock_common", []string{"skc_daddr"}},
		{&l.saddr4, "sock_common", []string{"skc_rcv_saddr"}},
		{&l.daddr6, "sock_common", []string{"skc_v6_daddr"}},
		{&l.saddr6, "sock_common", []string{"skc_v6_rcv_saddr"}},
		{&l.net, "sock_common", []string{"skc_net"}},
		{&l.sport, "inet_sock", []string{"inet_sport"}},
		{&l.protocol, "sock", []string{"sk_protocol"}},
		{&l.owned, "sock", []string{"sk_lock", "owned"}},
		{&l.socket, "sock", []string{"sk_socket"}},
		{&l.netns, "net", []string{"ns", "inum"}},
		{&l.head, "sk_buff", []string{"head"}},
		{&l.network, "sk_buff", []string{"network_header"}},
		{&l.transport, "sk_buff", []string{"transport_header"}},
		{&l.dev, "sk_buff", []string{"dev"}},
		{&l.devNet, "net_device", []string{"nd_net"}},
	} {
		*at.to = f.offset(at.of, at.path...)
	}
	l.inode = f.offset("socket_alloc", "vfs_inode", "i_ino") - f.offset("socket_alloc", "socket")
	l.resetHasReason = f.parameters("btf_trace_tcp_send_reset") == 4 // its context, the socket, the segment, the reason
	l.reasons = f.enum("sk_rst_reason", "SK_RST_REASON_")
	return l, errors.Join(f.missing...)
}

// fields finds members of structures.
type fields struct {
	spec    *btf.Spec
	missing []error
}

// offset is that of a member, in bytes; each name but the first is a member of the member
// before. Members of unnamed members count as the structure's own, as in C.
func (f *fields) offset(of string, path ...string) int {
	var s *btf.Struct
	if err := f.spec.TypeByName(of, &s); err != nil {
		f.missing = append(f.missing, fmt.Errorf("struct %s: %w", of, err))
		return 0
	}
	at, t := uint32(0), btf.Type(s)
	for _, name := range path {
		m, where := member(t, name)
		if m == nil {
			f.missing = append(f.missing, fmt.Errorf("struct %s has no %s in this kernel", of, strings.Join(path, ".")))
			return 0
		}
		at, t = at+where, btf.UnderlyingType(m.Type)
	}
	return int(at)
}

// member finds one by its name, and where it begins.
func member(t btf.Type, name string) (found *btf.Member, at uint32) {
	var members []btf.Member
	switch t := t.(type) {
	case *btf.Struct:
		members = t.Members
	case *btf.Union:
		members = t.Members
	}
	for i := range members {
		m := &members[i]
		if m.Name == name {
			return m, m.Offset.Bytes()
		}
		if m.Name == "" {
			if in, where := member(btf.UnderlyingType(m.Type), name); in != nil {
				return in, m.Offset.Bytes() + where
			}
		}
	}
	return nil, 0
}

// parameters is how many a tracepoint's function takes; 0: there is none.
func (f *fields) parameters(typedef string) int {
	var t *btf.Typedef
	if f.spec.TypeByName(typedef, &t) != nil {
		return 0
	}
	if p, is := t.Type.(*btf.Pointer); is {
		if proto, is := p.Target.(*btf.FuncProto); is {
			return len(proto.Params)
		}
	}
	return 0
}

// enum is the values of an enumeration by number, without a prefix and in small letters; nil
// where the kernel has none.
func (f *fields) enum(name, prefix string) map[uint32]string {
	var e *btf.Enum
	if f.spec.TypeByName(name, &e) != nil {
		return nil
	}
	all := map[uint32]string{}
	for _, v := range e.Values {
		all[uint32(v.Value)] = strings.ToLower(strings.TrimPrefix(v.Name, prefix))
	}
	return all
}
