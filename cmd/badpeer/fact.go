package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"sockproof/lib/journal"
)

// what is the kind of a fact. The verdict rests on these alone, so that it is the same
// when it is judged again from evidence.
type what string

// What a peer may see.
const (
	planned   what = "planned"      // what was asked for, as words
	met       what = "met"          // the connection is the program's: whose it is
	strange   what = "another's"    // it is not, or nobody's that can be seen: why
	asked     what = "asked"        // a whole request came
	answered  what = "answered"     // its reply was sent
	withheld  what = "withheld"     // its reply was not, for now
	did       what = "did"          // the peer misbehaved: how
	gaveUp    what = "gave up"      // the program stopped waiting for a reply that was withheld: how
	late      what = "sent late"    // such a reply was sent after that
	readOn    what = "then sent"    // the program sent more on the connection: how much
	ended     what = "ended"        // the program ended the connection: how
	served    what = "served"       // the program, a server, answered a well-behaved client
	unserved  what = "not served"   // it did not: why
	replied   what = "replied"      // the program, a server, answered the peer: how much of a reply
	said      what = "said"         // its output has what was looked for: which
	alive     what = "alive"        // the program was running when the peer was done
	stopped   what = "stopped"      // it was ended by the peer: why
	judged    what = "judged"       // the replies that it said it had: the outcome
	crossed   what = "crossed"      // the request that the peer's FIN crossed came again, and was refused
	limited   what = "limited"      // a bound of the peer's was reached: which
	wrong     what = "wrong"        // a line of those: where it took another request's reply
	attempted what = "attempted"    // it was seen to connect
	behind    what = "behind"       // a process that it had started, and that met the peer, outlived it
	crashed   what = "crashed"      // such a process died of a signal: which
	akin      what = "similar"      // a request, since, that may be made for the one that crossed: its content differs
	rekeyed   what = "other key"    // it is the one that crossed, with another Idempotency-Key or none
	waited    what = "waited"       // its log has a late reply as that of its own request
	unkept    what = "output cut"   // its output was too long for all of it to be looked through
	readEnd   what = "read end"     // the program took in the peer's FIN: how that is seen
	leftEnd   what = "left end"     // it did not
	early     what = "sent earlier" // a request was on its way before the peer's FIN came
	exposed   what = "exposed"      // the program used a connection on which the peer had misbehaved: how that is seen
)

// fact is one thing that the program or its peer did.
type fact struct {
	What    what   `json:"what"`
	Conn    string `json:"connection,omitempty"` // the peer's socket
	Request string `json:"request,omitempty"`
	Detail  string `json:"detail,omitempty"`
	AtNS    int64  `json:"at_ns"`
}

// record is what a verdict rests on.
type record struct {
	facts []fact
	end   ending
	blind bool // packets were not seen
}

// ending is how the program ended.
type ending struct {
	Ended  bool   `json:"ended"`
	Status int    `json:"status"`
	Signal string `json:"signal,omitempty"` // that it died of, or that its shell says its child did
	Shell  bool   `json:"shell,omitempty"`  // the signal is told by an exit status of 128 and more
	MaxRSS int64  `json:"max_rss,omitempty"`
	AtNS   int64  `json:"at_ns,omitempty"`
	byPeer bool   // it was ended for having been waited for long enough
}

// recordOf reads a journal.
func recordOf(j *journal.Journal) *record {
	r := &record{blind: j.Witness(journal.Packets).Status != journal.Attached}
	for i := range j.Events {
		e := &j.Events[i]
		switch {
		case e.Answer != nil:
			f := fact{What: what(e.Answer.Did), Conn: e.Socket, Request: e.Answer.Request, Detail: e.Answer.Reply, AtNS: e.T}
			r.facts = append(r.facts, f)
			r.end.byPeer = r.end.byPeer || f.What == stopped && !r.end.Ended
		case e.Packet != nil && isRefusal(j, e.Packet):
			r.facts = append(r.facts,
				fact{What: attempted, Detail: fmt.Sprintf("a SYN came from %s", e.Packet.Dst), AtNS: e.T},
				fact{What: did, Detail: "refused the connection: its SYN was answered with a RST", AtNS: e.T})
		case e.Process != nil && (e.Process.Event == "exited" || e.Process.Event == "killed"):
			r.end.take(e)
			r.end.byPeer = r.end.byPeer || j.Played != 0 && e.N > j.Played // the run was cut short
		}
	}
	return r
}

