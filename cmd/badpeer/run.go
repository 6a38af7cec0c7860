package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"sockproof/cmd/badpeer/internal/token"
	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
)

// doMode runs the program as often as asked, and says whether it copes.
func doMode(c *cli.Context, m *mode) (int, error) {
	p, err := planOf(c, m)
	if err != nil {
		return cli.ExitUsage, err
	}
	evidence, err := c.Evidence()
	if err != nil {
		return cli.ExitUsage, err
	}
	if p.isolate {
		if code, done := c.Elevate(); done {
			return code, nil
		}
	}
	out, errs, done, err := p.outputs(c)
	if err != nil {
		return cli.ExitUsage, err
	}
	defer done()
	r := newReport(p)
	for n := 1; n <= p.times && c.Ctx.Err() == nil; n++ {
		y := &play{plan: p, output: &captured{out: out, errs: errs}, readyTo: c.Errs, texts: map[string]string{}, requests: map[token.Token]string{}, lateReplies: map[token.Token]string{}}
		j := y.run(c)
		one := p.told(&j)
		one.texts = y.texts
		r.add(one)
		if n == 1 || one.exit() != 0 && !r.written {
			r.written = one.exit() != 0
			r.journal = j
		}
	}
	if err := r.show(c); err != nil {
		return cli.ExitInconclusive, err
	}
	if err := evidence.Write(r.journal); err != nil {
		return cli.ExitInconclusive, err
	}
	return r.exit(), nil
}

// run is one run of the program.
func (p *play) run(c *cli.Context) journal.Journal {
	s := p.mode.scenario(p.steps)
	return c.Conduct(&s, p.network(), p.familyOf())
}

func (p *plan) network() journal.Network {
	if p.isolate {
		return journal.Loopback
	}
	return journal.HostNet
}

// familyOf is that of the address, or the one asked for.
func (p *plan) familyOf() journal.Family {
	for _, at := range []netip.AddrPort{p.server, p.listen} {
		if at.IsValid() {
			return cli.FamilyOf(at)
		}
	}
	return p.family
}

// told judges a run.
func (p *plan) told(j *journal.Journal) runReport {
	s := p.mode.scenario(nil)
	judgedRun := cli.Report(&s, *j)
	rec := recordOf(j)
	one := runReport{verdict: p.mode.verdictOn(rec), Facts: rec.facts, End: rec.end, Network: j.Network}
	if one.Facts == nil {
		one.Facts = []fact{}
	}
	switch f := judgedRun.Findings[0]; {
	case j.Stopped != "" && len(p.argv) == 0 && len(one.Facts) > 1: // being interrupted is how it ends
	case j.Stopped != "" && one.Word != failed:
		one.verdict = open("", "%s", j.Stopped)
	case f.Verdict == claim.Inconclusive && one.Word != undecided:
		one.verdict = open("", "%s", f.Because)
	}
	for i := range j.Events {
		if d := j.Events[i].Process; d != nil && d.Disposition != "" {
			one.SIGPIPE = d.Disposition
		}
	}
	one.Packets = packets(j)
	return one
}

// packets is what the capture saw of packets, in a sentence.
func packets(j *journal.Journal) string {
	w := j.Witness(journal.Packets)
	if w.Status != journal.Attached {
		return "not seen: " + w.Reason
	}
	n, resets := 0, 0
	for i := range j.Events {
		if p := j.Events[i].Packet; p != nil && p.Proto == "" {
			n++
			if p.Flags.Has(journal.RST) {
				resets++
			}
		}
	}
	return fmt.Sprintf("%s seen, %s among them", count(n, "packet"), count(resets, "RST"))
}

// outputs are where the program's output goes.
func (p *plan) outputs(c *cli.Context) (out, errs io.Writer, done func(), err error) {
	if name := c.String("output"); name != "" {
		f, err := os.Create(filepath.Clean(name))
		if err != nil {
			return nil, nil, nil, cli.Usagef("flag \"--output\": value %q: %v; want a file that can be written", name, errors.Unwrap(err))
		}
		return f, f, func() { f.Close() }, nil
	}
	if c.Format() != "text" {
		return c.Errs, c.Errs, func() {}, nil
	}
	return c.Out, c.Errs, func() {}, nil
}

// ready says where the peer is: it need not listen (refuse).
func (p *play) ready(at netip.AddrPort) {
	if p.cmd == nil && len(p.argv) == 0 {
		fmt.Fprintf(p.readyTo, "badpeer: %s: the peer is at %s\n", p.mode.name, at)
	}
}

// short renders a time for a person.
func short(ns int64) string {
	d := time.Duration(ns)
	switch {
	case d > time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d > time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Microsecond).String()
}
