package main

import (
	"net/netip"
	"strings"
	"testing"

	"sockproof/lib/journaltest"
	"sockproof/lib/live"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

func TestScanBadUsage(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"8080", `scan: argument "8080": it takes none`},
		{"--fail-over x", `flag "--fail-over": value "x": want a whole number from 0 to 1000000000`},
		{"--fail-over -1", `flag "--fail-over": value "-1": want a whole number from 0 to 1000000000`},
		{"--netns /x --netns-of 1", "flags --netns and --netns-of exclude each other: give one"},
		{"--netns=", `flag "--netns": value "": want a name, or a path like /run/netns/NAME or /proc/PID/ns/net`},
		{"--netns-of 0", `flag "--netns-of": value "0": want a whole number from 1 to 1000000000`},
		{"--netns-of self", `flag "--netns-of": value "self": want a whole number from 1 to 1000000000`},
		{"--format tap", `scan: flag "--format": value "tap": want text or json`},
		{"--repeat 2", `flag "--repeat" means nothing to the command "scan"; accepted: --netns --netns-of --fail-over --format --color`},
	} {
		code, out, errs := journaltest.Command(t, "selfconnect", scanCommand(), strings.Fields(tt.args)...)
		if code != 2 || out != "" || errs != "selfconnect: "+tt.want+"\n" {
			t.Errorf("scan %s: exit %d\nstdout %q\nstderr %q\n  want %q", tt.args, code, out, errs, tt.want)
		}
	}
}

func TestIsSelfConnected(t *testing.T) {
	for _, tt := range []struct {
		local, remote string
		state         uint8
		want          bool
	}{
		{"127.0.0.1:8080", "127.0.0.1:8080", tcpstate.Established, true},
		{"127.0.0.1:8080", "127.0.0.1:8080", tcpstate.SynSent, false}, // it only tries to be
		{"127.0.0.1:8080", "127.0.0.1:8080", tcpstate.TimeWait, true},
		{"[::1]:8080", "[::1]:8080", tcpstate.Closing, true},
		{"[fe80::1]:8080", "[fe80::1]:8080", tcpstate.Established, true},
		{"127.0.0.1:8080", "127.0.0.1:8081", tcpstate.Established, false},
		{"127.0.0.1:8080", "127.0.0.2:8080", tcpstate.Established, false},
		{"[::1]:8080", "[::2]:8080", tcpstate.Established, false},
		{"0.0.0.0:8080", "0.0.0.0:0", tcpstate.Listen, false},
	} {
		s := diag.Socket{Local: netip.MustParseAddrPort(tt.local), Remote: netip.MustParseAddrPort(tt.remote), State: tt.state}
		if got := isSelfConnected(&s); got != tt.want {
			t.Errorf("%s > %s, %s: %v", tt.local, tt.remote, s.StateName(), got)
		}
	}
}

func TestDescribe(t *testing.T) {
	at := func(s string) diag.Socket {
		a := netip.MustParseAddrPort(s)
		return diag.Socket{Family: diag.FamilyIPv4, Local: a, Remote: a, State: tcpstate.Established, UID: 1000, Inode: 7}
	}
	sockets := map[string]diag.Socket{
		"127.0.0.1:8080":               at("127.0.0.1:8080"),
		"127.0.0.1:8080 (IPv6 socket)": at("127.0.0.1:8080"),
		"[::1]:8080":                   at("[::1]:8080"),
		"[fe80::1%3]:8080":             at("[fe80::1]:8080"),
	}
	for want, s := range sockets {
		if strings.Contains(want, ":1") || strings.Contains(want, "IPv6") {
			s.Family, s.Interface = diag.FamilyIPv6, 3
		}
		d := describe(&s)
		if got := d.title(); got != want {
			t.Errorf("title %q, want %q", got, want)
		}
		if got := d.holder(); got != "uid 1000, inode 7" {
			t.Errorf("%s: %q", want, got)
		}
	}
}

// TestDescribeGone: the kernel says uid 0 of what has no owner any more.
func TestDescribeGone(t *testing.T) {
	a := netip.MustParseAddrPort("127.0.0.1:8080")
	for _, tt := range []struct {
		socket diag.Socket
		want   string
	}{
		{diag.Socket{State: tcpstate.TimeWait, Timer: 3, TimerMS: 56001}, "no owner any more; blocks its port for another 57 s"},
		{diag.Socket{State: tcpstate.Closing, Timer: 1, TimerMS: 200}, "no owner any more"},
	} {
		tt.socket.Local, tt.socket.Remote = a, a
		d := describe(&tt.socket)
		if d.UID != nil || d.holder() != tt.want {
			t.Errorf("uid %v, %q; want %q", d.UID, d.holder(), tt.want)
		}
	}
}

func TestScannedText(t *testing.T) {
	uid := uint32(1000)
	long := scannedSocket{
		State: "ESTABLISHED", Address: "127.0.0.1:40000", Family: "ipv6", UID: &uid, Inode: 31,
		Owners: []live.Owner{{PID: 47, Program: "health\x1b[2Jcheck"}, {PID: 48, Program: "curl"}, {PID: 49}},
	}
	short := scannedSocket{State: "TIME_WAIT", Address: "[::1]:8080", Family: "ipv6", LeftMS: 59_000}
	for _, tt := range []struct {
		r    scanned
		want string
	}{
		{scanned{SocketsSeen: 1}, "no self-connected socket among 1 TCP socket\n"},
		{scanned{SocketsSeen: 50, Namespace: "the network namespace of process 4"}, "no self-connected socket among 50 TCP sockets in the network namespace of process 4\n"},
		{
			scanned{Sockets: []scannedSocket{long, short}, Found: 2, SocketsSeen: 9, OwnersNotVisible: 1, OwnersReason: "run as root"},
			`2 self-connected sockets among 9 TCP sockets
  ESTABLISHED  127.0.0.1:40000 (IPv6 socket)  uid 1000, inode 31, pid 47 (health\x1b[2Jcheck), pid 48 (curl), pid 49
  TIME_WAIT    [::1]:8080                     no owner any more; blocks its port for another 59 s
1 socket's owner not visible: run as root
`,
		},
		{
			scanned{Sockets: []scannedSocket{short}, Found: 1, SocketsSeen: 9, OwnersNotVisible: 2, OwnersReason: "run as root"},
			`1 self-connected socket among 9 TCP sockets
  TIME_WAIT    [::1]:8080  no owner any more; blocks its port for another 59 s
2 sockets' owners not visible: run as root
`,
		},
	} {
		var b strings.Builder
		if tt.r.write(&b); b.String() != tt.want {
			t.Errorf("got\n%swant\n%s", b.String(), tt.want)
		}
	}
}
