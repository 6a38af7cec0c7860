package network

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockproof/lib/journal"
)

// BenchmarkStage times each part of setting the wire's stage for one host that
// talks to itself, as every default run does; ns/op is the median. What is
// around a part has to be there, so all are done each time, and one is reported.
func BenchmarkStage(b *testing.B) {
	for part, name := range stageParts {
		b.Run(name, func(b *testing.B) {
			took := make([]time.Duration, b.N)
			for i := range took {
				laps, err := setStage()
				var u *Unavailable
				if errors.As(err, &u) {
					b.Skipf("skip: %v", err)
				}
				if err != nil {
					b.Fatal(err)
				}
				took[i] = laps[part]
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "ns/op")
		})
	}
}

// BenchmarkProbe times Elevate's question, whether a namespace can be had.
func BenchmarkProbe(b *testing.B) {
	took := make([]time.Duration, b.N)
	for i := range took {
		began := time.Now()
		if err := mayUnshare(); err != nil {
			b.Skipf("skip: %v", err)
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "ns/op")
}

// stageParts are the parts in their order, as openOnWire does them; but what
// it sends over rtnetlink in one batch is sent one by one here.
var stageParts = [...]string{"thread", "namespace", "IPv4 alone", "settings", "tun", "rtnetlink", "lo", "queue", "up", "address", "route", "rules", "close"}

// setStage sets the stage once, and says how long each part took.
func setStage() (laps [len(stageParts)]time.Duration, err error) {
	next, last := 0, time.Now()
	lap := func() {
		now := time.Now()
		laps[next], last = now.Sub(last), now
		next++
	}
	OnThread(func() {
		lap()
		if err = onStage(lap); err != nil {
			err = unavailable(journal.Wire, err)
		}
	})
	if err == nil {
		lap()
	}
	return laps, err
}

// onStage is openOnWire for one host, with a lap after each part.
func onStage(lap func()) error {
	rec := journal.NewRecorder(journal.Journal{}, 1)
	n := &Network{Kind: journal.Wire, Family: journal.IPv4, rec: rec}
	h := &Host{Name: "a", Addr: wireAddr(n.Family, 1), TUN: -1, net: n}
	n.Hosts = []*Host{h}
	defer n.Close()
	var r *router
	sent := func(gather func()) func() error {
		return func() error { gather(); return r.send() }
	}
	for _, part := range []func() error{
		func() (err error) { h.ns, err = newNamespace(); return err },
		func() error { return withoutOther(n.Family) },
		func() error { return h.makeSettings(selfSettings(n.Family, true)) },
		func() (err error) { h.TUN, err = openTUN(wireInterface); return err },
		func() (err error) { r, err = openRouter(h); return err },
		sent(func() { r.up("lo", loopbackIndex) }),
		func() error { return r.lengthen(queueLen) },
		sent(func() { r.up("the wire's interface", r.index) }),
		sent(func() { r.address() }),
		sent(func() { r.route(wirePrefix(n.Family), unix.RT_TABLE_MAIN, unix.RTN_UNICAST) }),
		sent(func() { r.toSelf() }),
	} {
		if err := part(); err != nil {
			return err
		}
		lap()
	}
	r.close()
	return nil
}

// openRouter opens rtnetlink to the host's namespace.
func openRouter(h *Host) (*router, error) {
	index, err := interfaceIndex(wireInterface)
	if err != nil {
		return nil, err
	}
	n, err := openRtnetlink()
	if err != nil {
		return nil, err
	}
	return &router{rtnetlink: n, index: index, addr: h.Addr}, nil
}

// lengthen sets the queue of the wire's interface without bringing it up.
func (r *router) lengthen(n uint32) error {
	header := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(header[4:], uint32(r.index))
	r.change("lengthen the queue", unix.RTM_NEWLINK, 0, header, attr{unix.IFLA_TXQLEN, u32(n)})
	return r.send()
}
