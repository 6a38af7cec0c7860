package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/repro"
	"sockproof/lib/sock"
)

// find looks for the program as a shell would.
func (v *victim) find() error {
	path, err := exec.LookPath(v.argv[0])
	if err != nil {
		return usagef("victim: program %q: %v; want a program's name or path", v.argv[0], errors.Unwrap(err))
	}
	v.path = path
	return nil
}

// doVictim lets the peer misbehave, and tells what became of the victim.
func doVictim(c *repro.Context) (int, error) {
	v, err := victimOf(c)
	if err != nil {
		return repro.ExitUsage, err
	}
	family, err := v.family(c)
	if err != nil {
		return repro.ExitUsage, err
	}
	r := &victimReport{Schema: "sockproof/victim/v1", Mode: v.mode, Victims: []misbehaved{}}
	p := &peer{victim: v, report: r}
	if v.listening {
		p.each = func(m *misbehaved) { _ = c.EachTextOrJSON(m, m.write) } // its error ends the run
	}
	s := &repro.Scenario{Name: "victim", Networks: []journal.Network{journal.HostNet}, Hosts: []string{"a", "b"}}
	j := c.Conduct(s, p.play, family)
	if err := p.failure(&j); err != nil {
		return repro.ExitInconclusive, err
	}
	if v.listening {
		return 0, nil
	}
	for i := range r.Victims {
		r.Victims[i].Reset = resetSeen(&j, &r.Victims[i])
	}
	return r.exit(), c.TextOrJSON(r, r.write)
}

// failure is why there is nothing to tell.
func (p *peer) failure(j *journal.Journal) error {
	switch {
	case p.err != nil:
		return p.err
	case j.Stopped != "" && len(p.report.Victims) == 0:
		return errors.New("victim: " + j.Stopped)
	}
	return nil
}

// family is that of the address to be called, or the one asked for.
func (v *victim) family(c *repro.Context) (journal.Family, error) {
	f, err := c.Family()
	if err != nil {
		return f, err
	}
	if !v.calling {
		return f, nil
	}
	of := journal.IPv4
	if v.connect.Addr().Is6() {
		of = journal.IPv6
	}
	if (c.CLI.Bool("4") || c.CLI.Bool("6")) && of != f {
		return f, usagef("flag \"--connect\": value %q: %s is not of the family asked for", v.connect, v.connect.Addr())
	}
	return of, nil
}

// peer is the end that misbehaves.
type peer struct {
	*victim
	report *victimReport
	each   func(*misbehaved) // told of each victim at once; nil: not
	err    error
}

// play is what happens on the caller's own stack.
func (p *peer) play(r *repro.Run) error {
	switch {
	case p.listening:
		p.err = p.serve(r)
	case p.calling:
		p.err = p.call(r)
	default:
		p.err = p.run(r)
	}
	return nil
}

// run runs the program on a connection of which the other end is ours.
func (p *peer) run(r *repro.Run) error {
	s, err := r.Host("b").Listen(0)
	if err != nil {
		return err
	}
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	if err := c.Client.SetBlocking(); err != nil {
		return err
	}
	program, err := r.Exec(p.path, p.argv, c.Client)
	if err != nil {
		return err
	}
	if err := c.Client.Close(); err != nil {
		return err
	}
	m := p.misbehave(r, c.Server, program)
	m.Victim = filepath.Base(p.argv[0])
	p.report.Victims = append(p.report.Victims, m)
	return nil
}

// call connects to a server, and is its client.
func (p *peer) call(r *repro.Run) error {
	c, err := r.Host("b").CallAt(p.connect, 0)
	if err != nil {
		return err
	}
	if c.Seen(journal.TCPInfo) != journal.Established {
		errno, _ := c.Option(sock.SocketError)
		return fmt.Errorf("connect to %s: %w", p.connect, syscall.Errno(errno))
	}
	m := p.misbehave(r, c, nil)
	m.Victim = p.connect.String()
	p.report.Victims = append(p.report.Victims, m)
	return nil
}

// serve is a server that misbehaves towards everyone, one after the other.
func (p *peer) serve(r *repro.Run) error {
	h := r.Host("b")
	s, err := h.Socket()
	if err != nil {
		return err
	}
	if err := s.SetOption(sock.ReuseAddr, 1); err != nil {
		return err
	}
	if err := s.Bind(h.At(p.listen)); err != nil {
		return err
	}
	if err := s.Listen(queue); err != nil {
		return err
	}
	for n := 0; r.OK() && (p.times == 0 || n < p.times); r.Forget() {
		p.waiting(r, func() bool { return s.Queue() > 0 })
		c, err := s.Accept()
		if err != nil {
			continue // it had gone again, or time is up
		}
		n++
		who, _ := c.Remote()
		m := p.misbehave(r, c, nil)
		m.Victim, m.Reset = who.String(), didReset(m.Did)
		p.each(&m)
	}
	return nil
}

const (
	// queue is the backlog of a server that misbehaves.
	queue = 16
	// endless is longer than anybody waits.
	endless = 1000 * time.Hour
	// tick bounds what is recorded of a wait before it is folded.
	tick = 10 * time.Millisecond
)

