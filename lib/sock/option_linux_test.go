package sock

import (
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// What kept() reads back of an option is what was set, or a discrepancy is reported where all is well.
func TestOptionsReadBack(t *testing.T) {
	for _, family := range []journal.Family{journal.IPv4, journal.IPv6} {
		for _, o := range []journal.Option{
			journal.SOReuseAddr, journal.SOReusePort, journal.SOKeepAlive, journal.TCPNoDelay, journal.TCPCork, journal.TCPQuickAck,
			journal.TCPSynCount, journal.TCPUserTimeout, journal.TCPKeepIdle, journal.TCPKeepInterval, journal.TCPKeepCount,
			journal.IPBindNoPort, journal.TCPFastOpenCall,
		} {
			number, _ := domain(family)
			fd, err := unix.Socket(number, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, value := range []int{1, 0, 1} {
				if err := unix.SetsockoptInt(fd, options[o].level, options[o].number, value); err != nil {
					continue // this kernel has it not, or not with that value
				}
				if got := kept(o, fd); got != strconv.Itoa(value) {
					t.Errorf("%s, %s: set to %d, it is %s", family, o, value, got)
				}
			}
			_ = unix.Close(fd)
		}
	}
}
