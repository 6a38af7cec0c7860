package diag

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockproof/lib/witness/internal/nstest"
	"sockproof/lib/witness/tcpstate"
)

// infoReplies are the replies with an Info that are recorded.
const infoReplies = "testdata/info.txt"

// infoRecorder compares what the running kernel tells with what was recorded, or records it.
type infoRecorder struct {
	t    *testing.T
	c    *Conn
	file bytes.Buffer
}

// note takes the only reply to a dump.
func (r *infoRecorder) note(name string, f Filter) {
	r.t.Helper()
	f.Family, f.Info = FamilyIPv4, true
	got := onlyReply(r.t, r.c, f)
	fmt.Fprintf(&r.file, "%s: %x\n", name, got)
	if *record {
		return
	}
	s, err := parseMessage(got)
	want, errWant := parseMessage(recordedIn(r.t, infoReplies)[name])
	if err != nil || errWant != nil || lasting(s) != lasting(want) {
		r.t.Errorf("%s: %+v, recorded %+v, %v, %v", name, lasting(s), lasting(want), err, errWant)
	}
	if got, want := untimed(parseInfo(got, f.MPTCP)), untimed(parseInfo(recordedIn(r.t, infoReplies)[name], f.MPTCP)); got != want {
		r.t.Errorf("%s: %+v, recorded %+v", name, got, want)
	}
}

// pause lets time pass where it is recorded, so that no two of the times recorded are the same.
func (r *infoRecorder) pause() {
	if *record {
		time.Sleep(100 * time.Millisecond)
	}
}

// halfClosed lets the client of a connection send five bytes, and then its FIN.
func (r *infoRecorder) halfClosed(conn nstest.Conn) {
	r.t.Helper()
	r.pause()
	if _, err := unix.Write(conn.Client.FD, []byte("hello")); err != nil {
		r.t.Fatal(err)
	}
	r.pause()
	closeHalf(r.t, conn.Client)
	r.pause()
}

// What the running kernel tells with Info reads like what was recorded, but
// for how long ago it was. With -record it is written to testdata/info.txt;
// TestParseRecordedInfo's table is then to be brought up to date by hand.
func TestRecordedInfoStillHolds(t *testing.T) {
	nstest.Enter(t)
	r := infoRecorder{t: t, c: open(t)}
	at := addr("127.0.0.1:8080")
	listener, _ := nstest.Listen(t, at)
	conn := nstest.ConnectSocket(t, boundTo(t, nstest.Socket(t, at.Addr()), "127.0.0.1:40000"), listener, at)
	r.halfClosed(conn)
	r.note("close-wait, 5 bytes unread", Filter{States: 1 << tcpstate.CloseWait})
	r.note("fin-wait2, held", Filter{States: 1 << tcpstate.FinWait2})
	conn.Client.Close()
	r.note("fin-wait2, orphaned", Filter{States: 1 << tcpstate.FinWait2})

	at = addr("127.0.0.1:8081")
	listener, _ = nstest.ListenSocket(t, nstest.MPTCPSocket(t, at.Addr()), at)
	r.halfClosed(nstest.ConnectSocket(t, boundTo(t, nstest.MPTCPSocket(t, at.Addr()), "127.0.0.1:40001"), listener, at))
	r.note("MPTCP, close-wait", Filter{MPTCP: true, States: 1 << tcpstate.CloseWait, LocalPort: 8081})

	at = addr("127.0.0.1:8082")
	listener, _ = nstest.Listen(t, at)
	fellBack := nstest.ConnectSocket(t, boundTo(t, nstest.MPTCPSocket(t, at.Addr()), "127.0.0.1:40002"), listener, at)
	r.pause()
	closeHalf(t, fellBack.Server)
	r.note("MPTCP that fell back, close-wait", Filter{MPTCP: true, States: 1 << tcpstate.CloseWait, RemotePort: 8082})

	if *record {
		if err := os.WriteFile(infoReplies, r.file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// onlyReply is the kernel's answer to a dump, once it lists exactly one socket.
func onlyReply(t *testing.T, c *Conn, f Filter) (payload []byte) {
	t.Helper()
	nstest.Until(t, fmt.Sprintf("one socket that passes %+v", f), func() bool {
		replies := rawDump(t, c, f)
		if len(replies) == 1 {
			payload = replies[0]
		}
		return len(replies) == 1
	})
	return payload
}

// rawDump are the payloads of the kernel's answer to a dump.
func rawDump(t *testing.T, c *Conn, f Filter) (payloads [][]byte) {
	t.Helper()
	c.seq++
	c.req.dump(c.seq, f)
	if err := c.send(); err != nil {
		t.Fatal(err)
	}
	for {
		b, err := c.receive()
		for len(b) > 0 && err == nil {
			var m message
			if m, b, err = nextMessage(b); err != nil {
				break
			}
			switch m.kind {
			case typeByFamily:
				payloads = append(payloads, bytes.Clone(m.payload))
			case typeDone:
				return payloads
			case typeError:
				err = errno(m.payload)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// boundTo binds a socket.
func boundTo(t *testing.T, s *nstest.Sock, a string) *nstest.Sock {
	t.Helper()
	if err := unix.Bind(s.FD, nstest.Sockaddr(netip.MustParseAddrPort(a))); err != nil {
		t.Fatal(err)
	}
	return s
}

// closeHalf ends one direction.
func closeHalf(t *testing.T, s *nstest.Sock) {
	t.Helper()
	if err := unix.Shutdown(s.FD, unix.SHUT_WR); err != nil {
		t.Fatal(err)
	}
}

// untimed is i without what is longer ago next time.
func untimed(i Info) Info {
	i.LastDataSent.MS, i.LastDataRecv.MS, i.LastAckRecv.MS = 0, 0, 0
	return i
}
