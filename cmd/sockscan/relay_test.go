package main

import (
	"testing"

	"sockproof/lib/witness/tcpstate"
)

// relayed adds a client's connection that a relay has passed on to a backend, whose end is here too.
func (m *made) relayed(n int, relay, backend int32, came, passed millis) {
	m.socket(tcpstate.CloseWait, relay, here+"8080", there+port(n), ago(came+900, came+500, came))
	m.socket(tcpstate.FinWait2, relay, here+port(n), here+"5432", ago(passed+500, passed+900, passed))
	m.socket(tcpstate.CloseWait, backend, here+"5432", here+port(n), ago(passed+500, passed+900, passed))
}

// A relay that has passed the FIN on is not the culprit: the backend is.
func TestRelayIsNotTheCulprit(t *testing.T) {
	m := makeLook()
	m.listener("0.0.0.0:8080", 0, func(*listener) {})
	m.listener("0.0.0.0:5432", 0, func(*listener) {})
	relay, backend := m.process(7, "relay"), m.process(8, "backend")
	for n := range 3 {
		m.relayed(n, relay, backend, 10_000*millis(n+1), 10_000*millis(n+1)-1)
	}
	m.want(t, "close-wait/relay-waits 3 relay waits for backend", "close-wait/awaited 3 backend with relay")
}

// Each is in one pair: what is left over is leaked.
func TestRelayThatLeaks(t *testing.T) {
	m := makeLook()
	m.listener("0.0.0.0:8080", 0, func(*listener) {})
	relay := m.process(7, "relay")
	for n := range 3 {
		m.socket(tcpstate.CloseWait, relay, here+"8080", there+port(n), ago(21_000, 20_500, 20_000))
	}
	m.socket(tcpstate.FinWait2, relay, here+port(0), "192.0.2.5:5432", ago(20_100, 21_000, 19_990))
	m.want(t, "close-wait/leaked 2 relay", "close-wait/relay-waits 1 relay")
}

// Where keepalive probes are answered nothing says when a FIN came: nobody is accused for sure.
func TestRelayWithKeepalive(t *testing.T) {
	m := makeLook()
	m.listener("0.0.0.0:8080", 0, func(*listener) {})
	relay := m.process(7, "relay")
	probed := func(s *socket) { s.timer = timerKeepalive }
	m.socket(tcpstate.CloseWait, relay, here+"8080", there+port(0), ago(18_500, 18_200, 1_900), probed)
	m.socket(tcpstate.FinWait2, relay, here+port(0), "192.0.2.5:5432", ago(5_100, 20_000, 1_990), probed)
	m.want(t, "close-wait/maybe-relay 1 relay", "fin-wait2/peer-open 1 relay")
}

// A connection that was shut down long before is not the other side of one whose FIN came just now.
func TestRelayAges(t *testing.T) {
	m := makeLook()
	app := m.process(7, "app")
	m.socket(tcpstate.CloseWait, app, here+port(0), there+"80", ago(21_000, 20_500, 20_000))
	m.socket(tcpstate.FinWait2, app, here+port(1), there+"81", ago(90_500, 91_000, 90_000))
	m.want(t, "close-wait/maybe-relay 1 app", "fin-wait2/peer-open 1 app")
}

// The two ends of one connection are no relay.
func TestBothEndsOfOneConnection(t *testing.T) {
	m := makeLook()
	app := m.process(7, "app")
	m.listener("127.0.0.1:8080", app, func(*listener) {})
	m.socket(tcpstate.CloseWait, app, "127.0.0.1:8080", "127.0.0.1:"+port(0))
	m.socket(tcpstate.FinWait2, app, "127.0.0.1:"+port(0), "127.0.0.1:8080")
	m.want(t, "close-wait/leaked 1 app with app")
}

// Where the peer's program has closed too, nobody reads what is still sent.
func TestSentIntoTheVoid(t *testing.T) {
	m := makeLook()
	app := m.process(7, "app")
	m.listener("127.0.0.1:8080", app, func(*listener) {})
	sends := func(s *socket) { s.flags, s.sent = isInfo|hasSent, 300 }
	m.socket(tcpstate.CloseWait, app, "127.0.0.1:8080", "127.0.0.1:"+port(0), sends)
	m.socket(tcpstate.FinWait2, 0, "127.0.0.1:"+port(0), "127.0.0.1:8080")
	m.want(t, "close-wait/leaked 1 app")
}
