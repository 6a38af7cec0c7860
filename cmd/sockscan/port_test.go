package main

import (
	"slices"
	"strings"
	"testing"

	"sockproof/lib/live"
	"sockproof/lib/portrange"
)

func settings(t *testing.T, rng, reserved string) portSettings {
	t.Helper()
	r, err := portrange.Parse(rng)
	if err != nil {
		t.Fatal(err)
	}
	p, err := portrange.ParseReserved(reserved)
	if err != nil {
		t.Fatal(err)
	}
	return portSettings{Range: r, Reserved: p}
}

func TestCheckOne(t *testing.T) {
	for _, tt := range []struct {
		rng, reserved string
		port          uint16
		risk          bool
		why           string
	}{
		{"32768 60999", "", 8080, false, "outside net.ipv4.ip_local_port_range (32768 60999): the kernel never chooses it"},
		{"32768 60999", "8080", 8080, false, "outside net.ipv4.ip_local_port_range (32768 60999), and reserved besides"},
		{"32768 60999", "", 32767, false, "outside net.ipv4.ip_local_port_range (32768 60999): the kernel never chooses it"},
		{"32768 60999", "", 32768, true, "inside net.ipv4.ip_local_port_range (32768 60999), not reserved, and even: connect() tries the range's even ports first"},
		{"32768 60999", "", 60999, true, "inside net.ipv4.ip_local_port_range (32768 60999), not reserved; odd, which connect() tries last and bind() to port 0 first: rarer, not safe"},
		{"32768 60999", "", 61000, false, "outside net.ipv4.ip_local_port_range (32768 60999): the kernel never chooses it"},
		{"1025 65535", "", 8081, true, "inside net.ipv4.ip_local_port_range (1025 65535), not reserved, and odd: connect() tries the range's odd ports first"},
		{"1024 65535", "8000-9000", 8080, false, "inside net.ipv4.ip_local_port_range (1024 65535), but in net.ipv4.ip_local_reserved_ports: the kernel never chooses it"},
		{"1024 65535", "8000-8079,8081", 8080, true, "inside net.ipv4.ip_local_port_range (1024 65535), not reserved, and even: connect() tries the range's even ports first"},
	} {
		c := settings(t, tt.rng, tt.reserved).checkOne(tt.port)
		if c.AtRisk != tt.risk || c.Why != tt.why {
			t.Errorf("%d in %s, reserved %q: %+v\nwant %s", tt.port, tt.rng, tt.reserved, c, tt.why)
		}
	}
}

func TestReservedWith(t *testing.T) {
	for _, tt := range []struct {
		reserved string
		ports    []uint16
		want     string
	}{
		{"", []uint16{8080}, "8080"},
		{"9000-9005", []uint16{8080}, "8080,9000-9005"},
		{"9000-9005", []uint16{9006, 8999}, "8999-9006"},
		{"9000-9005,9003-9010,7", []uint16{9005, 65535, 65535}, "7,9000-9010,65535"},
		{"1-65535", []uint16{80}, "1-65535"},
	} {
		s := settings(t, "1 65535", tt.reserved)
		before := slices.Clone(s.Reserved)
		if got := s.Reserved.With(tt.ports).String(); got != tt.want {
			t.Errorf("%q with %v: %q, want %q", tt.reserved, tt.ports, got, tt.want)
		}
		if !slices.Equal(s.Reserved, before) {
			t.Errorf("%q changed to %q", tt.reserved, s.Reserved)
		}
	}
}

func TestPortText(t *testing.T) {
	const bind = "no setting stops a client that itself binds such a port before it connects\n"
	s := settings(t, "32768 60999", "50000")
	for _, tt := range []struct {
		name  string
		ports []uint16
		in    live.Place
		want  string
	}{
		{"safe", []uint16{8080}, live.Place{}, "port 8080 safe: outside net.ipv4.ip_local_port_range (32768 60999): the kernel never chooses it\n" + bind},
		{"at risk", []uint16{40000, 50000}, live.Place{}, `port 40000 at risk: inside net.ipv4.ip_local_port_range (32768 60999), not reserved, and even: connect() tries the range's even ports first
port 50000 safe: inside net.ipv4.ip_local_port_range (32768 60999), but in net.ipv4.ip_local_reserved_ports: the kernel never chooses it

to protect it, keeping what is reserved already:
  sysctl -w net.ipv4.ip_local_reserved_ports=40000,50000
and after a reboot:
  echo 'net.ipv4.ip_local_reserved_ports = 40000,50000' > /etc/sysctl.d/90-reserved-ports.conf
` + bind},
		{"elsewhere", []uint16{40000, 40002}, live.Place{Netns: "/run/netns/a b's"}, `in the network namespace /run/netns/a b's:
port 40000 at risk: inside net.ipv4.ip_local_port_range (32768 60999), not reserved, and even: connect() tries the range's even ports first
port 40002 at risk: inside net.ipv4.ip_local_port_range (32768 60999), not reserved, and even: connect() tries the range's even ports first

to protect them, keeping what is reserved already:
  nsenter --net='/run/netns/a b'\''s' sysctl -w net.ipv4.ip_local_reserved_ports=40000,40002,50000
lasting only if set again by whatever makes that namespace (docker run --sysctl …)
` + bind},
		{"of a process", []uint16{40000}, live.Place{PID: 12}, `in the network namespace of process 12:
port 40000 at risk: inside net.ipv4.ip_local_port_range (32768 60999), not reserved, and even: connect() tries the range's even ports first

to protect it, keeping what is reserved already:
  nsenter --net=/proc/12/ns/net sysctl -w net.ipv4.ip_local_reserved_ports=40000,50000
lasting only if set again by whatever makes that namespace (docker run --sysctl …)
` + bind},
	} {
		var b strings.Builder
		if s.check(tt.ports, tt.in).write(&b); b.String() != tt.want {
			t.Errorf("%s: got\n%swant\n%s", tt.name, b.String(), tt.want)
		}
	}
}

func TestPortBadUsage(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"", "port: no port given: want ports from 1 to 65535"},
		{"0", `port: "0": want a port from 1 to 65535`},
		{"65536", `port: "65536": want a port from 1 to 65535`},
		{"8080 http", `port: "http": want a port from 1 to 65535`},
		{"8080 --netns a --netns-of 1", "flags --netns and --netns-of exclude each other: give one"},
	} {
		code, out, errs := command(t, "port", strings.Fields(tt.args)...)
		if code != 2 || out != "" || errs != "sockscan: "+tt.want+"\n" {
			t.Errorf("port %s: exit %d\nstdout %q\nstderr %q\n  want %q", tt.args, code, out, errs, tt.want)
		}
	}
}
