package main

import (
	"errors"
	"os/exec"
	"path/filepath"

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
	steps := victimScenario
	steps.Steps = p.steps
	j := c.Conduct(&steps, v.family(c))
	if j.Stopped != "" && len(r.Victims) == 0 && p.served == 0 {
		return cli.ExitInconclusive, errors.New("victim: " + j.Stopped)
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
}

// steps are taken on the caller's own stack.
func (p *peer) steps(t *scenario.T) {
	switch {
	case p.listening:
		p.serve(t)
	case p.calling:
		p.call(t)
	default:
		p.run(t)
	}
}

// reportAs hands a victim on by a name.
func (p *peer) reportAs(name string) func(misbehaved) {
	return func(m misbehaved) {
		m.Victim = name
		p.report.Victims = append(p.report.Victims, m)
	}
}

// run runs the program on a connection of which the other end is ours.
func (p *peer) run(t *scenario.T) {
	client, server := t.Listen(0).Connect()
	client.SetBlocking()
	program := t.Exec(p.path, p.argv, client)
	t.AtOnce(func() { client.Close() })
	p.misbehave(t, server, program, p.reportAs(filepath.Base(p.argv[0])))
}

// call connects to a server, and is its client.
func (p *peer) call(t *scenario.T) {
	c := t.Dial(p.at)
	if c.State() != journal.Established {
		t.Stop("connect to %s: %s", p.at, c.Err())
	}
	p.misbehave(t, c, nil, p.reportAs(p.at.String()))
}

// queue is the backlog of a server that misbehaves.
const queue = 16

// serve is a server that misbehaves towards everyone, one after the other.
func (p *peer) serve(t *scenario.T) {
	l := t.Host("b").Socket(scenario.Opt(journal.SOReuseAddr, 1), scenario.At(p.at)).Listen(queue)
	for n := 0; p.times == 0 || n < p.times; {
		if !p.keeps {
			t.Forget()
		}
		waitFor(t, func() bool { return l.Queue() > 0 })
		c := l.Accept()
		if c == nil {
			continue // it had gone again
		}
		n++
		who := c.Remote()
		p.misbehave(t, c, nil, func(m misbehaved) {
			m.Victim, m.Reset = who.String(), m.due
			p.each(&m)
			p.served++
		})
	}
}
