package tcp

import (
	"fmt"
	"slices"

	"sockproof/lib/journal"
)

// counters holds what a host's stack counted against what was seen, in each window
// between two readings (R4). On the host network the counters are the machine's: there
// they can only fall short.
func (c *confrontation) counters() {
	if !c.countsAll() || !c.has(journal.Counters) {
		return
	}
	w := &window{confrontation: c, hosts: map[string]*hostCount{}, openings: map[opening]int{}}
	for i := range c.Journal.Events {
		e := &c.Journal.Events[i]
		switch {
		case e.Counter != nil:
			w.host(e.Host).read[e.Counter.Name] = e.Counter.Delta
			w.last = e.N
			w.reading = true
		case e.Fold != nil:
			w.close()
			w.fold(e.Fold)
		case isSegmentBulk(e):
			w.close()
			w.bulk(e)
		case isSegment(e):
			w.segment(e)
		case e.Call != nil:
			w.close()
		}
	}
	w.close()
}

// window is the segments between two readings of the counters.
type window struct {
	*confrontation
	hosts    map[string]*hostCount
	openings map[opening]int // how often a SYN-ACK was sent, -1 after a SYN of the same number
	reading  bool            // the counters are being read: what is seen now may be counted or not
	last     int
}

// opening is the number with which an end opens.
type opening struct {
	pair
	seq uint32
}

// hostCount is what was seen at a host, and what its kernel counted.
type hostCount struct {
	read   map[string]int64
	seen   count
	late   count // seen after the reading, and perhaps counted in it
	big    bool  // on lo, segments that may stand for several
	folded bool  // rounds were counted instead of kept
	begun  bool  // the window begins with segments that the one before may have counted
}

type count struct{ in, out, rst int }

func (c *count) add(other count) { c.in += other.in; c.out += other.out; c.rst += other.rst }

func (w *window) host(name string) *hostCount {
	if !w.wire {
		name = ""
	}
	h := w.hosts[name]
	if h == nil {
		h = &hostCount{read: map[string]int64{}}
		w.hosts[name] = h
	}
	return h
}

// add counts a segment; while the counters are read it may belong to this window or to
// the next.
func (w *window) add(host string, x count) {
	h := w.host(host)
	if w.reading {
		h.late.add(x)
	} else {
		h.seen.add(x)
	}
}

func (w *window) segment(e *journal.Event) {
	p := e.Packet
	flags := p.Flags
	var x count
	if p.At == journal.AtDelivered || p.At == journal.AtInjected {
		if w.wire && w.reading {
			w.close()
		}
		x.in = 1
	}
	if p.At == journal.AtSent || !w.wire && p.At == journal.AtDelivered {
		x.out = 1 + w.odd(e)
		if flags&rstFlag != 0 {
			x.rst = 1
		}
		if p.Len >= w.several {
			w.host(e.Host).big = true
		}
	}
	w.add(e.Host, x)
}

// odd corrects the count of a SYN-ACK: that of a simultaneous opening is in neither OutSegs
// nor RetransSegs, and one of a listener that is sent again is in both (tcp_send_synack,
// tcp_rtx_synack in net/ipv4/tcp_output.c). One with a cookie is made anew each time.
func (w *window) odd(e *journal.Event) int {
	p := e.Packet
	flags := p.Flags
	if flags&synFlag == 0 {
		return 0
	}
	o := opening{pair{p.Src, p.Dst}, p.Seq}
	if flags&ackFlag == 0 {
		w.openings[o] = -1
		return 0
	}
	times := w.openings[o]
	w.openings[o] = max(times, 0) + 1
	switch {
	case times < 0:
		w.openings[o] = -2 // its repetitions are retransmissions like others
		if times == -1 {
			return -1
		}
		return 0
	case times > 0 && !w.sendsCookies(e):
		return 1
	}
	return 0
}

// sendsCookies says whether a host's setting was that every SYN is answered with a cookie.
func (v *View) sendsCookies(e *journal.Event) bool {
	set := v.Setting(e.Host, "net.ipv4.tcp_syncookies", e.N)
	return set != nil && set.Setting.New == "2"
}

