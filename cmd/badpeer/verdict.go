package main

import (
	"fmt"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// verdict is whether a program coped.
type verdict struct {
	Word   string `json:"verdict"` // coped, failed, undecided
	Why    string `json:"why"`
	Remedy string `json:"remedy,omitempty"` // of undecided: what to change
	hung   bool   // failed, for not having ended or given up in time
}

// The verdicts.
const (
	coped     = "coped"
	failed    = "failed"
	undecided = "undecided"
)

func copes(format string, args ...any) verdict {
	return verdict{Word: coped, Why: fmt.Sprintf(format, args...)}
}

func fails(format string, args ...any) verdict {
	return verdict{Word: failed, Why: fmt.Sprintf(format, args...)}
}

// hangs is the verdict on a program that has neither ended nor given up in time.
func hangs(format string, args ...any) verdict {
	v := fails(format, args...)
	v.hung = true
	return v
}

func open(remedy, format string, args ...any) verdict {
	return verdict{Word: undecided, Why: fmt.Sprintf(format, args...), Remedy: remedy}
}

// lessOutput is what helps where what was looked for may be in what was not kept.
const lessOutput = "let it write less"

// exit is the exit code of one run.
func (v verdict) exit() int {
	switch v.Word {
	case coped:
		return 0
	case failed:
		return cli.ExitNotReproduced
	}
	return cli.ExitInconclusive
}

// judge is a mode's verdict on a record, after what holds for all: that the program was met,
// that the peer did misbehave, and that no signal ended it.
func (m *mode) verdictOn(r *record) verdict {
	switch {
	case r.has(unserved) && !r.has(did):
		return open("see that it listens where --server says, and answers what the peer asks (--send)", "the program never served a well-behaved client: %s", r.first(unserved).Detail)
	case !r.has(met) && (!r.has(attempted) || r.wants("listen")):
		return neverMet(r)
	case !r.has(did) && r.end.died():
		return open("see why it dies without any misbehaviour", "it %s before the peer did anything", r.end.how())
	case r.end.died() && !r.end.Shell:
		return fails("it %s, %s", r.end.how(), r.sinceDid())
	case r.has(did) && r.end.byItself() && r.end.AtNS < r.first(did).AtNS:
		return open("let it run in the foreground", "it had ended when the peer misbehaved towards a process that it left behind: what became of that is not seen")
	case !r.has(did) && r.misspoken() != "":
		return open("see that it speaks --protocol, without TLS, in requests of 1 MiB at most", "what it sent %s", r.misspoken())
	case !r.has(did):
		return open(m.untried, "the program never gave the peer the occasion: it %s", r.sofar())
	}
	return r.seenToEnd(m.judge(r))
}

// seenToEnd is a verdict, unless what it rests on was not seen to its end.
func (r *record) seenToEnd(v verdict) verdict {
	if v.hung && r.end.byPeer && !r.has(stopped) {
		return open("give it longer", "the run ended before the peer was done: whether the program would have ended is not seen")
	}
	if v.hung && !r.end.Ended && !r.has(stopped) && !r.wants("server") {
		return open("give CMD", "the peer %s; no program was run, so that nobody saw what became of it", r.first(did).Detail)
	}
	if f := r.first(limited); f.What != "" && v.hung {
		return open("let it make fewer connections, or give --max-connections or --timeout", "it had not ended, and may have waited for the peer: %s", f.Detail)
	}
	if fate, decided := judgeFates(r); decided && v.Word == coped {
		return fate
	}
	if r.end.Shell && r.end.byItself() && v.Word == coped {
		return open("let CMD be the program itself, or give it another exit status", "it %s; or it has chosen that status itself", r.end.how())
	}
	return v
}

// misspoken is what the first thing that the program sent is, if it is no request; "": it is one.
func (r *record) misspoken() string {
	if f := r.first(asked); strings.HasPrefix(f.Detail, notRequest) {
		return f.Detail[len("what "):]
	}
	return ""
}

// notRequest is how the detail begins of what was asked and cannot be read.
const notRequest = "what is no request: "

// neverMet is the verdict on a program that made no connection.
func neverMet(r *record) verdict {
	if s := r.first(strange); s.What != "" {
		return open("run badpeer as the program's user, or give --any-peer", "no connection was seen to be the program's: %s", s.Detail)
	}
	if r.has(attempted) {
		return open("leave --listen out, or give --isolate: then no other program knows the address; or --any-peer", "a connection was refused, and whose it was is not seen: others may know the address that --listen gives")
	}
	if r.blind && r.wants(refuseName) {
		return open("run as root, or give --isolate: there packets are seen", "whether the program tried to connect was not seen")
	}
	return open("give it {addr}, {host} and {port}, or {url} among its arguments, or let it read BADPEER_ADDR", "the program never met the peer, and %s", r.end.how())
}

// sofar says what the program did without giving the occasion.
func (r *record) sofar() string {
	n := len(r.of(asked))
	switch {
	case n == 0 && r.end.Ended:
		return "connected, made no request, and " + r.end.how()
	case n == 0:
		return "connected, and made no request"
	}
	return fmt.Sprintf("made %s, and %s", count(n, "request"), r.end.how())
}

// sinceDid says how long after the peer had misbehaved the program ended.
func (r *record) sinceDid() string {
	return short(r.end.AtNS-r.first(did).AtNS) + " after the peer " + r.first(did).Detail
}

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// scenario is the mode as evidence is judged by: it was brought about if the peer
// misbehaved towards the program, and its claim is that the program copes.
func (m *mode) scenario(steps func(t *scenario.T)) scenario.Scenario {
	return scenario.Scenario{
		Name: m.name, Title: m.usage, Networks: []journal.Network{journal.HostNet, journal.Loopback}, Hosts: []string{"a", "b"}, Steps: steps,
		Phenomenon: claim.Phenomenon{
			Needs: []journal.Witness{journal.Calls}, Quantity: claim.Can, Precondition: "the peer never misbehaved",
			Rule: claim.Each(deeds, func(c *claim.Case, e *journal.Event) {
				c.Cite(e)
				c.Holds("the peer %s", e.Answer.Reply)
			}),
		},
		Claims: []*claim.Claim{{
			ID: "BP-" + m.name, Statement: "the program copes with a peer that misbehaves so: " + m.copes, Source: "badpeer " + m.name,
			Quantity: claim.Always, Needs: []journal.Witness{journal.Calls}, Precondition: "there was no verdict",
			Rule: claim.Once(func(c *claim.Case) {
				v := m.verdictOn(recordOf(c.Journal))
				for _, e := range c.Events(func(e *journal.Event) bool { return e.Answer != nil }) {
					c.Cite(e)
				}
				c.Given(v.Word != undecided, "%s", v.Why)
				c.Expect(v.Word == coped, "%s", v.Why)
				c.Holds("%s", v.Why)
			}),
		}},
	}
}

// deeds are the events by which the peer says that it misbehaved.
func deeds(v journalView) []*journal.Event {
	return v.Events(func(e *journal.Event) bool { return e.Answer != nil && what(e.Answer.Did) == did })
}
