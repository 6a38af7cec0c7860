package journal

import "testing"

func TestDescriptor(t *testing.T) {
	for _, d := range []Descriptor{{"a1", OwnDescriptor}, {"a1", ByDuplicate}, {"b12", InChild}} {
		c := Call{Op: "write", Args: []string{d.String(), "5"}}
		if c.Descriptor() != d || c.InChild() != (d.Via == InChild) {
			t.Errorf("%q was read as %+v", d, c.Descriptor())
		}
		p := Process{Event: Began, How: c.Text()}
		if inside := p.Inside(); inside == nil || inside.Text() != p.How || inside.Descriptor() != d {
			t.Errorf("%q was read as %+v", p.How, inside)
		}
	}
	for _, how := range []string{"", "_exit", "returned from main", "read(a1"} {
		if (&Process{How: how}).Inside() != nil {
			t.Errorf("%q is no call", how)
		}
	}
}

func TestCallAddress(t *testing.T) {
	const at = "192.0.2.1:80"
	for _, c := range []struct {
		want Address
		args []string
	}{{at, []string{"a1", at}}, {at, []string{"tcp", at}}, {"", []string{"a1"}}, {"", nil}} {
		if got := (&Call{Op: "connect", Args: c.args}).Address(); got != c.want {
			t.Errorf("%q: %q, want %q", c.args, got, c.want)
		}
	}
	if id, from := (&Call{Op: "accept4", Out: AcceptedText("b2", at)}).Accepted(); id != "b2" || from != at {
		t.Errorf("accept: %q from %q", id, from)
	}
}

func TestCallLength(t *testing.T) {
	for _, c := range []struct {
		want int
		says bool
		args []string
	}{
		{10, true, []string{"a1", "10"}},
		{9, true, []string{"a1 in the child", "from a file", "9"}},
		{3, true, []string{"a1 in the child", "by os.File", FDText(1), "3"}},
		{4, true, []string{"a1", "4", "MSG_NOSIGNAL"}},
		{0, true, []string{"a1", "0"}},
		{0, false, []string{"a1"}},
		{0, false, nil},
	} {
		if n, says := (&Call{Args: c.args}).Length(); n != c.want || says != c.says {
			t.Errorf("%q: %d, %v", c.args, n, says)
		}
	}
}

func TestCallFlagsAndNumbers(t *testing.T) {
	c := Call{Op: "sendmsg", Args: []string{"a1", "4", "MSG_NOSIGNAL|MSG_MORE"}}
	if !c.Has(MSGNoSignal) || !c.Has(MSGMore) || c.Has(MSGPeek) {
		t.Errorf("flags of %s", c.Text())
	}
	if fd, ok := (&Call{Args: []string{"a1 in the child", "by os.File", FDText(2), "3"}}).FD(); fd != 2 || !ok {
		t.Errorf("descriptor %d, %v", fd, ok)
	}
	if _, ok := c.FD(); ok {
		t.Errorf("%s names no descriptor's number", c.Text())
	}
	if n, ok := (&Call{Args: []string{"RLIMIT_NOFILE", "12"}}).Limit(); n != 12 || !ok {
		t.Errorf("limit %d, %v", n, ok)
	}
}

func TestOptions(t *testing.T) {
	set := Call{Op: "setsockopt", Args: []string{"a1", "SO_LINGER", "{1, 0}"}}
	if l, ok := set.Value().Linger(); set.Option() != SOLinger || !ok || !l.Aborts() {
		t.Errorf("%s: %+v, %v", set.Text(), l, ok)
	}
	for _, l := range []Linger{{}, {On: true}, {On: true, Seconds: 5}, {Seconds: 5}} {
		if got, ok := l.Value().Linger(); got != l || !ok {
			t.Errorf("%q was read as %+v", l.Value(), got)
		}
	}
	for _, v := range []Value{"", "0", "{}", "{2, 0}", "{1, x}", "{1,0}"} {
		if l, ok := v.Linger(); ok || l != (Linger{}) {
			t.Errorf("%q was read as %+v", v, l)
		}
	}
	for out, want := range map[string]Errno{"0": "", "": "", "ECONNRESET": ECONNRESET} {
		asked := Call{Op: "getsockopt", Args: []string{"a1", "SO_ERROR"}, Out: out}
		if errno, ok := asked.SocketError(); errno != want || !ok {
			t.Errorf("SO_ERROR %q: %q, %v", out, errno, ok)
		}
	}
	if _, ok := set.SocketError(); ok {
		t.Errorf("%s has no error", set.Text())
	}
}

func TestEpoll(t *testing.T) {
	for text, want := range map[string]Epoll{
		"":                           0,
		"EPOLLIN|EPOLLRDHUP":         EPOLLIN | EPOLLRDHUP,
		"EPOLLOUT|EPOLLHUP|EPOLLERR": EPOLLOUT | EPOLLHUP | EPOLLERR,
		"EPOLLIN|0x40":               EPOLLIN | 0x40,
	} {
		c := Call{Op: "epoll_wait", Out: text, Args: []string{"a1", "EPOLL_CTL_ADD", text}}
		if c.Ready() != want || c.Watched() != want || want.String() != text {
			t.Errorf("%q was read as %q", text, c.Ready())
		}
	}
}

func TestListed(t *testing.T) {
	l := Listed{Established, "192.0.2.1:1", "192.0.2.2:2"}
	if got, ok := ParseListed(l.String()); got != l || !ok {
		t.Errorf("%q was read as %+v", l, got)
	}
	if _, ok := ParseListed("ESTABLISHED"); ok {
		t.Error("a state alone is no socket")
	}
}

func TestFoldedCount(t *testing.T) {
	count := func(e Event) FoldedCount { return FoldedCount{What: sortOf(&e)} }
	refused := count(Event{Call: &Call{Op: "connect", Errno: ECONNREFUSED}})
	open := count(Event{State: &State{To: Established, Witness: TCPInfo}})
	rst := count(Event{Packet: &Packet{Flags: RST | ACK, At: AtSent}})
	if !refused.IsCall("connect") || refused.IsCall("close") || open.IsCall("connect") {
		t.Error("calls")
	}
	if !open.IsState(Established, TCPInfo) || open.IsState(Established, SockDiag) || refused.IsState(Established, TCPInfo) {
		t.Error("states")
	}
	if flags, is := rst.IsPacket(); flags != RST|ACK || !is {
		t.Errorf("%q: %s", rst.What, flags)
	}
	if _, is := open.IsPacket(); is {
		t.Error("a state is no packet")
	}
}
