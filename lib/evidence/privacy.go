package evidence

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"sockproof/lib/journal"
)

// replacedWith is what each sort of thing is replaced with: a report tells it in the
// program's own words, and so it must be nothing else. These are expressions of regexp.
var replacedWith = map[string]string{
	"address":                   `^[0-9a-f.:]+$`,
	"host name":                 `^host-[0-9]+$|^as many letters x, in what was sent$`,
	"user name":                 `^user-[0-9]+$|^as many letters x, in what was sent$`,
	"home folder":               `^~$|^as many letters x, in what was sent$`,
	"path":                      `^its base name$`,
	"payload":                   `^its length and hash, and zeros in packets$`,
	notPlain:                    `^nothing$`,
	"address, in what was sent": `^as many letters x$`,
}

// privacy checks what a bundle says was hidden, as far as its journals can tell.
func (v *verifier) privacy() {
	p := &v.Machine.Privacy
	problem := func(format string, args ...any) {
		v.problem(Problem{File: fileMachine, Text: fmt.Sprintf(format, args...)})
	}
	hidden := false
	for _, r := range p.Replaced {
		with, known := replacedWith[r.What]
		if !known || !regexp.MustCompile(with).MatchString(r.With) || r.Times < 1 {
			problem("says that %q was replaced with %q %d times, which no version does", r.What, r.With, r.Times)
		}
		hidden = hidden || r.What == "payload"
	}
	packets, digests := 0, 0
	for i := range v.Report.Runs {
		j := &v.Report.Runs[i].Journal
		for k := range j.Events {
			e := &j.Events[k]
			if e.Packet != nil && j.Network != journal.Wire {
				packets++
			}
			if d := digestOf(e); d != nil {
				digests++
				if d.Len < 0 || !isHash(d.SHA256) {
					v.problem(Problem{File: fileJournal, Run: j.Run, Event: e.N, Text: fmt.Sprintf("has no length and hash of what was sent, but %+v", *d)})
				}
			}
		}
		if p.Redacted && j.Network == journal.HostNet {
			v.namesNobody(j)
		}
	}
	switch {
	case v.Machine.Completed < 0 || v.Machine.Completed > packets:
		problem("says that %d checksums were completed, of %d packets that may have needed it", v.Machine.Completed, packets)
	case hidden != (digests > 0):
		problem("what it says of payload is not what %s has: hashes in %s of it", fileJournal, count(int64(digests), "place"))
	case digests > 0:
		v.unchecked("what was sent, of which length and hash are kept, in %s", count(int64(digests), "place"))
	}
}

// digestOf is what an event has instead of what was sent; nil: nothing was hidden.
func digestOf(e *journal.Event) *journal.Digest {
	switch {
	case e.Call != nil:
		return e.Call.Digest
	case e.Packet != nil:
		return e.Packet.Payload
	}
	return nil
}

// isHash says whether a text can be a SHA-256.
func isHash(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }

// namesNobody checks that a run on a machine's own stack shows no address of it.
func (v *verifier) namesNobody(j *journal.Journal) {
	shown := func(event int, at string) {
		a, err := netip.ParseAddrPort(at)
		if err == nil && !isNobodys(a.Addr()) && !isGiven(a.Addr()) {
			v.problem(Problem{File: fileJournal, Run: j.Run, Event: event, Text: fmt.Sprintf("shows the address %s, though %s says that addresses were replaced", a.Addr(), fileMachine)})
		}
	}
	for _, s := range j.Sockets {
		shown(0, s.Local)
		shown(0, s.Remote)
	}
	for i := range j.Events {
		if p := j.Events[i].Packet; p != nil {
			shown(j.Events[i].N, p.Src)
			shown(j.Events[i].N, p.Dst)
		}
	}
}

// given are the addresses that the redactor gives away.
var given = []netip.Prefix{netip.MustParsePrefix("198.51.0.0/16"), netip.MustParsePrefix("2001:db8:ffff::/112")}

func isGiven(a netip.Addr) bool {
	a = a.Unmap()
	return given[0].Contains(a) || given[1].Contains(a)
}
