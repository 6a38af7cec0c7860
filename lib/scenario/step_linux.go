package scenario

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/wire"
)

// stepper asks what becomes of each packet, shows what there is to be decided, and
// journals what was.
type stepper struct {
	*Moves
	r       *run
	running bool              // no more questions
	dropped [][]string        // flags of segments that are dropped from now on
	first   map[string]uint32 // sequence numbers of SYNs, by source and destination
}

// errQuit is that whoever stepped had enough.
var errQuit = errors.New("quit at a step")

// errBack is that the run is to be made again, up to the move before.
var errBack = errors.New("back to the move before")

// step is the wire's Hand.
func (s *stepper) step(w *wire.Wire) (delivered bool, err error) {
	p := w.Waiting("")[0]
	if s.isDropped(p) {
		return false, w.Drop(p, "by hand")
	}
	if s.running {
		return true, w.Carry(p)
	}
	if !s.told {
		s.explain()
	}
	s.show(w)
	for {
		line, err := s.next()
		if err != nil {
			return false, err
		}
		delivered, err := s.do(w, line)
		var wrong *moveError
		if !errors.As(err, &wrong) {
			s.made = append(s.made, line)
			return delivered, err
		}
		if !s.person {
			return false, fmt.Errorf("line %d of the moves: %w", s.asked, err)
		}
		fmt.Fprintf(s.shown, "%s\n", err)
	}
}

// moveError is a move that cannot be made.
type moveError struct{ error }

// next is the next line; at their end the wire runs on.
func (s *stepper) next() (string, error) {
	if len(s.again) > 0 {
		line := s.again[0]
		s.again = s.again[1:]
		fmt.Fprintf(s.shown, "> %s\n", echoed(line))
		return line, nil
	}
	if s.person {
		fmt.Fprint(s.shown, "> ")
	}
	select {
	case line, ok := <-s.lines:
		switch {
		case !ok && errors.Is(s.failed, bufio.ErrTooLong):
			return "", fmt.Errorf("line %d of the moves is longer than %d bytes", s.asked+1, maxMove)
		case !ok && s.failed != nil:
			return "", fmt.Errorf("the moves cannot be read: %w", s.failed)
		case !ok:
			return moveRun, nil
		}
		s.asked++
		if !s.person {
			fmt.Fprintf(s.shown, "> %s\n", echoed(line))
		}
		return line, nil
	case <-s.r.ctx.Done():
		return "", context.Cause(s.r.ctx)
	}
}

// echoed is a line as it is shown again, without what a terminal would obey.
func echoed(line string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, line)
}

// do makes a move.
func (s *stepper) do(w *wire.Wire, line string) (delivered bool, err error) {
	m, err := parseMove(line)
	if err != nil {
		return false, &moveError{err}
	}
	switch m.word {
	case moveRun:
		s.running = true
		s.decided("", 0, "by hand: run on")
		return false, nil
	case moveQuit:
		return false, errQuit
	case moveBack:
		switch {
		case len(s.made) == 0:
			return false, &moveError{errors.New("back: no move was made yet")}
		case s.r.cond.Stream != nil:
			return false, &moveError{errors.New("back: what --format jsonl or --pcap has written cannot be taken back")}
		}
		s.again, s.back = s.made[:len(s.made)-1], true
		return false, errBack
	case moveHelp:
		s.explain()
		return false, nil
	case moveSwap:
		if err := w.Swap(); err != nil {
			return false, &moveError{fmt.Errorf("swap: %w", err)}
		}
		s.decided(moveSwap, 0, "by hand: swap")
		return false, nil
	}
	if m.flags != nil {
		s.dropped = append(s.dropped, m.flags)
		s.decided(moveDrop, 0, "by hand: every segment of exactly %s is dropped from now on", strings.Join(m.flags, ","))
		return false, nil
	}
	p, err := s.find(w, &m)
	if err != nil {
		return false, &moveError{err}
	}
	if m.word != moveDeliver || p != w.Waiting("")[0] {
		s.decided(m.word, p.N, "by hand: %s #%d", m.word, p.N)
	}
	return m.word == moveDeliver, s.move(w, m.word, p)
}

// decided journals what whoever steps has decided: the move, and the packet it is about.
func (s *stepper) decided(word string, of int, format string, args ...any) {
	s.r.rec.Add(journal.Event{Kind: journal.KindRule, Rule: &journal.Rule{Text: fmt.Sprintf(format, args...), Hand: word, Of: of}})
}

