package diag

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockproof/lib/witness/internal/nstest"
	"sockproof/lib/witness/tcpstate"
)

// dump is what c.Dump lists, each socket rendered, in order.
func dump(t testing.TB, c *Conn, f Filter) []string {
	t.Helper()
	var list []string
	err := c.Dump(f, func(s Socket) error {
		list = append(list, s.StateName()+" "+s.Local.String()+" "+s.Remote.String())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

func TestDumpFilters(t *testing.T) {
	nstest.Enter(t)
	c := open(t)
	listener4, _ := nstest.Listen(t, addr("127.0.0.1:8080"))
	listener6, _ := nstest.Listen(t, addr("[::1]:8081"))
	four := nstest.Connect(t, listener4, addr("127.0.0.1:8080"))
	six := nstest.Connect(t, listener6, addr("[::1]:8081"))
	gone := nstest.Connect(t, listener4, addr("127.0.0.1:8080"))
	gone.Client.Close()
	gone.Server.Close()
	nstest.Until(t, "TIME_WAIT", func() bool {
		s, ok, err := c.Lookup(gone.ClientAddr, gone.ServerAddr)
		return ok && err == nil && s.State == tcpstate.TimeWait
	})

	const (
		listen4 = "LISTEN 127.0.0.1:8080 0.0.0.0:0"
		listen6 = "LISTEN [::1]:8081 [::]:0"
	)
	client4 := "ESTABLISHED " + four.ClientAddr.String() + " 127.0.0.1:8080"
	server4 := "ESTABLISHED 127.0.0.1:8080 " + four.ClientAddr.String()
	client6 := "ESTABLISHED " + six.ClientAddr.String() + " [::1]:8081"
	server6 := "ESTABLISHED [::1]:8081 " + six.ClientAddr.String()
	waiting := "TIME_WAIT " + gone.ClientAddr.String() + " 127.0.0.1:8080"

	for _, tt := range []struct {
		name string
		f    Filter
		want []string
	}{
		{"all", Filter{}, []string{listen4, listen6, client4, server4, client6, server6, waiting}},
		{"IPv4", Filter{Family: FamilyIPv4}, []string{listen4, client4, server4, waiting}},
		{"IPv6", Filter{Family: FamilyIPv6}, []string{listen6, client6, server6}},
		{"LISTEN", Filter{States: 1 << tcpstate.Listen}, []string{listen4, listen6}},
		{"ESTABLISHED", Filter{States: 1 << tcpstate.Established}, []string{client4, server4, client6, server6}},
		{"TIME_WAIT", Filter{States: 1 << tcpstate.TimeWait}, []string{waiting}},
		{"LISTEN and TIME_WAIT", Filter{States: 1<<tcpstate.Listen | 1<<tcpstate.TimeWait}, []string{listen4, listen6, waiting}},
		{"local port", Filter{LocalPort: 8080}, []string{listen4, server4}},
		{"remote port", Filter{RemotePort: 8080}, []string{client4, waiting}},
		{"both ports", Filter{LocalPort: 8081, RemotePort: six.ClientAddr.Port()}, []string{server6}},
		{"port and state", Filter{RemotePort: 8080, States: 1 << tcpstate.TimeWait}, []string{waiting}},
		{"port and family", Filter{LocalPort: 8080, Family: FamilyIPv6}, nil},
		{"port of none", Filter{LocalPort: 1}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			slices.Sort(tt.want)
			if got := dump(t, c, tt.f); !slices.Equal(got, tt.want) {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
			}
		})
	}
}

// crowd makes n connections, 2n sockets, and returns their listener's address.
func crowd(t testing.TB, n int) netip.AddrPort {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if need := uint64(2*n + 100); limit.Cur < need {
		t.Skipf("skip: RLIMIT_NOFILE is %d, %d sockets need %d", limit.Cur, 2*n, need)
	}
	listener, at := nstest.Listen(t, addr("127.0.0.1:0"))
	for range n {
		nstest.Connect(t, listener, at)
	}
	return at
}

func TestDumpStreams(t *testing.T) {
	nstest.Enter(t)
	c := open(t)
	at := crowd(t, 1000)
	cookies := map[uint64]bool{}
	err := c.Dump(Filter{States: 1 << tcpstate.Established}, func(s Socket) error {
		cookies[s.Cookie] = true
		return nil
	})
	if err != nil || len(cookies) != 2000 {
		t.Errorf("%d sockets, %v; want 2000", len(cookies), err)
	}

	// Enough seen: the error comes back, and the rest of the answer is out of the way.
	enough := errors.New("enough")
	seen := 0
	err = c.Dump(Filter{}, func(Socket) error {
		if seen++; seen == 10 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || seen != 10 {
		t.Errorf("stopped after %d with %v, want 10 and %v", seen, err, enough)
	}
	if s := lookup(t, c, at, netip.AddrPort{}); s.State != tcpstate.Listen {
		t.Errorf("after a dump given up on: %+v", s)
	}
}

// fakeKernel answers the next request on the Conn it returns with replies of
// the test's choice; seq is the request's number.
func fakeKernel(t *testing.T, replies func(seq uint32) [][]byte) *Conn {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var req request
		if n, err := unix.Read(pair[1], req[:]); n != len(req.bytes()) || err != nil {
			t.Errorf("request of %d bytes, %v", n, err)
			return
		}
		for _, r := range replies(binary.NativeEndian.Uint32(req[8:])) {
			if _, err := unix.Write(pair[1], r); err != nil {
				t.Errorf("reply: %v", err)
			}
		}
	}()
	t.Cleanup(func() {
		<-done
		if err := errors.Join(unix.Close(pair[0]), unix.Close(pair[1])); err != nil {
			t.Error(err)
		}
	})
	return &Conn{fd: pair[0], buf: make([]byte, bufferLen)}
}

// reply builds one netlink message.
func reply(kind, flags uint16, seq uint32, payload []byte) []byte {
	b := make([]byte, headerLen, headerLen+len(payload))
	binary.NativeEndian.PutUint32(b, uint32(headerLen+len(payload)))
	binary.NativeEndian.PutUint16(b[4:], kind)
	binary.NativeEndian.PutUint16(b[6:], flags)
	binary.NativeEndian.PutUint32(b[8:], seq)
	return append(b, payload...)
}

func status(e unix.Errno) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(-int32(e))) }

func TestDumpAnswers(t *testing.T) {
	socket := recorded(t)["listener"]
	cut := reply(typeByFamily, 0, 1, socket)[:40]
	for _, tt := range []struct {
		name    string
		replies [][]byte
		sockets int
		err     error // wanted, by errors.Is
		says    string
	}{
		{"done", [][]byte{reply(typeByFamily, 2, 1, socket), reply(typeDone, 2, 1, status(0))}, 1, nil, ""},
		{"done without a status", [][]byte{reply(typeDone, 2, 1, nil)}, 0, nil, ""},
		{"several in one", [][]byte{slices.Concat(reply(typeByFamily, 2, 1, socket), reply(typeByFamily, 2, 1, socket), reply(typeDone, 2, 1, status(0)))}, 2, nil, ""},
		{"left over from another question", [][]byte{reply(typeByFamily, 2, 0, socket), reply(typeDone, 2, 0, status(0)), reply(typeDone, 2, 1, status(0))}, 0, nil, ""},
		{"failed at its end", [][]byte{reply(typeByFamily, 2, 1, socket), reply(typeDone, 2, 1, status(unix.ENOMEM))}, 1, unix.ENOMEM, "sock_diag: dump"},
		{"refused", [][]byte{reply(typeError, 0, 1, status(unix.EBUSY))}, 0, unix.EBUSY, "sock_diag: dump"},
		{"interrupted", [][]byte{reply(typeByFamily, 2|flagDumpIntr, 1, socket), reply(typeDone, 2, 1, status(0))}, 1, ErrInterrupted, ""},
		{"too long for the buffer", [][]byte{reply(typeByFamily, 2, 1, make([]byte, bufferLen))}, 0, unix.EMSGSIZE, "did not fit"},
		{"cut short", [][]byte{cut}, 0, nil, "netlink message of 124 bytes, 40 are there"},
		{"cut short in its header", [][]byte{cut[:10]}, 0, nil, "netlink header cut short: 10 of 16 bytes"},
		{"cut short in its payload", [][]byte{reply(typeByFamily, 2, 1, socket[:20])}, 0, nil, "reply cut short: 20 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := fakeKernel(t, func(uint32) [][]byte { return tt.replies })
			sockets := 0
			err := c.Dump(Filter{Family: FamilyIPv4}, func(Socket) error { sockets++; return nil })
			if sockets != tt.sockets {
				t.Errorf("%d sockets, want %d", sockets, tt.sockets)
			}
			switch {
			case tt.err == nil && tt.says == "":
				if err != nil {
					t.Error(err)
				}
			case err == nil || tt.err != nil && !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.says):
				t.Errorf("error %v, want %v, saying %q", err, tt.err, tt.says)
			}
		})
	}
}

