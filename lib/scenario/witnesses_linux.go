package scenario

import (
	"sockproof/lib/journal"
	"sockproof/lib/network"
	"sockproof/lib/packet"
	"sockproof/lib/witness/capture"
	"sockproof/lib/witness/counters"
	"sockproof/lib/witness/diag"
)

// witnesses are a run's observers beyond the calls themselves.
type witnesses struct {
	capture *capture.Capture // of lo; nil on the wire, which carries the packets itself
	diags   []*diag.Conn
	ends    []*diag.Ends
	counts  []*counted
	late    int      // packets captured when the run's time was over
	always  []string // counters that are journalled where they did not move, too
}

// counted is the counters of one stack.
type counted struct {
	host   string // "" where the hosts share it
	reader *counters.Reader
	before counters.Set // as they stood when they were last counted
}

// attach opens every witness that can be had, and declares each, before the
// scenario begins. That one is missing is no error.
func attach(r *run) (*witnesses, error) {
	w := &witnesses{}
	r.rec.Witness(journal.WitnessStatus{Name: journal.Calls, Status: journal.Attached})
	r.rec.Witness(journal.WitnessStatus{Name: journal.TCPInfo, Status: journal.Attached})
	err := w.attachPackets(r)
	if err == nil {
		err = w.attachStacks(r)
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// attachPackets captures lo where no wire carries the packets.
func (w *witnesses) attachPackets(r *run) error {
	if r.net.Kind == journal.Wire {
		declare(r, journal.Packets, nil)
		return nil
	}
	return r.net.Hosts[0].In(func() error {
		var err error
		w.capture, err = capture.Open("lo")
		declare(r, journal.Packets, err)
		return nil
	})
}

// attachStacks opens sock_diag and the counters of each stack: one for every
// host on the wire, a shared one elsewhere.
func (w *witnesses) attachStacks(r *run) error {
	hosts := r.net.Hosts
	if r.net.Kind != journal.Wire {
		hosts = hosts[:1]
	}
	for _, h := range hosts {
		if err := h.In(func() error { w.attachStack(r, h); return nil }); err != nil {
			return err
		}
	}
	if r.missing[journal.SockDiag] { // on one host: what the others' sees is not told either
		for _, h := range r.net.Hosts {
			r.table.Diagnose(h, nil)
		}
	}
	return nil
}

func (w *witnesses) attachStack(r *run, h *network.Host) {
	c, sharing := &counted{host: h.Name}, []*network.Host{h}
	if r.net.Kind != journal.Wire {
		c.host, sharing = "", r.net.Hosts
	}
	conn, err := diag.Open()
	declare(r, journal.SockDiag, err)
	if err == nil {
		w.diags = append(w.diags, conn)
	}
	for _, h := range sharing {
		r.table.Diagnose(h, conn)
	}
	ends, err := diag.OpenEnds()
	declare(r, journal.DiagEvents, err)
	if err == nil {
		w.ends = append(w.ends, ends)
		r.table.Hear(ends, sharing...)
	}
	if c.reader, err = counters.Open(r.net.Family == journal.IPv6); err == nil {
		w.counts = append(w.counts, c)
		c.before, err = c.reader.Read()
	}
	declare(r, journal.Counters, err)
	if err == nil && r.net.Kind == journal.HostNet {
		r.rec.Witness(journal.WitnessStatus{
			Name: journal.Counters, Status: journal.Attached,
			Reason: "they count the whole machine's connections, not this run's alone",
		})
	}
}

// declare says in the journal whether a witness could be had. Where every host
// has its own, one that is missing on any host is missing.
func declare(r *run, name journal.Witness, err error) {
	s := journal.WitnessStatus{Name: name, Status: journal.Attached}
	if err != nil {
		s.Status, s.Reason = journal.Unavailable, err.Error()
		r.missing[name] = true
	}
	if err == nil && r.missing[name] {
		return
	}
	r.rec.Witness(s)
}

// port lets the packets of a port be captured.
func (w *witnesses) port(p uint16) error {
	if w.capture == nil {
		return nil
	}
	return w.capture.Watch(p)
}

// mostLate is how many packets of lo are still journalled when the run's time is over.
const mostLate = 1024

// drain journals what passed lo since the last time. There may be no end to it, where
// two sockets answer each other for ever.
func (w *witnesses) drain(r *run) {
	if w == nil || w.capture == nil || w.late >= mostLate {
		return
	}
	lost, err := w.capture.Drain(func(raw []byte) bool {
		recordCaptured(r, raw)
		if r.over() {
			w.late++
		}
		return w.late < mostLate
	})
	if w.late >= mostLate {
		lost++ // what is left
	}
	if err != nil {
		lost = max(lost, 1)
	}
	if lost > 0 {
		r.rec.Lost(journal.Packets, lost, err)
	}
}

// recordCaptured journals a packet of lo. Whose it is, is told by its source port.
func recordCaptured(r *run, raw []byte) {
	p, err := packet.Decode(raw)
	e := packet.Event(p, journal.AtDelivered)
	if err != nil {
		e.Reason = err.Error()
	}
	if r.net.Kind == journal.HostNet && len(p.Payload) > 0 && (!r.table.Knows(p.Src) || !r.table.Knows(p.Dst)) {
		e.Bytes = nil // another program's: what it said is nobody's business
	}
	r.rec.Add(journal.Event{Host: r.table.HostOf(p.Dst), Kind: journal.KindPacket, Packet: e})
}

// count journals how far the counters have moved since the run began, or since
// they were last counted.
func (w *witnesses) count(r *run) {
	for _, c := range w.counts {
		after, err := c.reader.Read()
		if err != nil {
			declare(r, journal.Counters, err)
			return
		}
		for _, d := range counters.Delta(c.before, after, w.always...) {
			r.rec.Add(journal.Event{Host: c.host, Kind: journal.KindCounter, Counter: &d})
		}
		c.before = after
	}
}

// stopHearing lets the kernel destroy sockets without telling: of thousands of rounds that takes as long as
// all else that they do.
func (w *witnesses) stopHearing(r *run) {
	if len(w.ends) == 0 {
		return
	}
	w.closeEnds()
	r.table.StopHearing()
	s := r.rec.StatusOf(journal.DiagEvents)
	s.Reason = "it is not heard while there are rounds, nor after"
	r.rec.Witness(s)
}

func (w *witnesses) closeEnds() {
	for _, e := range w.ends {
		_ = e.Close()
	}
	w.ends = nil
}

// close lets go of the witnesses. They only read, so nothing is lost with an error.
func (w *witnesses) close() {
	if w.capture != nil {
		_ = w.capture.Close()
	}
	for _, d := range w.diags {
		_ = d.Close()
	}
	w.closeEnds()
	for _, c := range w.counts {
		_ = c.reader.Close()
	}
}
