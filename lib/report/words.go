package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockproof/lib/journal"
)

// words is what a row without an arrow says: what must be said, and what may
// be left out where there is no room.
type words struct {
	main, extra []span
	text        string // instead: prose, which may take several lines
}

func (c *canvas) words(r *row) words {
	e := r.event
	switch {
	case r.state != nil:
		return c.stateWords(e, r.state)
	case e.Call != nil:
		return c.callWords(e)
	case e.Sample != nil:
		return c.sampleWords(e)
	case e.Destroyed != nil:
		return c.destroyedWords(e)
	case e.Reset != nil:
		return words{main: []span{
			{c.who(e), plain},
			{"RST " + c.clean(e.Reset.Direction), alarm},
			{": " + c.clean(e.Reset.Reason), plain},
		}}
	case e.Process != nil:
		return c.processWords(e)
	case e.Counter != nil:
		return words{main: []span{
			{c.who(e) + c.clean(e.Counter.Name) + " ", plain}, {signed(e.Counter.Delta), bold},
		}}
	case e.Setting != nil:
		s := e.Setting
		if s.Old == s.New {
			return words{text: c.who(e) + "read " + c.clean(s.Name) + " = " + c.clean(s.New)}
		}
		return words{text: c.who(e) + "set " + c.clean(s.Name) + " = " + c.clean(s.New) + " (was " + c.clean(s.Old) + ")"}
	case e.Table != nil:
		return c.table(e)
	case e.Rule != nil:
		return words{text: "rule " + c.forHost(e.Rule.Host) + c.clean(e.Rule.Text)}
	case e.Fold != nil:
		return words{text: c.foldText(e.Fold)}
	case e.Answer != nil:
		return c.answerWords(e)
	case e.Note != nil:
		return words{text: c.clean(e.Note.Text)}
	}
	return words{main: []span{
		{c.who(e) + c.clean(string(e.Kind)) + " ", plain},
		{c.clean(cut(string(e.Unknown), maxWidth)), dim},
	}}
}

// who begins what a socket or a host did.
func (c *canvas) who(e *journal.Event) string {
	switch {
	case e.Socket != "":
		return c.clean(e.Socket) + " "
	case e.Host != "":
		return c.clean(e.Host) + " "
	}
	return ""
}

func (c *canvas) forHost(host string) string {
	if host == "" {
		return ""
	}
	return "(" + c.clean(host) + ") "
}

func (c *canvas) stateWords(e *journal.Event, s *stateRow) words {
	main := make([]span, 0, 4)
	main = append(main, span{c.who(e), plain})
	if s.from != "" {
		main = append(main, span{c.clean(s.from) + " " + c.to + " ", dim})
	}
	main = append(main, span{c.clean(e.State.To), stateInk(e.State.To)})
	return words{main: main, extra: []span{{"  (" + c.clean(joinNames(s.witnesses)) + ")", dim}}}
}

func stateInk(state string) ink {
	switch state {
	case journal.Established:
		return good
	case journal.Close, journal.Gone:
		return bold
	}
	return warn
}

func joinNames(ws []journal.Witness) string {
	if len(ws) == 1 {
		return string(ws[0])
	}
	names := make([]string, len(ws))
	for i, w := range ws {
		names[i] = string(w)
	}
	return strings.Join(names, ", ")
}

// maxData bounds how much of what was written or read is shown.
const maxData = 32

func (c *canvas) callWords(e *journal.Event) words {
	call := e.Call
	args := call.Args
	if len(args) > 0 && args[0] == e.Socket {
		args = args[1:] // it stands in front of the call already
	}
	quoted := false
	var b strings.Builder
	b.WriteString(c.who(e))
	b.WriteString(c.clean(call.Op))
	b.WriteByte('(')
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		quoted = quoted || strings.HasPrefix(a, `"`)
		b.WriteString(c.clip(c.clean(a), 2*maxData))
	}
	b.WriteString(") = ")
	main := []span{{b.String(), plain}}
	if call.Errno != "" {
		main = append(main, span{c.clean(string(call.Errno)), bold})
	} else {
		main = append(main, span{strconv.FormatInt(call.Result, 10), plain})
	}
	if call.Out != "" {
		main = append(main, span{" " + c.to + " " + c.clean(call.Out), plain})
	}
	if call.Signal != "" {
		main = append(main, span{", " + c.clean(string(call.Signal)), alarm})
	}
	if len(call.Data) > 0 && !quoted {
		main = append(main, span{" " + c.data(call.Data), plain})
	}
	var extra []span
	if call.TookNS > 0 {
		extra = []span{{"  " + c.duration(call.TookNS), dim}}
	}
	return words{main: main, extra: extra}
}