func TestLookupAnswers(t *testing.T) {
	listener := recorded(t)["listener"]
	at := addr("127.0.0.1:8080")
	for _, tt := range []struct {
		name    string
		replies [][]byte
		found   bool
		err     error
		says    string
	}{
		{"found", [][]byte{reply(typeByFamily, 0, 1, listener)}, true, nil, ""},
		{"not found", [][]byte{reply(typeError, 0, 1, status(unix.ENOENT))}, false, nil, ""},
		{"after what another left over", [][]byte{reply(typeError, 0, 0, status(unix.ENOENT)), reply(typeByFamily, 0, 1, listener)}, true, nil, ""},
		{"refused", [][]byte{reply(typeError, 0, 1, status(unix.EPERM))}, false, unix.EPERM, "lookup 127.0.0.1:8080"},
		{"of another type", [][]byte{reply(99, 0, 1, nil)}, false, nil, "message of type 99"},
		{"cut short", [][]byte{reply(typeByFamily, 0, 1, listener[:39])}, false, nil, "39 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := fakeKernel(t, func(uint32) [][]byte { return tt.replies })
			_, found, err := c.Lookup(at, netip.AddrPort{})
			wantErr := tt.err != nil || tt.says != ""
			if found != tt.found || (err != nil) != wantErr {
				t.Errorf("found %v, error %v", found, err)
			}
			if wantErr && err != nil && (tt.err != nil && !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("error %v, want %v, saying %q", err, tt.err, tt.says)
			}
		})
	}
}

// A kernel without the module says the same of every socket: no such entry.
func TestProbeNamesTheModule(t *testing.T) {
	c := fakeKernel(t, func(seq uint32) [][]byte { return [][]byte{reply(typeDone, 2, seq, status(unix.ENOENT))} })
	err := c.probe()
	if !errors.Is(err, unix.ENOENT) || !strings.Contains(err.Error(), "modprobe tcp_diag") {
		t.Errorf("error %v, want ENOENT, naming the module", err)
	}
}

func BenchmarkDump(b *testing.B) {
	for _, n := range []int{0, 1000, 5000} {
		b.Run(map[int]string{0: "empty", 1000: "2000 sockets", 5000: "10000 sockets"}[n], func(b *testing.B) {
			nstest.Enter(b)
			c := open(b)
			crowd(b, n)
			b.ReportAllocs()
			for b.Loop() {
				seen := 0
				if err := c.Dump(Filter{}, func(Socket) error { seen++; return nil }); err != nil || seen != 2*n+1 {
					b.Fatalf("%d sockets, %v", seen, err)
				}
			}
		})
	}
}
