package journaltest

import (
	"context"
	"fmt"
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
func (s Stage) Probe(steps func(*scenario.T)) (why string) {
	probe := scenario.Scenario{Name: "probe", Networks: journal.Networks(), Hosts: []string{"a", "b"}, Steps: steps}
	j := scenario.Conduct(context.Background(), &probe, s.Conditions())
	return j.Stopped
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
}

// Conduct runs a scenario and judges it.
func (s *Suite) Conduct(of *scenario.Scenario, c scenario.Conditions) (r *Judged) {
	Undisturbed(func() (*journal.Journal, bool) {
		r = s.conduct(of, c)
		return &r.Journal, r.Outcome == claim.Reproduced
	})
	return r
}

// Undisturbed runs again, some times at most, where what came of it was not wanted and
// the machine had held the run up: that is not what the test has arranged.
func Undisturbed(run func() (j *journal.Journal, wanted bool)) {
	const most = 4
	for range most {
		if j, wanted := run(); wanted || len(claim.HoldUps(j)) == 0 {
			return
		}
	}
}

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

// Control is a scenario in an altered world, in which the outcome must change.
type Control struct {
	Name     string // of what is altered; may be empty
	Scenario string
	Alter    func(*scenario.T)          // before the first step
	With     func(*scenario.Conditions) // other conditions, such as journaltest.When
	Steps    func(*scenario.T)          // instead of the scenario's own
	Option   map[string]string          // the binary's own flags
	Want     claim.Outcome
	Verdicts map[string]claim.Verdict  // of some claims
	Check    func(*testing.T, *Judged) // what else; may be nil
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
		missing := at.Missing()
		for _, c := range controls {
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
	Undisturbed(func() (*journal.Journal, bool) {
		cond := at.Conditions()
		cond.Alter, cond.Option = c.Alter, func(name string) string { return c.Option[name] }
		if c.With != nil {
			c.With(&cond)
		}
		r = s.conduct(of, cond)
		return &r.Journal, len(c.wrong(r)) == 0
	})
	return r
}

func (c *Control) check(t *testing.T, r *Judged) {
	t.Helper()
	r.Check(t)
	for _, wrong := range c.wrong(r) {
		t.Error(wrong)
	}
	if c.Check != nil {
		c.Check(t, r)
	}
}

// wrong is what came of a control that was not wanted.
func (c *Control) wrong(r *Judged) []string {
	var wrong []string
	if r.Outcome != c.Want {
		wrong = append(wrong, fmt.Sprintf("%s: %s; want %s", r.Outcome, r.Why, c.Want))
	}
	for id, want := range c.Verdicts {
		if v, because := r.Verdict(id); v != want {
			wrong = append(wrong, fmt.Sprintf("%s %s: %s; want %s", id, v, because, want))
		}
	}
	return wrong
}

// NoTime checks that a run whose time ran out has shown nothing, whatever it saw.
func (s *Suite) NoTime(t *testing.T) {
	for i := range s.Program.Scenarios {
		of := &s.Program.Scenarios[i]
		for _, at := range Stages(of.Networks...) {
			t.Run(of.Name+"/"+at.String(), func(t *testing.T) {
				at.Need(t)
				c := at.Conditions()
				c.Timeout = time.Nanosecond
				r := s.Conduct(of, c)
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
