package live

import (
	"os"
	"strconv"
	"strings"
)

// Sockstat is what /proc/net/sockstat counts of TCP.
type Sockstat struct {
	InUse    int64 // of the namespace
	TimeWait int64 // of the namespace
	Orphans  int64 // of the machine
	Pages    int64 // of the machine
}

// ReadSockstat reads that of the calling thread's namespace.
func ReadSockstat() (Sockstat, error) { return sockstatIn("/proc/thread-self/net") }

// sockstatIn reads that of a /proc/PID/net, IPv6's sockets included.
func sockstatIn(dir string) (Sockstat, error) {
	b, err := os.ReadFile(dir + "/sockstat")
	if err != nil {
		return Sockstat{}, err
	}
	tcp := sockstatLine(string(b), "TCP:")
	six, _ := os.ReadFile(dir + "/sockstat6") // a kernel without IPv6 has none
	return Sockstat{
		InUse:    tcp["inuse"] + sockstatLine(string(six), "TCP6:")["inuse"],
		TimeWait: tcp["tw"], Orphans: tcp["orphan"], Pages: tcp["mem"],
	}, nil
}

// sockstatLine reads the numbers of a protocol.
func sockstatLine(text, protocol string) map[string]int64 {
	numbers := map[string]int64{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != protocol {
			continue
		}
		for i := 1; i+1 < len(words); i += 2 {
			numbers[words[i]], _ = strconv.ParseInt(words[i+1], 10, 64)
		}
	}
	return numbers
}