// misbehave reads until it is time, does what the mode says, and waits for the
// program, if there is one, to end. Reads are counted, not kept: there may be
// gigabytes.
func (p *peer) misbehave(r *repro.Run, s *sock.Socket, program *sock.Command) misbehaved {
	var m misbehaved
	began := time.Now()
	gone := false // the other end
	over := func() bool {
		return gone || p.bytes > 0 && m.ReadBefore >= p.bytes || p.wait > 0 && time.Since(began) >= p.wait || program != nil && program.Ended()
	}
	p.waiting(r, func() bool {
		for !over() && s.Readable() {
			n, err := s.ReadBulk(p.room(m.ReadBefore))
			m.ReadBefore += int64(max(n, 0))
			gone = gone || err == nil && n == 0 || err != nil && !errors.Is(err, syscall.EAGAIN)
		}
		return over()
	})
	m.AfterNS = time.Since(began).Nanoseconds()
	if !r.OK() || gone && program == nil || program != nil && program.Ended() {
		m.tell(program, 0, !r.OK())
		return m
	}
	if program != nil {
		m.SIGPIPE = program.Disposition()
	}
	since := time.Now()
	m.Did = p.act(r, s)
	m.ReadAfter = p.rest(r, s, program)
	m.tell(program, time.Since(since), !r.OK())
	return m
}

// bulk is how much is read at once, in bytes.
const bulk = 64 << 10

// room is how much may still be read before it is time.
func (p *peer) room(read int64) int {
	if p.bytes == 0 {
		return bulk
	}
	return int(min(p.bytes-read, bulk))
}

// waiting waits for as long as it takes, in pieces that are folded.
func (p *peer) waiting(r *repro.Run, done func() bool) {
	for over := false; !over && r.OK(); {
		r.Trial(func() bool { over = r.Await(tick, done); return false })
	}
}

// act does what the mode says, and names the call that did it.
func (p *peer) act(r *repro.Run, s *sock.Socket) string {
	switch p.mode {
	case modeRST:
		_ = s.Reset()
		return "close() with SO_LINGER {1, 0}"
	case modeShutWR:
		_ = s.Shutdown(sock.ShutWrite)
		return claim.ShutWrite
	case modeCloseUnread:
		r.Await(patience, func() bool { return s.Unread() > 0 })
		unread := s.Unread()
		_ = s.Close()
		return fmt.Sprintf("close() with %d bytes unread", unread)
	}
	// From the shutdown on nothing more is taken in, and what had come is read:
	// a close with anything unread would be a reset.
	_ = s.Shutdown(sock.ShutBoth)
	for s.Unread() > 0 {
		if n, err := s.ReadBulk(bulk); n <= 0 || err != nil {
			break
		}
	}
	_ = s.Close()
	return claim.Closed
}

// rest waits for the program to end, or, where there is none, for the connection
// to; with shut-wr it goes on reading. It returns how much it read.
func (p *peer) rest(r *repro.Run, s *sock.Socket, program *sock.Command) (read int64) {
	ended := false
	wait := p.waiting
	if !s.IsOpen() { // what comes now is the RST, and little else
		wait = func(r *repro.Run, done func() bool) { r.Await(endless, done) }
	}
	wait(r, func() bool {
		for s.IsOpen() && !ended && s.Readable() {
			n, err := s.ReadBulk(bulk)
			read += int64(max(n, 0))
			ended = err == nil && n == 0 || err != nil && !errors.Is(err, syscall.EAGAIN)
		}
		if program != nil {
			return program.Ended()
		}
		return ended || !s.IsOpen()
	})
	if s.IsOpen() {
		_ = s.Close()
	}
	return read
}

// tell notes how the program ended.
func (m *misbehaved) tell(program *sock.Command, after time.Duration, interrupted bool) {
	if program == nil {
		return
	}
	status, signal, ended := program.Status()
	switch {
	case !ended:
		m.Unfinished = interrupted
		return
	case signal != "":
		m.Signal = signal
	default:
		m.Status = &status
	}
	m.WentOnNS = after.Nanoseconds()
}

// resetSeen says who sent a RST, as the capture of lo saw it.
func resetSeen(j *journal.Journal, m *misbehaved) string {
	if m.Did == "" {
		return ""
	}
	if w := j.Witness(journal.Packets); w.Status != journal.Attached {
		return didReset(m.Did) + " (not seen: " + w.Reason + ")"
	}
	for _, e := range claim.Packets(j, journal.AtDelivered) {
		if claim.WithFlag([]*journal.Event{e}, "RST") == nil {
			continue
		}
		return fmt.Sprintf("from %s to %s, seen on lo", e.Packet.Src, e.Packet.Dst)
	}
	return "none was seen on lo"
}

// didReset says what a call does, where the wire was not watched.
func didReset(did string) string {
	switch did {
	case claim.ShutWrite:
		return "none is due"
	case claim.Closed:
		return "due when the victim sends again"
	case "":
		return ""
	}
	return "sent by that call"
}
