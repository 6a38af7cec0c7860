package main

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"sockproof/lib/journaltest"
)

// What the kernel keeps is read as it says it, where it says it. That the amounts become findings is tested on looks that were made up:
// tcp_mem and tcp_max_orphans are the machine's, and nf_conntrack_max is read-only in a namespace, so that no test can lower them
// without changing the machine.
func TestKeptOfTheKernel(t *testing.T) {
	number := func(path string, field int) int64 {
		b, err := os.ReadFile("/proc/sys/net/" + path)
		if err != nil {
			t.Skipf("skip: %v", err)
		}
		n, err := strconv.ParseInt(strings.Fields(string(b))[field], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	l := &look{}
	r := reader{look: l}
	r.readKept()
	t.Run("tcp_mem", func(t *testing.T) {
		pressure, most, orphans := number("ipv4/tcp_mem", 1), number("ipv4/tcp_mem", 2), number("ipv4/tcp_max_orphans", 0)
		if m := l.machine; m.pressure != pressure || m.mostPages != most || m.mostOrphans != orphans {
			t.Errorf("%+v; the kernel has %d, %d and %d", m, pressure, most, orphans)
		}
	})
	t.Run("conntrack", func(t *testing.T) {
		if most := number("netfilter/nf_conntrack_max", 0); r.readSettings().conntrackMax != most {
			t.Errorf("%d; the kernel has %d", r.readSettings().conntrackMax, most)
		}
	})
	t.Run("in a namespace", func(t *testing.T) {
		journaltest.InNamespace(t, func() error {
			l := &look{}
			kept := (&reader{look: l}).readKept()
			if _, err := os.Stat("/proc/sys/net/ipv4/tcp_mem"); err == nil {
				return nil // this kernel shows the machine's there too
			}
			if kept.conntrack != 0 || l.machine.mostPages != 0 || len(l.unseen) != 1 || l.unseen[0].Kinds[0] != tcpMemory.name {
				t.Errorf("%+v, %+v, unseen %+v; want nothing but that it is not shown", kept, l.machine, l.unseen)
			}
			return nil
		})
	})
}
