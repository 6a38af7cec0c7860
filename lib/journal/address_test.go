package journal

import (
	"net/netip"
	"testing"
)

func TestAddress(t *testing.T) {
	for a, want := range map[Address]struct {
		ip   string
		port uint16
	}{
		"192.0.2.1:80":       {"192.0.2.1", 80},
		"[2001:db8::1]:8080": {"2001:db8::1", 8080},
		"[fe80::1%eth0]:22":  {"fe80::1%eth0", 22},
		"192.0.2.1":          {"192.0.2.1", 0},
		"2001:db8::1":        {"2001:db8::1", 0},
		"":                   {},
		"nowhere:80":         {},
		"192.0.2.1:65536":    {},
	} {
		ip, _ := netip.ParseAddr(want.ip)
		if a.IP() != ip || a.Port() != want.port {
			t.Errorf("%q: %s, port %d", a, a.IP(), a.Port())
		}
		if at := a.AddrPort(); at.IsValid() && AddressOf(at) != a {
			t.Errorf("%q is written %q", a, AddressOf(at))
		}
	}
	if a := AddressOf(netip.AddrPort{}); a != "" {
		t.Errorf("no address is written %q", a)
	}
}
