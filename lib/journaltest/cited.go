package journaltest

import (
	"reflect"
	"slices"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// mutations change one event in one way each, as a failing call, a filter or an editor
// might. An event that a mutation does not fit it leaves as it is.
var mutations = map[string]func(e *journal.Event){
	"an errno": func(e *journal.Event) {
		if c := e.Call; c != nil && c.Errno == "" {
			c.Errno, c.Result, c.Data = likely[c.Op], -1, nil
		} else if c != nil {
			c.Errno, c.Result = "", 0
		}
	},
	"another errno": func(e *journal.Event) {
		if e.Call != nil && e.Call.Errno != "" {
			e.Call.Errno = map[bool]journal.Errno{true: journal.EPIPE, false: journal.ECONNRESET}[e.Call.Errno == journal.ECONNRESET]
		}
	},
	"a result": func(e *journal.Event) {
		if e.Call != nil && e.Call.Errno == "" {
			e.Call.Result++
		}
	},
	"what it returned": func(e *journal.Event) {
		if e.Call != nil && e.Call.Out != "" {
			e.Call.Out = "0"
		}
	},
	"a signal": func(e *journal.Event) {
		if e.Call != nil {
			e.Call.Signal = map[bool]journal.Signal{true: journal.SIGPIPE, false: ""}[e.Call.Signal == ""]
		}
	},
	"a duration": func(e *journal.Event) {
		if e.Call != nil {
			e.Call.TookNS = e.Call.TookNS*1000 + 100e9
		}
	},
	"a state": func(e *journal.Event) {
		if e.State != nil {
			e.State.To = map[bool]string{true: journal.CloseWait, false: journal.TimeWait}[e.State.To == journal.TimeWait]
		}
	},
	"where it came from": func(e *journal.Event) {
		if e.State != nil {
			e.State.From = map[bool]string{true: journal.CloseWait, false: journal.Established}[e.State.From == journal.Established]
		}
	},
	"a flag more": func(e *journal.Event) {
		if p := e.Packet; p != nil && p.Proto == "" && !p.Flags.Has(journal.RST) {
			p.Flags |= journal.RST
		}
	},
	"a flag less": func(e *journal.Event) {
		if p := e.Packet; p != nil {
			p.Flags &= p.Flags - 1
		}
	},
	"a number": func(e *journal.Event) {
		if p := e.Packet; p != nil {
			p.Seq++
		}
	},
	"an acknowledgement": func(e *journal.Event) {
		if p := e.Packet; p != nil {
			p.Ack++
		}
	},
	"its fate": func(e *journal.Event) {
		if p := e.Packet; p != nil {
			p.At = map[bool]string{true: journal.AtDelivered, false: journal.AtDropped}[p.At == journal.AtDropped]
		}
	},
	"a sample": func(e *journal.Event) {
		if s := e.Sample; s != nil {
			s.RxQueue, s.TimerMS, s.Timer = s.RxQueue+1, s.TimerMS*1000+1, map[bool]string{true: "on", false: "off"}[s.Timer == "off"]
		}
	},
	"a shorter timer": func(e *journal.Event) {
		if s := e.Sample; s != nil {
			s.TimerMS /= 2
		}
	},
	"a counter": func(e *journal.Event) {
		if e.Counter != nil {
			e.Counter.Delta++
		}
	},
	"a setting": func(e *journal.Event) {
		if e.Setting != nil {
			e.Setting.New = map[bool]string{true: "60", false: "0"}[e.Setting.New == "0"]
		}
	},
	"a process": func(e *journal.Event) {
		if p := e.Process; p != nil {
			p.Signal, p.Status = map[bool]journal.Signal{true: journal.SIGPIPE, false: ""}[p.Signal == ""], p.Status+1
		}
	},
	"a table": func(e *journal.Event) {
		if e.Table != nil {
			e.Table.Sockets = append(slices.Clone(e.Table.Sockets), "ESTABLISHED 192.0.2.1:9 → 192.0.2.2:9")
		}
	},
	"an empty table": func(e *journal.Event) {
		if e.Table != nil {
			e.Table.Sockets = nil
		}
	},
	"an answer": func(e *journal.Event) {
		if a := e.Answer; a != nil {
			a.Did = map[bool]string{true: "refused", false: "taken"}[a.Did == "taken"]
		}
	},
	"a count": func(e *journal.Event) {
		if f := e.Fold; f != nil {
			f.Counts = nil
		}
	},
}

// likely is an error that a call may well have failed with; EIO is none of TCP's.
var likely = map[string]journal.Errno{
	"bind": "EADDRINUSE", "connect": "ECONNREFUSED", "accept4": "EMFILE", "read": "ECONNRESET", "write": "EPIPE", "sendmsg": "EPIPE",
	"close": "EIO", "shutdown": "ENOTCONN", "setsockopt": "EIO", "getsockopt": "EIO", "listen": "EADDRINUSE", "epoll_wait": "EIO",
}

// later moves an event, and all that follow, by 100 s: the time to it crosses any bound.
const later = 100e9

// citedTurn checks of every claim on every recording that what it cites carries it: no
// mutation of a cited event turns the verdict into its opposite, for either the claim or
// the confrontation notices; and without all cited events the verdict falls.
func (s *Suite) citedTurn(t *testing.T) {
	for _, name := range s.Recordings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := Recorded(t, name)
			scenario := s.Scenario(t, whole.Scenario)
			_, _, was := scenario.Judge(whole)
			for _, n := range citedBy(was) {
				for what, j := range mutants(whole, n) {
					_, _, is := scenario.Judge(j)
					for k := range is {
						if scenario.Claims[k].Rule != nil && opposite(was[k].Verdict, is[k].Verdict) && slices.Contains(was[k].Events, n) {
							t.Errorf("mutation, %s of event %d: neither %s nor a rule of lib/tcp notices it: %s: %s", what, n, is[k].Claim, is[k].Verdict, is[k].Because)
						}
					}
				}
			}
			for k := range was {
				s.fallsWithout(t, whole, scenario.Claims[k], &was[k])
			}
		})
	}
}

