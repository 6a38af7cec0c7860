package journaltest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// bound bounds a run in these tests; none waits for it unless it fails.
const bound = 60 * time.Second

// Stage is where a scenario is run.
type Stage struct {
	Network journal.Network
	Family  journal.Family
}

func (s Stage) String() string { return string(s.Network) + "/" + string(s.Family) }

// Stages are some networks in both families.
func Stages(networks ...journal.Network) []Stage {
	var all []Stage
	for _, n := range networks {
		all = append(all, Stage{n, journal.IPv4}, Stage{n, journal.IPv6})
	}
	return all
}

// Conditions are those of an undisturbed run.
func (s Stage) Conditions() scenario.Conditions {
	return scenario.Conditions{Network: s.Network, Family: s.Family, Timeout: bound, Run: 1, First: 1}
}

// Missing says why the stage cannot be had, having tried; "": it can.
func (s Stage) Missing() (why string) {
	return s.Probe(func(*scenario.T) {})
}

// Probe takes steps on the stage and says why that did not work.
func (s Stage) Probe(steps func(*scenario.T)) (why string) { return s.probe(steps).Stopped }

func (s Stage) probe(steps func(*scenario.T)) *journal.Journal {
	probe := scenario.Scenario{Name: "probe", Steps: steps}
	j := scenario.Conduct(context.Background(), &probe, s.Conditions())
	return &j
}

// Captured are the stages where packets are seen: on the caller's own stack that takes a privilege.
func Captured(stages []Stage) []Stage {
	return slices.DeleteFunc(stages, func(s Stage) bool {
		return s.Network == journal.HostNet && s.probe(func(*scenario.T) {}).Witness(journal.Packets).Status != journal.Attached
	})
}

// Need skips the test where the stage cannot be had, for the reason probed.
func (s Stage) Need(t *testing.T) {
	t.Helper()
	if why := s.Missing(); why != "" {
		t.Skipf("skip: %s", why)
	}
}

// Judged is a run and what was judged of it.
type Judged struct {
	journal.Journal
	Outcome  claim.Outcome
	Why      string
	Findings []claim.Finding

	earlier []*Judged // runs that were made again
}

// Conduct runs a scenario that is reproduced, and judges it.
func (s *Suite) Conduct(of *scenario.Scenario, c scenario.Conditions) (r *Judged) {
	repeat(func() (again bool) {
		r = s.conduct(of, c)
		return r.Outcome == claim.OutcomeUnresolved || r.Outcome != claim.Reproduced && r.disturbed()
	})
	return r
}

// repeat runs again, some times at most. So is treated what the test has not arranged: a run that
// the machine held up, and one that decided nothing, as one does where another program on the
// machine, or another run of the test's, had the processor for the few milliseconds after which
// the kernel sends again.
func repeat(run func() (again bool)) {
	const most = 4
	for again, n := true, 0; again && n < most; n++ {
		again = run()
	}
}

// disturbed says whether the machine held the run up.
func (r *Judged) disturbed() bool { return len(claim.HoldUps(&r.Journal)) > 0 }

// atOnce bounds the runs that are under way: each has namespaces of its own, and to make and end
// them takes a lock that the whole machine shares (rtnl_lock).
var atOnce = make(chan struct{}, 24)

func (s *Suite) conduct(of *scenario.Scenario, c scenario.Conditions) *Judged {
	atOnce <- struct{}{}
	defer func() { <-atOnce }()
	r := &Judged{Journal: scenario.Conduct(context.Background(), of, c)}
	r.Outcome, r.Why, r.Findings = of.Judge(&r.Journal)
	return r
}

// Check asks of a run what must be true of any.
func (r *Judged) Check(t *testing.T) {
	t.Helper()
	if err := r.Journal.Check(); err != nil {
		t.Error(err)
	}
	for i := range r.Findings {
		CheckFinding(t, &r.Journal, &r.Findings[i])
	}
}

// Verdict is that of one claim, with its reason.
func (r *Judged) Verdict(id string) (v claim.Verdict, because string) {
	for _, f := range r.Findings {
		if f.Claim == id {
			return f.Verdict, f.Because
		}
	}
	return "", "not put to the test"
}

// Errors is what a check of a control reports to.
type Errors interface {
	Helper()
	Error(args ...any)
	Errorf(format string, args ...any)
}

// A failure is what came of a control and was not wanted.
type failure struct {
	text string
	open bool // nothing was decided
}

type failures []failure

// open says whether they are about what was not decided alone.
func (f failures) open() bool {
	return !slices.ContainsFunc(f, func(f failure) bool { return !f.open })
}

