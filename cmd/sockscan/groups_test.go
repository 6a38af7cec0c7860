package main

import (
	"fmt"
	"testing"

	"sockproof/lib/witness/tcpstate"
)

// Same fault, program and peer: one finding; what is too much is told by program.
func TestGroups(t *testing.T) {
	m := makeLook()
	a, b := m.process(7, "a"), m.process(8, "b")
	for n := range 4 {
		m.socket(tcpstate.CloseWait, a, here+port(n), there+"80")
	}
	m.socket(tcpstate.CloseWait, a, here+port(5), there+"81")
	m.socket(tcpstate.CloseWait, b, here+port(6), there+"80", func(s *socket) { s.flags |= isShared })
	m.want(t, "close-wait/leaked 4 a", "close-wait/leaked 1 a", "close-wait/leaked 1 b")
	r := m.report()
	if f := r.Findings[0]; f.Service != "192.0.2.9:80" || f.Direction != "out" || *f.Since.AtLeastMS != 60_000 || *f.Since.AtMostMS != 60_200 || f.EndRead != 4 {
		t.Errorf("%+v", f)
	}
	if r.Stuck != 6 || r.Findings[2].Shared != 1 {
		t.Errorf("%d stuck, %+v", r.Stuck, r.Findings[2])
	}
}

func TestTooManyGroups(t *testing.T) {
	m := makeLook()
	app := m.process(7, "app")
	m.listener("0.0.0.0:80", app, func(*listener) {})
	const sockets = 3 * maxGroups
	for n := range sockets {
		m.socket(tcpstate.CloseWait, app, here+"80", fmt.Sprintf("10.0.%d.%d:40000", n/250, n%250))
	}
	r := m.report()
	if len(r.Findings) != maxGroups+1 || r.Stuck != sockets || len(r.Notes) == 0 {
		t.Errorf("%d findings, %d sockets, %q", len(r.Findings), r.Stuck, r.Notes)
	}
	if f := r.Findings[0]; f.Sockets != sockets-maxGroups || f.Peer != "" || f.Service != "192.0.2.1:80" || f.Program.PID != 7 {
		t.Errorf("the rest: %+v", f)
	}
}

func TestFilter(t *testing.T) {
	for name, tt := range map[string]struct {
		filter filter
		want   int
	}{
		"all":           {filter{}, 3},
		"pid":           {filter{pid: 7}, 2},
		"program":       {filter{program: "b"}, 1},
		"local port":    {filter{port: 33001}, 1},
		"remote port":   {filter{port: 80}, 2},
		"state":         {filter{states: 1 << tcpstate.FinWait2}, 1},
		"remote":        {remoteFilter(t, "192.0.2.9"), 2},
		"remote's port": {remoteFilter(t, "192.0.2.9:80"), 1},
		"network":       {remoteFilter(t, "198.51.100.0/24"), 1},
	} {
		m := makeLook()
		a, b := m.process(7, "a"), m.process(8, "b")
		m.socket(tcpstate.CloseWait, a, here+port(0), there+"80")
		m.socket(tcpstate.CloseWait, a, here+port(1), there+"81")
		m.socket(tcpstate.FinWait2, b, here+port(2), "198.51.100.1:80")
		m.o.filter = tt.filter
		if r := m.report(); r.Stuck != tt.want {
			t.Errorf("%s: %d, want %d", name, r.Stuck, tt.want)
		}
	}
}

func remoteFilter(t *testing.T, text string) (f filter) {
	t.Helper()
	var err error
	if f.remote, f.remotePort, err = parseRemote(text); err != nil {
		t.Fatal(err)
	}
	return f
}

// The same socket twice in a namespace of its own is not its peer.
func TestPeerAcrossNamespaces(t *testing.T) {
	m := makeLook()
	m.spaces = append(m.spaces, space{name: "container x", settings: m.spaces[0].settings})
	proxy, server := m.process(7, "docker-proxy"), m.process(8, "server")
	inside := func(s *socket) { s.space = 1 }
	m.socket(tcpstate.FinWait2, proxy, "172.17.0.1:40000", "172.17.0.2:80")
	m.socket(tcpstate.CloseWait, server, "172.17.0.2:80", "172.17.0.1:40000", inside)
	m.socket(tcpstate.FinWait2, proxy, "127.0.0.1:40001", "127.0.0.1:80")
	m.socket(tcpstate.CloseWait, server, "127.0.0.1:80", "127.0.0.1:40001", inside)
	m.want(t, "close-wait/leaked 1 server", "close-wait/awaited 1 server with docker-proxy", "fin-wait2/peer-open 1 docker-proxy")
}

// Where two other namespaces have the peer's addresses, whose it is is not known.
func TestPeerInOneOfSeveralNamespaces(t *testing.T) {
	m := makeLook()
	for _, name := range []string{"x", "y"} {
		m.spaces = append(m.spaces, space{name: name, settings: m.spaces[0].settings})
	}
	proxy := m.process(7, "proxy")
	m.socket(tcpstate.FinWait2, proxy, "172.17.0.1:40000", "172.17.0.2:80")
	for n, program := range []string{"one", "other"} {
		m.socket(tcpstate.CloseWait, m.process(8+n, program), "172.17.0.2:80", "172.17.0.1:40000", func(s *socket) { s.space = uint16(n + 1) })
	}
	m.want(t, "close-wait/leaked 1 one", "close-wait/leaked 1 other", "fin-wait2/peer-open 1 proxy")
}

// Of several listeners at one address it is not told whose queue a connection is in.
func TestSeveralListeners(t *testing.T) {
	m := makeLook()
	for pid := 7; pid < 9; pid++ {
		m.listener("0.0.0.0:80", m.process(pid, "worker"), func(v *listener) { v.waiting, v.stillWaiting, v.again = 9, 9, true })
	}
	r := m.report()
	if len(r.Findings) != 2 || r.Findings[0].Shared != 1 || r.Findings[1].Shared != 1 {
		t.Errorf("%+v", r.Findings)
	}
}