// fallsWithout checks that a case does not outlive the events it rests on.
func (s *Suite) fallsWithout(t *testing.T, whole *journal.Journal, c *claim.Claim, f *claim.Finding) {
	if f.Verdict == claim.Inconclusive || c.Rule == nil {
		return
	}
	less := *whole
	less.Events = slices.DeleteFunc(slices.Clone(whole.Events), func(e journal.Event) bool { return slices.Contains(f.Events, e.N) })
	was, is := claim.Unconfronted(whole).Count(c)[f.Verdict], claim.Unconfronted(&less).Count(c)[f.Verdict]
	if is >= was {
		t.Errorf("%d cases of %s are still %s without the events it cites, as before: %s", is, f.Claim, f.Verdict, f.Because)
	}
}

// citedBy are the events that some findings rest on.
func citedBy(findings []claim.Finding) []int {
	var all []int
	for _, f := range findings {
		all = append(all, f.Events...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func opposite(x, y claim.Verdict) bool {
	return x == claim.Confirmed && y == claim.Refuted || x == claim.Refuted && y == claim.Confirmed
}

// mutants are a journal with its event n changed in every way that fits it, and without it.
func mutants(whole *journal.Journal, n int) map[string]*journal.Journal {
	all := map[string]*journal.Journal{}
	i := slices.IndexFunc(whole.Events, func(e journal.Event) bool { return e.N == n })
	for what, change := range mutations {
		j := *whole
		j.Events = slices.Clone(whole.Events)
		j.Events[i] = copyOf(&whole.Events[i])
		change(&j.Events[i])
		if !reflect.DeepEqual(j.Events[i], whole.Events[i]) {
			all[what] = &j
		}
	}
	without := *whole
	without.Events = slices.Concat(whole.Events[:i], whole.Events[i+1:])
	all["absence"] = &without
	late := *whole
	late.Events = slices.Clone(whole.Events)
	for k := i; k < len(late.Events); k++ {
		late.Events[k].T += later
	}
	all["a delay"] = &late
	return all
}

// copyOf is an event whose payload can be changed.
func copyOf(e *journal.Event) journal.Event {
	c := *e
	own(&c.Call)
	own(&c.Packet)
	own(&c.State)
	own(&c.Sample)
	own(&c.Process)
	own(&c.Counter)
	own(&c.Setting)
	own(&c.Table)
	own(&c.Fold)
	own(&c.Answer)
	return c
}

// own makes a payload the event's own.
func own[T any](p **T) {
	if *p != nil {
		v := **p
		*p = &v
	}
}
