package main

import (
	"fmt"
	"io"
	"strings"

	"sockproof/lib/report"
)

// shownFindings is how many are shown as text, where nobody asks for their sockets.
const shownFindings = 25

// write shows the report as text: what is wrong first.
func (r *scanReport) write(w io.Writer) {
	if len(r.Findings) == 0 {
		fmt.Fprintf(w, "nothing wrong among %s%s\n", r.among(), r.asked())
	}
	for i := range r.Findings {
		if i == shownFindings && len(r.Findings[i].Members) == 0 {
			fmt.Fprintf(w, "… and %s more; --sockets or --format json lists them\n", plural("finding", len(r.Findings)-i))
			break
		}
		r.Findings[i].write(w, i == 0 || r.Findings[i-1].Cause != r.Findings[i].Cause || r.Findings[i-1].Kind != r.Findings[i].Kind)
	}
	if len(r.Findings) > 0 {
		fmt.Fprintf(w, "looked at: %s%s\n", r.among(), r.asked())
	}
	r.writeUnjudged(w)
}

// among is how many sockets were looked at, and where.
func (r *scanReport) among() string {
	sockets := plural("TCP socket", r.Sockets)
	if len(r.Where) == 1 {
		return sockets + " of " + r.Where[0].Namespace
	}
	return fmt.Sprintf("%s of %d network namespaces", sockets, len(r.Where))
}

// asked is what was asked for, where that is not all.
func (r *scanReport) asked() string {
	if r.Asked == "" {
		return ""
	}
	return ", as far as asked for (" + r.Asked + ")"
}

// writeUnjudged says what the look does not say.
func (r *scanReport) writeUnjudged(w io.Writer) {
	for _, q := range r.NotJudged {
		fmt.Fprintf(w, "not judged: %s %s\n", plural("socket", q.Sockets), q.Why)
	}
	for _, u := range r.Unseen {
		fmt.Fprintf(w, "not looked at: %s%s\n", u.What, u.concerns())
	}
	for _, n := range r.Notes {
		fmt.Fprintln(w, n)
	}
}

// concerns is which kinds could have shown more, where not all could.
func (u unseen) concerns() string {
	if len(u.Kinds) == len(kinds()) {
		return ""
	}
	return " (" + strings.Join(u.Kinds, ", ") + ")"
}

// write shows a finding; explained: what it means was not said above.
func (f *scanFinding) write(w io.Writer, explained bool) {
	fmt.Fprintln(w, f.Headline)
	if explained {
		fmt.Fprintf(w, "    %s\n    whose fault: %s\n    next: %s\n", f.Means, strings.Join(f.Whose, ", or "), f.Next)
	}
	if f.Cgroup != "" {
		fmt.Fprintf(w, "    made by: %s\n", report.Printable(f.Cgroup))
	}
	for _, m := range f.Members {
		fmt.Fprintf(w, "    %-11s %s > %s  recv-q %d, send-q %d%s\n", m.State, m.Local, m.Remote, m.RxQ, m.TxQ, m.holder())
	}
}

// holder says who holds a socket.
func (m *scanMember) holder() string {
	if m.Owner == nil {
		return ""
	}
	return fmt.Sprintf("  %s, descriptor %d", processText(m.Owner), m.FD)
}
