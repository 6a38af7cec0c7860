package main

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"

	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// find looks for the program as a shell would.
func (v *victim) find() error {
	path, err := exec.LookPath(v.argv[0])
	if err != nil {
		return cli.Usagef("victim: program %q: %v; want a program's name or path", v.argv[0], errors.Unwrap(err))
	}
	v.path = path
	return nil
}

// doVictim lets the peer misbehave, and tells what became of the victim.
func doVictim(c *cli.Context) (int, error) {
	v, err := victimOf(c)
	if err != nil {
		return cli.ExitUsage, err
	}
	evidence, err := c.Evidence()
	if err != nil {
		return cli.ExitUsage, err
	}
	r := &victimReport{Schema: "sockproof/victim/v1", Mode: v.mode, Victims: []misbehaved{}}
	p := &peer{victim: v, report: r, keeps: evidence != nil}
	if v.listening {
		p.each = func(m *misbehaved) { _ = c.EachTextOrJSON(m, m.write) } // its error ends the run
	}
	j := c.Conduct(&playedVictim, p.play, v.family(c))
	if err := p.failure(&j); err != nil {
		return cli.ExitInconclusive, err
	}
	if !v.listening {
		for i := range r.Victims {
			r.Victims[i].Reset = resetOf(&j, &r.Victims[i])
		}
		if err := c.TextOrJSON(r, r.write); err != nil {
			return r.exit(), err
		}
	}
	if err := evidence.Write(j); err != nil {
		return cli.ExitInconclusive, err
	}
	return r.exit(), nil
}

// failure is why there is nothing to tell.
func (p *peer) failure(j *journal.Journal) error {
	switch {
	case p.err != nil:
		return p.err
	case j.Stopped != "" && len(p.report.Victims) == 0 && p.served == 0:
		return errors.New("victim: " + j.Stopped)
	}
	return nil
}

// family is that of the address, or the one asked for.
func (v *victim) family(c *cli.Context) journal.Family {
	if v.at.IsValid() {
		return cli.FamilyOf(v.at)
	}
	return c.Family()
}

// peer is the end that misbehaves.
type peer struct {
	*victim
	report *victimReport
	each   func(*misbehaved) // told of each victim at once; nil: not
	keeps  bool              // what a server has seen, for evidence
	served int               // victims told of at once
	err    error
}

// play is what happens on the caller's own stack.
func (p *peer) play(r *scenario.Run) error {
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
func (p *peer) run(r *scenario.Run) error {
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
func (p *peer) call(r *scenario.Run) error {
	c, err := r.Host("b").CallAt(p.at, 0)
	if err != nil {
		return err
	}
	if c.Seen(journal.TCPInfo) != journal.Established {
		errno, _ := c.Option(journal.SOError)
		return fmt.Errorf("connect to %s: %w", p.at, syscall.Errno(errno))
	}
	m := p.misbehave(r, c, nil)
	m.Victim = p.at.String()
	p.report.Victims = append(p.report.Victims, m)
	return nil
}

// queue is the backlog of a server that misbehaves.
const queue = 16

// serve is a server that misbehaves towards everyone, one after the other.
func (p *peer) serve(r *scenario.Run) error {
	h := r.Host("b")
	s, err := h.Socket()
	if err != nil {
		return err
	}
	if err := s.SetOption(journal.SOReuseAddr, 1); err != nil {
		return err
	}
	if err := s.Bind(p.at); err != nil {
		return err
	}
	if err := s.Listen(queue); err != nil {
		return err
	}
	for n := 0; r.OK() && (p.times == 0 || n < p.times); {
		if !p.keeps {
			r.Forget()
		}
		p.waiting(r, func() bool { return s.Queue() > 0 })
		c, err := s.Accept()
		if err != nil {
			continue // it had gone again, or time is up
		}
		n++
		who, _ := c.Remote()
		m := p.misbehave(r, c, nil)
		m.Victim, m.Reset = who.String(), m.due
		p.each(&m)
		p.served++
	}
	return nil
}