func (f *failures) Helper()           {}
func (f *failures) Error(args ...any) { *f = append(*f, failure{text: fmt.Sprint(args...)}) }
func (f *failures) Errorf(format string, args ...any) {
	*f = append(*f, failure{text: fmt.Sprintf(format, args...)})
}

// An Expectation is which verdicts a finding may have; none: any.
type Expectation func(*Judged, *claim.Finding) []claim.Verdict

// Control is a scenario in an altered world, in which the outcome must change.
type Control struct {
	Name     string // of what is altered; may be empty
	Scenario string
	Alter    func(*scenario.T)          // before the first step
	With     func(*scenario.Conditions) // other conditions, such as journaltest.When
	Steps    func(*scenario.T)          // instead of the scenario's own
	Option   map[string]string          // the binary's own flags
	Want     claim.Outcome
	Verdicts map[string]claim.Verdict // of some claims
	Expect   Expectation              // of each finding; may be nil
	Check    func(Errors, *Judged)    // what else; may be nil
}

// unseen is the control where no packet is seen, of a phenomenon that is about packets: nothing
// may be said.
func (c Control) unseen() Control {
	c.Want, c.Verdicts, c.Expect, c.Check = claim.OutcomeUnresolved, nil, nil, nil
	return c
}

// Known are the controls of what is known of the scenarios that a network can have: each is
// reproduced; the claims named are refuted, and the others confirmed.
func (s *Suite) Known(n journal.Network, refuted ...string) []Control {
	var all []Control
	for _, of := range s.Program.Scenarios {
		if !slices.Contains(of.RunsOn(), n) {
			continue
		}
		verdicts := map[string]claim.Verdict{}
		for _, c := range of.Claims {
			verdicts[c.ID] = claim.Confirmed
			if slices.Contains(refuted, c.ID) {
				verdicts[c.ID] = claim.Refuted
			}
		}
		all = append(all, Control{Scenario: of.Name, Want: claim.Reproduced, Verdicts: verdicts})
	}
	return all
}

// When lets something be done in a run at once when it has recorded its n-th
// such event, from 0. What is done must record nothing: to give the wire another
// rule, or to sleep.
func When(n int, w Which, do func(*scenario.T)) func(*scenario.Conditions) {
	return func(c *scenario.Conditions) {
		var run *scenario.T
		alter := c.Alter
		c.Alter = func(t *scenario.T) {
			run = t
			if alter != nil {
				alter(t)
			}
		}
		left := n
		c.Stream = func(e journal.Event) {
			if run == nil || !w(&e) {
				return
			}
			if left == 0 {
				do(run)
			}
			left--
		}
	}
}

// Controls runs every control on every stage, all at once, for they do little
// but wait, and checks the outcomes.
func (s *Suite) Controls(t *testing.T, stages []Stage, controls ...Control) {
	t.Helper()
	type job struct {
		Control
		at      Stage
		missing string
		done    chan *Judged
	}
	var jobs []job
	for _, at := range stages {
		missing, blind := at.Missing(), len(Captured([]Stage{at})) == 0
		for _, c := range controls {
			if missing == "" && blind && slices.Contains(s.Scenario(t, c.Scenario).Phenomenon.Needs, journal.Packets) {
				c = c.unseen()
			}
			j := job{c, at, missing, make(chan *Judged, 1)}
			jobs = append(jobs, j)
			if missing == "" {
				of := s.Scenario(t, c.Scenario)
				go func() { j.done <- s.control(of, &j.Control, at) }()
			}
		}
	}
	for _, j := range jobs {
		t.Run(strings.Trim(j.Scenario+"/"+j.Name, "/")+"/"+j.at.String(), func(t *testing.T) {
			if j.missing != "" {
				t.Skipf("skip: %s", j.missing)
			}
			j.check(t, <-j.done)
		})
	}
}

// control runs one control.
func (s *Suite) control(of *scenario.Scenario, c *Control, at Stage) (r *Judged) {
	if c.Steps != nil {
		altered := *of
		altered.Steps = c.Steps
		of = &altered
	}
	var earlier []*Judged
	repeat(func() (again bool) {
		cond := at.Conditions()
		cond.Alter, cond.Option = c.Alter, func(name string) string { return c.Option[name] }
		if c.With != nil {
			c.With(&cond)
		}
		if r != nil {
			earlier = append(earlier, r)
		}
		r = s.conduct(of, cond)
		r.earlier = earlier
		wrong := c.wrong(r)
		return len(wrong) > 0 && (wrong.open() || r.disturbed())
	})
	return r
}

// unaltered says whether a control is the scenario as it is.
func (c *Control) unaltered() bool {
	return c.Alter == nil && c.With == nil && c.Steps == nil && len(c.Option) == 0
}

