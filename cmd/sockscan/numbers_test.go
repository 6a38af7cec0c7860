package main

import (
	"math"
	"net/netip"
	"testing"

	"sockproof/lib/live"
	"sockproof/lib/portrange"
	"sockproof/lib/witness/tcpstate"
)

func TestFullQueue(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*listener)
		want   []string
	}{
		"full in both looks": {func(v *listener) { v.waiting, v.stillWaiting, v.again, v.drops, v.nowDrops = 9, 9, true, 12, 12 }, []string{"accept-queue/full 9 app"}},
		"full in one":        {func(v *listener) { v.waiting, v.stillWaiting, v.again = 9, 3, true }, nil},
		"one place left":     {func(v *listener) { v.waiting, v.stillWaiting, v.again = 8, 8, true }, nil},
		"drops now":          {func(v *listener) { v.waiting, v.stillWaiting, v.again, v.drops, v.nowDrops = 9, 2, true, 12, 15 }, []string{"accept-queue/drops 2 app"}},
		"dropped once":       {func(v *listener) { v.drops, v.nowDrops, v.again = 12, 12, true }, nil},
	} {
		m := makeLook()
		m.listener("0.0.0.0:80", m.process(7, "app"), tt.change)
		t.Run(name, func(t *testing.T) { m.want(t, tt.want...) })
	}
	// Those that gave up in a full queue are not told of twice.
	m := makeLook()
	m.listener("0.0.0.0:80", m.process(7, "app"), func(v *listener) { v.waiting, v.stillWaiting, v.again = 9, 9, true })
	m.socket(tcpstate.CloseWait, 0, here+"80", there+port(0))
	m.want(t, "accept-queue/full 9 app")
}

func TestHalfOpen(t *testing.T) {
	for name, tt := range map[string]struct {
		requests, retried int
		want              []string
	}{
		"a few":                 {7, 7, nil},
		"slow network":          {8, 4, []string{"syn-queue/half-open 8 app"}},
		"busy, all answered":    {9, 0, []string{"syn-queue/half-open 9 app"}},
		"busy, none in trouble": {8, 1, nil},
	} {
		m := makeLook()
		m.listener("0.0.0.0:80", m.process(7, "app"), func(v *listener) { v.requests, v.requestsRetried = tt.requests, tt.retried })
		t.Run(name, func(t *testing.T) { m.want(t, tt.want...) })
	}
}

// Cookies are told once: in the finding about half-open connections, or else in a note.
func TestCookies(t *testing.T) {
	for requests, notes := range map[int]int{0: 1, 9: 0} {
		m := makeLook()
		m.spaces[0].counters = map[string]int64{"SyncookiesSent": 7}
		m.listener("0.0.0.0:80", m.process(7, "app"), func(v *listener) { v.requests = requests })
		if r := m.report(); len(r.Notes) != notes || len(r.Findings) != 1-notes {
			t.Errorf("%d half open: %+v, %q", requests, r.Findings, r.Notes)
		}
	}
}

// used counts the ports of so many sockets to a place.
func (m *made) used(n int, to string, state uint8, left millis) {
	for range n {
		s := socket{local: endpointOf(netip.MustParseAddrPort("127.0.0.1:" + port(m.spaces[0].seen))), remote: endpointOf(netip.MustParseAddrPort(to)), timerLeft: left}
		m.spaces[0].seen++
		m.spaces[0].usesPort(&s, state == tcpstate.TimeWait)
	}
}

func TestPorts(t *testing.T) {
	for name, tt := range map[string]struct {
		reuse, timestamps int
		left              millis
		to                string
		free              int // -1: no finding
	}{
		"not reusable":                      {0, 1, 38_000, "127.0.0.1:9000", 2},
		"reusable, after the delay":         {1, 1, 38_000, "127.0.0.1:9000", -1},
		"reusable on loopback":              {2, 1, 38_000, "127.0.0.1:9000", -1},
		"reusable on loopback, not to here": {2, 1, 38_000, there + "9000", 2},
		"reusable, not yet":                 {1, 1, 59_500, "127.0.0.1:9000", 2},
		"without timestamps":                {1, 0, 38_000, "127.0.0.1:9000", 2},
	} {
		m := makeLook()
		v := &m.spaces[0]
		v.settings.twReuse, v.settings.timestamps, v.settings.ports = tt.reuse, tt.timestamps, portrange.Range{Low: 33000, High: 33199}
		m.used(198, tt.to, tcpstate.TimeWait, tt.left)
		r := m.report()
		switch {
		case tt.free < 0 && len(r.Findings) != 0:
			t.Errorf("%s: %+v", name, r.Findings)
		case tt.free >= 0 && (len(r.Findings) != 1 || r.Findings[0].Ports.Free != tt.free || r.Findings[0].Ports.Usable != 200 || r.Findings[0].Sockets != 198):
			t.Errorf("%s: %+v", name, r.Findings)
		}
	}
}

