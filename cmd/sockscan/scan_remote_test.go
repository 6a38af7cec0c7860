package main

import (
	"net/netip"
	"slices"
	"testing"

	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// scanSocket is a socket with these addresses.
func scanSocket(local, remote string) diag.Socket {
	s := diag.Socket{Family: diag.FamilyIPv6, Local: netip.MustParseAddrPort(local), Remote: netip.MustParseAddrPort(remote)}
	if s.Local.Addr().Is4() {
		s.Family = diag.FamilyIPv4
	}
	return s
}

// scanServices is where somebody listens, by inode from 1.
func scanServices(listen ...string) *stuckServices {
	v := &stuckServices{low: 32768, high: 60999}
	for i, l := range listen {
		s := scanSocket(l, "0.0.0.0:0")
		s.State, s.Inode = tcpstate.Listen, uint64(i+1)
		v.listener(s)
	}
	return v
}

func TestStuckRemote(t *testing.T) {
	v := scanServices("0.0.0.0:8080", "[::1]:40000")
	for _, tt := range []struct {
		name, local, remote string
		index               uint32
		want                string
	}{
		{"to a server elsewhere", "192.0.2.1:33000", "192.0.2.9:5432", 0, "to 192.0.2.9:5432"},
		{"from a client", "192.0.2.1:8080", "192.0.2.9:33000", 0, "from 192.0.2.9 to 192.0.2.1:8080"},
		{"from a client with a low port", "192.0.2.1:8080", "192.0.2.9:80", 0, "from 192.0.2.9 to 192.0.2.1:8080"},
		{"a service at a client's port", "[2001:db8::1]:40000", "[2001:db8::9]:33000", 0, "from 2001:db8::9 to [2001:db8::1]:40000"},
		{"to a service at a client's port", "192.0.2.1:33000", "192.0.2.9:40002", 0, "to 192.0.2.9:40002"},
		{"whose listener is gone", "192.0.2.1:9090", "192.0.2.9:33000", 0, "from 192.0.2.9 to 192.0.2.1:9090"},
		{"both low, like NFS", "192.0.2.1:700", "192.0.2.9:2049", 0, "to 192.0.2.9:2049"},
		{"link-local", "[fe80::1]:33000", "[fe80::9]:5432", 3, "to [fe80::9%3]:5432"},
		{"from link-local", "[fe80::1]:8080", "[fe80::9]:33000", 3, "from fe80::9%3 to [fe80::1%3]:8080"},
	} {
		s := scanSocket(tt.local, tt.remote)
		s.Interface = tt.index
		if got := v.remoteOf(&s).report().String(); got != tt.want {
			t.Errorf("%s: %s > %s is %q, want %q", tt.name, tt.local, tt.remote, got, tt.want)
		}
	}
}

// The connections of one service are one place, whatever port the kernel chose.
func TestStuckRemoteIsTheServices(t *testing.T) {
	v := scanServices("0.0.0.0:8080")
	one, other, third := scanSocket("192.0.2.1:33000", "192.0.2.9:5432"), scanSocket("192.0.2.1:33001", "192.0.2.9:5432"), scanSocket("192.0.2.1:33000", "192.0.2.9:5433")
	if v.remoteOf(&one) != v.remoteOf(&other) || v.remoteOf(&one) == v.remoteOf(&third) {
		t.Error("a client's connections")
	}
	one, other, third = scanSocket("192.0.2.1:8080", "192.0.2.9:33000"), scanSocket("192.0.2.1:8080", "192.0.2.9:33001"), scanSocket("192.0.2.1:8080", "192.0.2.8:33000")
	if v.remoteOf(&one) != v.remoteOf(&other) || v.remoteOf(&one) == v.remoteOf(&third) {
		t.Error("a server's connections")
	}
}

func TestStuckRemoteOrder(t *testing.T) {
	v := scanServices("0.0.0.0:8080")
	var all []stuckRemote
	for _, a := range [][2]string{
		{"192.0.2.1:33000", "192.0.2.8:80"},
		{"192.0.2.1:33000", "192.0.2.9:80"},
		{"192.0.2.1:8080", "192.0.2.8:33000"},
		{"192.0.2.1:8080", "192.0.2.9:33000"},
	} {
		s := scanSocket(a[0], a[1])
		all = append(all, v.remoteOf(&s))
	}
	sorted := slices.Clone(all)
	slices.Reverse(sorted)
	slices.SortFunc(sorted, stuckRemote.compare)
	if !slices.Equal(sorted, all) {
		t.Errorf("%v", sorted)
	}
}

// Who should have called accept is who listens: at that address, or at any.
func TestStuckAcceptor(t *testing.T) {
	v := scanServices("0.0.0.0:80", "192.0.2.1:80", "[::]:81", "[::1]:81")
	for _, tt := range []struct {
		local  string
		family uint8
		want   uint32
	}{
		{"192.0.2.1:80", diag.FamilyIPv4, 2},
		{"192.0.2.2:80", diag.FamilyIPv4, 1},
		{"[::1]:81", diag.FamilyIPv6, 4},
		{"[::2]:81", diag.FamilyIPv6, 3},
		{"192.0.2.1:81", diag.FamilyIPv6, 3}, // IPv4 in an IPv6 socket
		{"192.0.2.1:81", diag.FamilyIPv4, 0},
		{"192.0.2.1:82", diag.FamilyIPv4, 0},
	} {
		s := scanSocket(tt.local, "192.0.2.9:33000")
		s.Family = tt.family
		if got := v.acceptor(&s); got != tt.want {
			t.Errorf("%s, family %d: inode %d, want %d", tt.local, tt.family, got, tt.want)
		}
	}
}