// contradictions are the claims that runs of the same steps have decided in both ways. A
// machine that holds a run up may leave a claim open; it must not turn a verdict around.
func (r *Judged) contradictions() (all []string) {
	for _, other := range r.earlier {
		for _, f := range other.Findings {
			v, because := r.Verdict(f.Claim)
			if f.Verdict != v && f.Verdict != claim.Inconclusive && v != claim.Inconclusive && v != "" {
				all = append(all, fmt.Sprintf("%s %s: %s; and in a run that the machine held up %s: %s", f.Claim, v, because, f.Verdict, f.Because))
			}
		}
	}
	return all
}

func (c *Control) check(t *testing.T, r *Judged) {
	t.Helper()
	r.Check(t)
	if c.unaltered() {
		for _, both := range r.contradictions() {
			t.Error(both)
		}
	}
	wrong := c.wrong(r)
	if len(wrong) == 0 {
		return
	}
	if wrong.open() && r.disturbed() && !t.Failed() {
		t.Skipf("skip: the machine is too busy: %s; and so %s", r.heldUp(), wrong[0].text)
	}
	t.Log(r.heldUp())
	for _, w := range wrong {
		t.Error(w.text)
	}
}

// heldUp says how long the machine held up each run that was made.
func (r *Judged) heldUp() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d runs; held up for", len(r.earlier)+1)
	for _, run := range append(slices.Clone(r.earlier), r) {
		var longest, all time.Duration
		for _, e := range claim.HoldUps(&run.Journal) {
			d := time.Duration(e.Process.ForNS)
			longest, all = max(longest, d), all+d
		}
		fmt.Fprintf(&b, " %v (%v at once)", all.Round(time.Millisecond), longest.Round(time.Millisecond))
	}
	return b.String()
}

// Meets checks that a run's findings are as expected.
func (r *Judged) Meets(t *testing.T, e Expectation) {
	t.Helper()
	for _, f := range (&Control{Want: r.Outcome, Expect: e}).wrong(r) {
		t.Error(f.text)
	}
}

// wrong is what came of a control that was not wanted.
func (c *Control) wrong(r *Judged) (wrong failures) {
	if c.Check != nil {
		c.Check(&wrong, r)
	}
	if r.Outcome != c.Want {
		wrong = append(wrong, failure{fmt.Sprintf("%s: %s; want %s", r.Outcome, r.Why, c.Want), r.Outcome == claim.OutcomeUnresolved})
	}
	unlike := func(id string, v claim.Verdict, because string, want ...claim.Verdict) {
		if !slices.Contains(want, v) {
			wrong = append(wrong, failure{fmt.Sprintf("%s %s: %s; want %s", id, v, because, want), v == claim.Inconclusive})
		}
	}
	for id, want := range c.Verdicts {
		v, because := r.Verdict(id)
		unlike(id, v, because, want)
	}
	if c.Expect == nil {
		return wrong
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if want := c.Expect(r, f); len(want) > 0 {
			unlike(f.Claim, f.Verdict, f.Because, want...)
		}
	}
	return wrong
}

// NoTime checks that a run whose time ran out has shown nothing, whatever it saw.
func (s *Suite) NoTime(t *testing.T) {
	for i := range s.Program.Scenarios {
		of := &s.Program.Scenarios[i]
		for _, at := range Stages(of.RunsOn()...) {
			t.Run(of.Name+"/"+at.String(), func(t *testing.T) {
				at.Need(t)
				c := at.Conditions()
				c.Timeout = time.Nanosecond
				r := s.conduct(of, c)
				r.Check(t)
				if r.Outcome != claim.OutcomeUnresolved || !strings.Contains(r.Why, "--timeout 1ns") {
					t.Errorf("%s: %s", r.Outcome, r.Why)
				}
			})
		}
	}
}

// pause is long enough for the kernel to send a SYN again: a second.
const pause = 1100 * time.Millisecond

// Stopped runs a scenario on the wire with a stop before each of its first
// segments in turn is carried, in both families. A process that is stopped
// (SIGSTOP) or merely slow finds on the wire what the kernel has sent again
// meanwhile: a SYN after a second, data and FIN after a fifth of one. The
// scenario is reproduced all the same, with these verdicts.
func (s *Suite) Stopped(t *testing.T, of string, segments int, verdicts map[string]claim.Verdict) {
	t.Helper()
	sent := func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.Proto == "" && e.Packet.At == journal.AtSent
	}
	var controls []Control
	for n := range segments {
		controls = append(controls, Control{
			Name: "at segment " + strconv.Itoa(n+1), Scenario: of,
			With: When(n, sent, func(*scenario.T) { time.Sleep(pause) }),
			Want: claim.Reproduced, Verdicts: verdicts,
		})
	}
	s.Controls(t, Stages(journal.Wire), controls...)
}