// Ports that are reserved, listened on or bound are not there to be chosen.
func TestUsablePorts(t *testing.T) {
	m := makeLook()
	v := &m.spaces[0]
	v.settings.ports = portrange.Range{Low: 33000, High: 33010} // eleven, of which the last is never chosen
	v.settings.reserved = portrange.Reserved{{Low: 33001, High: 33002}}
	m.listener("0.0.0.0:33003", 0, func(*listener) {})
	v.bound = []uint16{33003, 33004, 80}
	if got := v.usable(); got != 6 {
		t.Errorf("%d", got)
	}
}

func TestDestinationsAreBounded(t *testing.T) {
	var d destinations
	for n := range 5 * maxDestinations {
		var to destination
		to.to.port, to.from[0], to.from[1] = uint16(n), byte(n>>16), byte(n>>24)
		d.of(to).open++
		d.of(destination{}).open++
	}
	if len(d.by) > maxDestinations || !d.folded || d.by[destination{}].open < 5*maxDestinations {
		t.Errorf("%d, %v, %+v", len(d.by), d.folded, d.by[destination{}])
	}
}

func TestDescriptorFindings(t *testing.T) {
	m := makeLook()
	m.descriptors = []descriptors{
		{live.Owner{PID: 7, Program: "full"}, 64, 64, 60}, {live.Owner{PID: 8, Program: "near"}, 52, 64, -1}, {live.Owner{PID: 9, Program: "half"}, 40, 64, 1},
	}
	m.want(t, "descriptors/used-up 60 full", "descriptors/used-up 1 near")
}

func TestAmounts(t *testing.T) {
	m := makeLook()
	m.spaces[0].kept = kept{timeWait: 799, conntrack: 800}
	m.machine = memory{pages: 90, pressure: 100, mostPages: 150, orphans: 8, mostOrphans: 10}
	m.want(t, "tcp-mem/orphans 8", "conntrack/full 800")
	m.machine.pages, m.spaces[0].kept.timeWait = 100, 800
	m.want(t, "tcp-mem/pressure 0", "tcp-mem/orphans 8", "tw-buckets/full 800", "conntrack/full 800")
}

// How long tcp_retries2 lasts is in Documentation/networking/ip-sysctl.rst: 924.6 s for 15.
func TestLasts(t *testing.T) {
	for _, tt := range []struct {
		retries int
		rtoMax  millis
		want    millis
	}{
		{15, 120_000, 924_600}, {8, 120_000, 102_200}, {3, 120_000, 3000}, {15, 1000, 14_400}, {0, 120_000, 200},
	} {
		if got := lasts(tt.retries, tt.rtoMax); got != tt.want {
			t.Errorf("%d, %d: %d, want %d", tt.retries, tt.rtoMax, got, tt.want)
		}
	}
}

func TestGivesUp(t *testing.T) {
	m := makeLook()
	i := m.socket(tcpstate.Established, m.process(7, "app"), here+port(0), there+"80", func(s *socket) {
		// 200 ms, doubled four times, of which half a second is left; the peer's last ACK is seven seconds ago.
		s.timer, s.retransmits, s.rto, s.backoff, s.timerLeft, s.acked = timerRetransmit, 4, 3_200_000, 4, 500, 7000
	})
	got := m.givesUp(m.look.socket(i))
	if got.atLeast != 924_600-7000 || got.atMost != 924_600-5500+120_000 {
		t.Errorf("%+v", got)
	}
	m.look.socket(i).acked = untold
	if got := m.givesUp(m.look.socket(i)); got != (span{}) {
		t.Errorf("not told: %+v", got)
	}
}

func TestAge(t *testing.T) {
	told := age{100, 200}
	for _, tt := range []struct{ a, b, want age }{
		{told, age{150, 180}, age{150, 200}},
		{told, age{untold, 300}, age{100, 300}},
		{age{untold, 300}, told, age{100, 300}},
		{told, age{50, untold}, age{100, untold}},
	} {
		if got := tt.a.older(tt.b); got != tt.want {
			t.Errorf("%+v and %+v: %+v", tt.a, tt.b, got)
		}
	}
	if untold != math.MaxUint32 {
		t.Error("untold is the largest")
	}
}
