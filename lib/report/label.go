package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockproof/lib/journal"
)

// label is what an arrow says of its packet.
type label struct {
	p        *journal.Packet
	seq, ack int64
	ports    bool // it names them, for it could be another connection's
}

func newLabel(p *journal.Packet, rel *relative) label {
	return label{p: p, seq: rel.seq(p), ack: rel.ack(p)}
}

// detail is how much of a label there is room for.
type detail int

const (
	everything detail = iota // with window and options
	numbers
	noAck
	flagsOnly
	details
)

// label writes a label at a level of detail.
func (c *canvas) label(l *label, d detail) []span {
	p := l.p
	switch {
	case p.Bulk != nil:
		return c.bulk(p.Bulk, d)
	case p.Proto != "":
		return c.otherLabel(p, d, l.ports)
	}
	spans := make([]span, 0, 3)
	if l.ports && d < flagsOnly && p.Src != p.Dst {
		spans = append(spans, c.portPair(p))
	}
	how := flags
	if p.Flags.Has(journal.RST) {
		how = alarm
	}
	spans = append(spans, span{c.clean(flagNames(p)), how})
	if d == flagsOnly {
		return spans
	}
	b := make([]byte, 0, 48)
	b = append(b, " seq="...)
	b = strconv.AppendInt(b, l.seq, 10)
	if d < noAck && p.Flags.Has(journal.ACK) {
		b = append(b, " ack="...)
		b = strconv.AppendInt(b, l.ack, 10)
	}
	if p.Len > 0 {
		b = append(b, " len="...)
		b = strconv.AppendInt(b, int64(p.Len), 10)
	}
	spans = append(spans, span{string(b), plain})
	if d < noAck && closesWindow(p) && d != everything {
		spans = append(spans, span{" win=0", alarm})
	}
	if d == everything {
		more := " win=" + strconv.Itoa(int(p.Win))
		if len(p.Options) > 0 {
			more += " <" + c.clean(strings.Join(p.Options, ", ")) + ">"
		}
		spans = append(spans, span{more, dim})
	}
	return spans
}

// portPair are the ports of both ends.
func (c *canvas) portPair(p *journal.Packet) span {
	return span{fmt.Sprintf(":%d%s:%d ", p.Src.Port(), c.to, p.Dst.Port()), dim}
}

// otherLabel writes the label of what is not TCP.
func (c *canvas) otherLabel(p *journal.Packet, d detail, ports bool) []span {
	s := []span{{c.clean(p.Proto), flags}}
	switch {
	case d >= flagsOnly:
	case p.ICMP != nil && p.ICMP.About != nil:
		s = append(s, span{" " + p.ICMPName(), alarm})
		if d < noAck {
			about := p.ICMP.About
			s = append(s, span{fmt.Sprintf(" (about %s%s%s)", c.clean(string(about.Src)), c.to, c.clean(string(about.Dst))), dim})
		}
	case p.Proto == "udp" && p.Src.Port() != 0:
		if ports {
			s = append([]span{c.portPair(p)}, s...)
		}
		s = append(s, span{" len=" + strconv.Itoa(p.Len), plain})
	case len(p.Bytes) > 0:
		s = append(s, span{" " + count(int64(len(p.Bytes)), "byte"), plain})
	}
	return s
}

// closesWindow says whether a segment offers no room at all. Of a RST it says nothing.
func closesWindow(p *journal.Packet) bool {
	return p.Win == 0 && p.Flags.Has(journal.ACK) && !p.Flags.HasAny(journal.RST|journal.SYN)
}

func flagNames(p *journal.Packet) string {
	if names := p.FlagNames(); len(names) > 0 {
		return strings.Join(names, ",")
	}
	return "none"
}

// bulk names many packets by their number, size and hash.
func (c *canvas) bulk(b *journal.Bulk, d detail) []span {
	spans := []span{{count(b.Packets, "packet"), flags}}
	if d == flagsOnly {
		return spans
	}
	more := " " + count(b.TCPBytes, "byte")
	if d < noAck && b.SHA256 != "" {
		more += " sha256:" + cut(c.clean(b.SHA256), 8)
	}
	if d == everything && b.Flags != "" {
		more += " " + c.clean(b.Flags)
	}
	return append(spans, span{more, plain})
}

// best returns the fullest label that fits, and the barest, shortened, where
// none does. Window and options are for those who asked for everything.
func (c *canvas) best(l *label, room int) []span {
	d := numbers
	if c.style.Verbosity == Verbose {
		d = everything
	}
	var s []span
	for ; d < details; d++ {
		if s = c.label(l, d); widthOf(s) <= room {
			return s
		}
	}
	return clipSpans(slices.Clone(s), max(room, 1), c.ellipsis)
}