// data quotes the first bytes of b.
func (c *canvas) data(b []byte) string {
	if len(b) <= maxData {
		return c.clean(strconv.Quote(string(b)))
	}
	return c.clean(strconv.Quote(string(b[:maxData]))) + c.ellipsis
}

func (c *canvas) sampleWords(e *journal.Event) words {
	s := e.Sample
	var b strings.Builder
	if i := s.Info; i != nil {
		return words{
			main:  []span{{c.who(e), plain}, {c.clean(s.State), stateInk(s.State)}, {infoText(i), dim}},
			extra: []span{{"  (" + c.clean(string(s.Witness)) + ")", dim}},
		}
	}
	b.WriteString(" rx=" + strconv.FormatInt(s.RxQueue, 10) + " tx=" + strconv.FormatInt(s.TxQueue, 10))
	if s.Timer != "" && s.Timer != "off" {
		b.WriteString(" timer=" + c.clean(s.Timer) + "/" + strconv.FormatInt(s.TimerMS, 10) + "ms")
	}
	return words{
		main:  []span{{c.who(e), plain}, {c.clean(s.State), stateInk(s.State)}, {b.String(), dim}},
		extra: []span{{"  (" + c.clean(string(s.Witness)) + ")", dim}},
	}
}

func (c *canvas) destroyedWords(e *journal.Event) words {
	d := e.Destroyed
	counts := fmt.Sprintf(" rx=%d tx=%d, segments in=%d out=%d, bytes received=%d acknowledged=%d, sent again=%d",
		d.RxQueue, d.TxQueue, d.SegsIn, d.SegsOut, d.BytesReceived, d.BytesAcked, d.Retrans)
	return words{
		main:  []span{{c.who(e), plain}, {"destroyed", bold}, {counts, dim}},
		extra: []span{{"  (" + c.clean(string(d.Witness)) + ")", dim}},
	}
}

// infoText is what TCP_INFO counted.
func infoText(i *journal.Info) string {
	return fmt.Sprintf(" segments in=%d out=%d, bytes received=%d acknowledged=%d, sent again=%d, dropped=%d",
		i.SegsIn, i.SegsOut, i.BytesReceived, i.BytesAcked, i.Retrans, i.Drops)
}

func (c *canvas) processWords(e *journal.Event) words {
	p := e.Process
	text := c.who(e) + "process " + strconv.Itoa(p.PID) + " " + c.clean(p.Event)
	switch {
	case p.Event == journal.Began:
		text = c.who(e) + "thread " + strconv.Itoa(p.PID) + " begins " + c.clean(p.How)
	case p.Event == "blocked":
		text = c.who(e) + "thread " + strconv.Itoa(p.PID) + " waits in " + c.clean(p.How)
	case p.Event == journal.HeldUp:
		text = c.who(e) + "process " + strconv.Itoa(p.PID) + " did not run for up to " + millis(p.ForNS) + " ms"
	case p.Event == "started" && p.How != "":
		text += ": " + c.clean(p.How)
	case p.Event == "exited" && p.How != "":
		text += " (" + c.clean(p.How) + ") with status " + strconv.Itoa(p.Status)
	case p.Event == "exited":
		text += " with status " + strconv.Itoa(p.Status)
	}
	main := []span{{text, plain}}
	if p.Signal != "" {
		main = append(main, span{" by " + c.clean(string(p.Signal)), alarm})
	}
	if p.Disposition != "" {
		main = append(main, span{", SIGPIPE: " + c.clean(string(p.Disposition)), plain})
	}
	return words{main: main}
}

func signed(n int64) string {
	if n >= 0 {
		return "+" + grouped(n)
	}
	return grouped(n)
}

// maxFolded bounds how many sorts of folded events are named.
const maxFolded = 6

func (c *canvas) foldText(f *journal.Fold) string {
	var b strings.Builder
	b.WriteString(c.ellipsis + " " + count(int64(f.Times), "more attempt"))
	for i, n := range f.Counts {
		if i == maxFolded && c.style.Verbosity != Verbose {
			b.WriteString(", " + c.ellipsis)
			break
		}
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		b.WriteString(sep + c.clean(n.What) + " " + c.times + grouped(int64(n.Count)))
	}
	return b.String()
}

// table says which sockets a witness listed.
func (c *canvas) table(e *journal.Event) words {
	t := e.Table
	found := "none"
	if len(t.Sockets) > 0 {
		found = c.clean(strings.Join(t.Sockets, ", "))
	}
	// Of SYN_RECV the kernel has two: with a socket, and with a request for one alone.
	states := slices.Compact(slices.Clone(t.States))
	return words{text: c.clean(string(t.Witness)) + " lists sockets in " + c.clean(strings.Join(states, ", ")) + ": " + found}
}