// countsAll says whether all segments were seen or, in rounds that were not kept, counted.
func (v *View) countsAll() bool {
	return v.has(journal.Packets) && !slices.ContainsFunc(v.Journal.Events, func(e journal.Event) bool {
		return e.Fold != nil && e.Socket == "" && e.Fold.Segments == nil && e.Fold.Events > 0
	})
}

// fold counts the segments of rounds that were not kept. Which of them were SYN-ACKs of
// what is not known, so that OutSegs is not compared.
func (w *window) fold(f *journal.Fold) {
	for _, s := range f.Segments {
		h := w.host(s.Host)
		h.seen.in += s.Delivered
		h.folded = true
		if w.wire {
			h.seen.rst += s.SentRST
		} else {
			h.seen.rst += s.DeliveredRST
		}
	}
}

func (w *window) bulk(e *journal.Event) {
	n := int(e.Packet.Bulk.Packets)
	if !w.wire {
		w.add("", count{in: n, out: n})
		w.host("").big = true
		return
	}
	w.add(e.Host, count{out: n})
	to := e.Host
	for _, s := range w.Sockets {
		if s.Host != e.Host {
			to = s.Host
		}
	}
	w.add(to, count{in: n})
}

// close ends the window, if the counters have been read.
func (w *window) close() {
	if !w.reading {
		return
	}
	w.reading = false
	for name, h := range w.hosts {
		w.compare(name, h)
		w.hosts[name] = &hostCount{seen: h.late, read: map[string]int64{}, begun: h.late != (count{})}
	}
}

func (w *window) compare(name string, h *hostCount) {
	in := tally{h.seen.in, h.seen.in + h.late.in}
	out := tally{h.seen.out, h.seen.out + h.late.out}
	rst := tally{h.seen.rst, h.seen.rst + h.late.rst}
	if h.begun {
		in.least, out.least, rst.least = 0, 0, 0
	}
	w.holds(name, "InSegs", h.read["InSegs"], in, false)
	if !h.folded {
		w.holds(name, "OutSegs and RetransSegs", h.read["OutSegs"]+h.read["RetransSegs"], out, h.big && !w.wire)
	}
	w.holds(name, "OutRsts", h.read["OutRsts"], rst, false)
}

// holds notes a count that does not fit; more allows the kernel to have counted more.
func (w *window) holds(name, what string, kernel int64, seen tally, more bool) {
	if seen.fits(kernel) || (w.View.host || more) && kernel > int64(seen.most) {
		return
	}
	at := name
	if at == "" {
		at = "the stack"
	}
	d := newDiscrepancy(R4, nil, []int{w.last},
		fmt.Sprintf("%s of %s counted %d", what, at, kernel), fmt.Sprintf("%s were seen", seen))
	d.Hosts = w.hostNames(name)
	d.Explanation += w.passages(name)
	w.found = append(w.found, d)
}

// hostNames are the hosts whose stack it is.
func (w *window) hostNames(name string) []string {
	if name != "" {
		return []string{name}
	}
	var names []string
	for _, s := range w.Sockets {
		if !slices.Contains(names, s.Host) {
			names = append(names, s.Host)
		}
	}
	return names
}

// passages say where IP's own counters lost a packet.
func (w *window) passages(name string) string {
	h := w.hosts[name]
	family := "Ip"
	if w.Journal.Family == journal.IPv6 {
		family = "Ip6"
	}
	came, passed := h.read[family+"InReceives"], h.read[family+"InDelivers"]
	made, left := h.read[family+"OutRequests"], h.read[family+"OutTransmits"]
	text := ""
	if passed < came {
		text += fmt.Sprintf(" (%d packets came in, %d passed the filters of the input)", came, passed)
	}
	if left != 0 && left < made {
		text += fmt.Sprintf(" (%d packets were made, %d passed the filters of the output)", made, left)
	}
	return text
}