// move does with a packet what was wanted.
func (s *stepper) move(w *wire.Wire, word string, p *wire.Packet) error {
	switch word {
	case moveDeliver:
		return w.Carry(p)
	case moveDrop:
		return w.Drop(p, "by hand")
	case moveDuplicate:
		w.Duplicate(p)
		return nil
	case moveHold:
		return w.Hold(p)
	}
	return w.Release(p)
}

// find is the packet that a move is about.
func (s *stepper) find(w *wire.Wire, m *move) (*wire.Packet, error) {
	from, what := w.Waiting(""), "waits"
	if m.word == moveRelease {
		from, what = w.Held(""), "is held"
	}
	if m.n == 0 && len(from) > 0 {
		return from[0], nil
	}
	if i := slices.IndexFunc(from, func(p *wire.Packet) bool { return p.N == m.n }); i >= 0 {
		return from[i], nil
	}
	if m.n == 0 {
		return nil, fmt.Errorf("%s: no packet %s", m.word, what)
	}
	var there []string
	for _, p := range from {
		there = append(there, fmt.Sprintf("#%d", p.N))
	}
	return nil, fmt.Errorf("%s #%d: no such packet %s, but: %s", m.word, m.n, what, cmp.Or(strings.Join(there, ", "), "none"))
}

// aside are the flags of a segment that count only where they are named: whether it
// has them is for the kernel to choose.
var aside = []string{"PSH", "ECE", "CWR"}

// isDropped says whether somebody has ordered that such segments be dropped.
func (s *stepper) isDropped(p *wire.Packet) bool {
	return p.IsTCP() && slices.ContainsFunc(s.dropped, func(flags []string) bool {
		names := slices.DeleteFunc(p.Flags.Names(), func(f string) bool { return slices.Contains(aside, f) && !slices.Contains(flags, f) })
		return slices.Equal(names, flags)
	})
}

// show says in which states both hosts are, and what waits; of several scenarios, of
// which that is.
func (s *stepper) show(w *wire.Wire) {
	var b strings.Builder
	if s.scenario != "" {
		fmt.Fprintf(&b, "%s:\n", s.scenario)
	}
	for _, h := range s.r.net.Hosts {
		fmt.Fprintf(&b, "  %s: %s\n", h.Name, strings.Join(s.r.table.States(h.Name), ", "))
	}
	s.list(&b, "waits", w.Waiting(""))
	s.list(&b, "held ", w.Held(""))
	fmt.Fprintf(s.shown, "%s", b.String())
}

// list shows packets, a line each: what the kernel sent again while somebody reads is told with
// what it sent first.
func (s *stepper) list(b *strings.Builder, what string, some []*wire.Packet) {
	for i, p := range some {
		same := func(o *wire.Packet) bool { return isSentAgain(p, o) }
		if slices.ContainsFunc(some[:i], same) {
			continue
		}
		text := s.described(p)
		var again []string
		for _, o := range some[i+1:] {
			if same(o) {
				again = append(again, fmt.Sprintf("#%d", o.N))
			}
		}
		if len(again) > 0 {
			text += fmt.Sprintf(" (sent %d times: again as %s)", len(again)+1, strings.Join(again, ", "))
		}
		fmt.Fprintf(b, "  %s  %s\n", what, text)
	}
}

// isSentAgain says whether two packets are one segment.
func isSentAgain(p, o *wire.Packet) bool {
	return p.IsTCP() && o.IsTCP() && p.Src == o.Src && p.Dst == o.Dst && p.Seq == o.Seq && p.Flags == o.Flags && len(p.Payload) == len(o.Payload) &&
		(len(p.Payload) > 0 || p.Flags.Has(packet.SYN) || p.Flags.Has(packet.FIN))
}

// described is a packet in a line, its numbers counted from the connection's
// beginning.
func (s *stepper) described(p *wire.Packet) string {
	if !p.IsTCP() {
		return fmt.Sprintf("#%d from %s: %s", p.N, p.From, p.ProtoName())
	}
	if s.first == nil {
		s.first = map[string]uint32{}
	}
	there, back := p.Src.String()+p.Dst.String(), p.Dst.String()+p.Src.String()
	if p.Flags.Has(packet.SYN) {
		s.first[there] = p.Seq
	}
	text := fmt.Sprintf("#%d from %s: %s seq=%d", p.N, p.From, p.Flags, p.Seq-s.first[there])
	if p.Flags.Has(packet.ACK) {
		text += fmt.Sprintf(" ack=%d", p.Ack-s.first[back])
	}
	if len(p.Payload) > 0 {
		text += fmt.Sprintf(" len=%d", len(p.Payload))
	}
	return text
}