// isRefusal says whether a packet is the RST by which a connection is refused, in the mode in
// which nobody listens: the peer's one socket is bound, and that is all.
func isRefusal(j *journal.Journal, p *journal.Packet) bool {
	own := j.Sockets[0].Local // the first event is about it
	return j.Scenario == refuseName && p.Flags.Has(journal.RST) && p.Src == own
}

// signalStatus is what a shell adds to the number of the signal that its command died of.
const signalStatus = 128

// take reads how the program ended.
func (n *ending) take(e *journal.Event) {
	n.Ended, n.AtNS, n.MaxRSS = true, e.T, e.Process.MaxRSS
	n.Status, n.Signal = e.Process.Status, string(e.Process.Signal)
	if name, is := signalOfStatus[n.Status-signalStatus]; is && n.Signal == "" {
		n.Signal, n.Shell = name, true
	}
}

// signalOfStatus are the signals of which programs die, by their number on Linux.
var signalOfStatus = map[int]string{
	2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM",
}

// how a program ended, for a sentence.
func (n *ending) how() string {
	switch {
	case !n.Ended:
		return "was still running"
	case n.Shell:
		return fmt.Sprintf("exited with status %d, by which a shell says that its command died of %s", n.Status, n.Signal)
	case n.Signal != "":
		return "died of " + n.Signal
	}
	return fmt.Sprintf("exited with status %d", n.Status)
}

// died says whether a signal ended the program that the peer did not send.
func (n *ending) died() bool { return n.Ended && n.Signal != "" && !n.byPeer }

// byItself says whether the program ended without being ended by the peer.
func (n *ending) byItself() bool { return n.Ended && !n.byPeer }

// A program that acts on what the peer does not do has waited before, for soonest at least. One that
// reports no error may have ended for having done all that it had to: it is believed to have waited
// if that took longer, too.
const (
	soonest  = 10 * time.Millisecond
	unforced = 100 * time.Millisecond
)

// tooSoon says whether the program acted so soon after a fact that it need not have waited.
func (r *record) tooSoon(since fact, at int64) bool {
	least := soonest
	if r.end.byItself() && r.end.Status == 0 {
		least = unforced
	}
	return at-since.AtNS < least.Nanoseconds()
}

// of lists the facts of one kind.
func (r *record) of(w what) (some []fact) {
	for _, f := range r.facts {
		if f.What == w {
			some = append(some, f)
		}
	}
	return some
}

// has says whether there is such a fact.
func (r *record) has(w what) bool { return len(r.of(w)) > 0 }

// first is the first such fact; the zero fact: there is none.
func (r *record) first(w what) (f fact) {
	if some := r.of(w); len(some) > 0 {
		f = some[0]
	}
	return f
}

// after lists the facts that came after another.
func (r *record) after(of fact) (some []fact) {
	for i, f := range r.facts {
		if f == of {
			return r.facts[i+1:]
		}
	}
	return nil
}

// wants says whether a word is among those that were asked for.
func (r *record) wants(word string) bool {
	for _, f := range strings.Fields(r.first(planned).Detail) {
		if f == word {
			return true
		}
	}
	return false
}

// note writes a fact down, in the journal too. There requests stand as length and hash,
// unless they may be kept.
func (p *play) note(w what, c *conn, request []byte, format string, args ...any) {
	text := ""
	if request != nil {
		text = string(request)
		if !p.payload {
			sum := sha256.Sum256(request)
			text = fmt.Sprintf("%d bytes sha256:%s", len(request), hex.EncodeToString(sum[:8]))
			p.texts[text] = string(request)
		}
	}
	f := fact{What: w, Request: text, Detail: fmt.Sprintf(format, args...), AtNS: time.Since(p.began).Nanoseconds()}
	a := journal.Answer{Policy: p.mode.name, Did: string(w), Request: f.Request, Reply: f.Detail}
	on := p.first
	if c != nil {
		f.Conn, on = c.end.ID(), c.end
		a.Asked = c.end.Latest()
	}
	p.facts = append(p.facts, f)
	p.t.Answer(on, a)
}
