package evidence

import (
	"bytes"
	"slices"
	"strings"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/privacy"
	"sockproof/lib/report"
)

// redactor replaces what names a machine or its users: the same by the same
// everywhere, so that what was equal stays equal and verdicts do not change.
type redactor struct {
	*privacy.Mask
	theirs       bool // users' own programs sent what was sent
	hidesPayload bool
}

// redact replaces what the bundle must not say, and has the journals that it
// changed judged again.
func (b *Bundle) redact(r *redactor, judge func(journal.Journal) report.Run) {
	m := &b.Machine.Machine
	m.Privilege = r.Words(m.Privilege)
	settings := map[string]string{}
	for name, value := range m.Settings {
		settings[name] = r.Text(value)
	}
	m.Settings = settings
	for i, w := range b.Machine.Command {
		b.Machine.Command[i] = r.Text(w)
	}
	b.Machine.Label = r.Text(b.Machine.Label)
	for i := range b.Report.Runs {
		run := &b.Report.Runs[i]
		before := r.Times
		j, title := run.Masked(mask{r, run.Network == journal.HostNet}), r.title(run.Title)
		if r.Times == before {
			continue // there was nothing to hide
		}
		was := *run
		*run = judge(j)
		run.Title = title
		if b.changed == "" {
			b.changed = changedVerdict(&was, run)
		}
	}
	for i := range b.Report.Claims {
		b.Report.Claims[i].Because = r.Text(b.Report.Claims[i].Because)
	}
	b.Machine.Privacy.Replaced = r.Replaced()
}

// title replaces names in what a title says of this machine; the rest is the
// program's own.
func (r *redactor) title(s string) string {
	before, after, said := strings.Cut(s, report.Unavailable)
	if !said {
		return s
	}
	return before + report.Unavailable + r.Text(after)
}

// changedVerdict names what is judged differently; "": nothing is.
func changedVerdict(was, is *report.Run) string {
	if was.Outcome != is.Outcome {
		return was.Scenario
	}
	for i := range was.Findings {
		if i >= len(is.Findings) || was.Findings[i].Verdict != is.Findings[i].Verdict {
			return was.Findings[i].Claim
		}
	}
	return ""
}

// mask is a redactor for one journal. Addresses are replaced where the machine's own can
// be: on its own stack.
type mask struct {
	*redactor
	host bool
}

// Text replaces names in a text.
func (m mask) Text(s string) string {
	if m.host {
		return m.redactor.Text(s)
	}
	return m.Words(s)
}

// Address replaces an address.
func (m mask) Address(a journal.Address) journal.Address {
	if m.host {
		return journal.Address(m.redactor.Text(string(a)))
	}
	return a
}

// Data replaces what was written or read.
func (m mask) Data(b []byte) ([]byte, *journal.Digest) {
	b = m.fill(b)
	if m.hidesPayload && len(b) > 0 {
		return nil, m.digest(b)
	}
	return b, nil
}

// fill replaces names and addresses in what users' own programs sent. What a scenario
// sends says nothing of anybody.
func (r *redactor) fill(b []byte) []byte {
	if !r.theirs {
		return b
	}
	return r.Fill(b)
}

// Packet replaces addresses and names in a packet, and makes its checksums right
// again where something changed. Of a packet whose inside is not known, nothing is
// kept on the host's own stack.
func (m mask) Packet(b []byte) ([]byte, *journal.Digest) {
	if len(b) == 0 {
		return b, nil
	}
	p, err := packet.Decode(b)
	if !m.host && (err != nil || !p.IsTCP()) {
		return b, nil // a private network's own
	}
	src, dst := p.Src.Addr(), p.Dst.Addr()
	var changed []byte
	if err == nil && m.host {
		src, dst = m.Addr(src), m.Addr(dst)
	}
	payload := m.fill(p.Payload)
	var digest *journal.Digest
	if m.hidesPayload && len(payload) > 0 {
		digest, payload = m.digest(payload), make([]byte, len(payload))
	}
	if !m.host && bytes.Equal(payload, p.Payload) {
		return b, digest
	}
	if err == nil {
		changed, err = p.Rewrite(src, dst, payload)
	}
	if err != nil {
		m.Count("packet that is not plain TCP", "nothing")
		return nil, nil
	}
	return changed, digest
}

// digest is what is kept of bytes that are a user's own.
func (r *redactor) digest(b []byte) *journal.Digest {
	r.Count("payload", "its length and hash, and zeros in packets")
	return &journal.Digest{Len: len(b), SHA256: hashOf(b)}
}

// ownWords are those that a report is made of, whatever machine it is from: what a
// scenario sends among them, but not what users' own programs do.
func ownWords(r *report.Report, theirs bool) map[string]bool {
	own := map[string]bool{}
	add := func(text string) {
		for _, w := range privacy.WordsOf(text) {
			own[w] = true
		}
	}
	for i := range r.Runs {
		run := &r.Runs[i]
		before, _, _ := strings.Cut(run.Title, report.Unavailable)
		add(before)
		add(run.Scenario)
		for k := range run.Findings {
			add(run.Findings[k].Statement)
			add(run.Findings[k].Source)
		}
		for k := range run.Events {
			switch e := &run.Events[k]; {
			case e.Call != nil:
				add(e.Call.Op)
				if !theirs {
					add(string(e.Call.Data))
				}
			case e.Answer != nil:
				add(e.Answer.Policy + " " + e.Answer.Did)
			}
		}
		for k := range run.Sockets {
			add(run.Sockets[k].ID)
		}
	}
	return own
}

// commandOf reduces the words of a command line. What follows "--" is a user's own
// program: it keeps its name, and its arguments, among which a password may be, only
// their number, unless all is to be kept.
func commandOf(words []string, keeps bool) []string {
	var command []string
	program := slices.Index(words, "--") + 1
	for i, w := range words {
		w = report.Printable(privacy.BaseName(w))
		if program > 0 && i > program && !keeps {
			w = "…"
		}
		command = append(command, w)
	}
	return command
}
