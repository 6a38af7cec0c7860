package live

import (
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

// TestEnded: the kernel tells whether a socket's owner had read its peer's FIN before it closed.
func TestEnded(t *testing.T) {
	c, err := OpenClients()
	if err != nil {
		t.Skip(err) // no sock_diag
	}
	defer c.Close()
	t.Run("read", func(t *testing.T) { testEnded(t, c, true) })
	t.Run("left", func(t *testing.T) { testEnded(t, c, false) })
}

func testEnded(t *testing.T, c *Clients, reads bool) {
	client, server := connected(t)
	defer client.Close()
	defer server.Close()
	from, to := addresses(client)
	s, found := c.Find(from, to)
	if !found || s.Inode == 0 {
		t.Fatalf("%v to %v: found %v, inode %d", from, to, found, s.Inode)
	}
	if holders := HoldersOf(s.Inode, []int{os.Getpid()}); len(holders) != 1 || holders[0].PID != os.Getpid() {
		t.Errorf("held by %v", holders)
	}
	if err := c.Follow(s); err != nil {
		t.Fatal(err)
	}
	if err := server.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	awaitTrue(t, "the FIN came", func() bool { s, _ := c.Find(from, to); return s.StateName() == "CLOSE_WAIT" })
	if n, err := io.Copy(io.Discard, io.LimitReader(client, map[bool]int64{true: 1}[reads])); n != 0 || err != nil {
		t.Fatalf("%d bytes, error %v", n, err)
	}
	if _, told := c.Ended(); told {
		t.Error("it has ended before it was closed")
	}
	client.Close()
	server.Close()
	awaitTrue(t, "its end was told", func() bool { _, told := c.Ended(); return told })
	if s, _ := c.Ended(); (s.RxQueue == 0) != reads {
		t.Errorf("%d bytes unread", s.RxQueue)
	}
}

// awaitTrue waits for something.
func awaitTrue(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so: %s", what)
		}
	}
}

// connected is both ends of a connection.
func connected(t *testing.T) (client, server *net.TCPConn) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn), s.(*net.TCPConn)
}

// addresses are a client's and its server's.
func addresses(client net.Conn) (from, to netip.AddrPort) {
	return netip.MustParseAddrPort(client.LocalAddr().String()), netip.MustParseAddrPort(client.RemoteAddr().String())
}
