package report

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"strconv"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// Text writes a report for a person at a terminal: for each run what it was,
// the ladder of what happened, each socket's states by witness, where the
// witnesses disagree, the verdicts, and the outcome.
func Text(w io.Writer, r *Report, s Style) error {
	c := newCanvas(s)
	if s.Verbosity == Quiet {
		c.last(r)
	} else {
		c.report(r)
	}
	_, err := w.Write(c.buf)
	return err
}

// last writes the one line that quiet leaves: whole, however long it is.
func (c *canvas) last(r *Report) {
	if !r.several() {
		mark, i, text := c.outcome(&r.Runs[0])
		c.write(span{mark, i})
		c.write(span{strings.TrimRight(" "+text, " ") + "\n", plain})
		return
	}
	c.write(span{c.clean(r.sumText()), bold})
	c.write(span{"\n", plain})
}

func (c *canvas) report(r *Report) {
	if c.style.Verbosity != Normal {
		c.put(dim, c.clip(c.clean(toolLine(r)), c.style.Width))
		c.end()
		c.end()
	}
	if r.scenarios() > 1 && c.style.Verbosity != Verbose {
		c.summary(r)
		return
	}
	for i := range r.Runs {
		c.began = len(c.buf)
		c.run(&r.Runs[i], len(r.Runs) > 1)
		if i < len(r.Runs)-1 {
			c.end()
		}
	}
	if r.several() {
		c.end()
		if n := r.Tally.total() - len(r.Runs); n > 0 && len(r.Runs) > 0 {
			c.wrapped(dim, "Shown above: the first run of each outcome.")
		}
		c.totals(r.Claims)
		if r.scenarios() > 1 {
			c.tables(r)
		}
		c.wrapped(bold, c.clean(r.sumText()))
	}
}

// summary is what several scenarios came to: the last line of each, and the tables.
func (c *canvas) summary(r *Report) {
	for i := range r.Runs {
		c.outcomeLine(&r.Runs[i])
	}
	c.end()
	c.tables(r)
	c.wrapped(bold, c.clean(r.sumText()))
}

// totals says how each claim fared over all runs of its scenario.
func (c *canvas) totals(ts []claim.Total) {
	if len(ts) == 0 {
		return
	}
	c.put(bold, "Claims over all runs")
	c.end()
	for i := range ts {
		t := &ts[i]
		mark, how := c.verdict(t.Verdict)
		c.put(how, "  "+mark)
		c.put(bold, " "+c.clip(c.clean(t.Claim), 8))
		c.pad(9)
		c.wrapped(plain, c.clean(totalText(t)))
	}
	c.end()
}

// toolLine names what made the report, and where.
func toolLine(r *Report) string {
	parts := []string{strings.TrimSpace(r.Tool.Name + " " + r.Tool.Version)}
	for _, p := range []string{
		strings.TrimSpace(r.Machine.Kernel + " " + r.Machine.Arch), r.Machine.Privilege,
	} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}

// screen is how many lines a run takes at most where nobody asks for more, but that its ladder
// has leastLadder.
const (
	screen      = 45
	leastLadder = 12
	// linesOfSection is how many lines a ladder has at least for each section that it is split
	// into: with fewer, its arrows name the ports instead.
	linesOfSection = 6
)

// shortLadder is a run's ladder in so many lines, or a few more: of those that say for how
// long nothing happened, the first is one of these few.
func shortLadder(r *Run, lines int) *ladder {
	folded := func(to int) *ladder {
		l := newLadder(r, false)
		if starts := l.sections(); len(starts) <= to/linesOfSection {
			l.split(starts)
		}
		l.fold(r, to)
		l.gaps()
		return l
	}
	l, gaps := folded(lines), 0
	for i := range l.rows {
		if l.rows[i].gap > 0 {
			gaps++
		}
	}
	if gaps > 1 {
		l = folded(max(lines-gaps+1, leastLadder))
	}
	return l
}

// run is one run: what was done, the table where there is one, the ladder, the claims, and
// the outcome as the last line.
func (c *canvas) run(r *Run, numbered bool) {
	whole := c.style.Verbosity != Normal
	c.heading(r, numbered)
	if r.Comparison != nil {
		c.end()
		c.comparison(r.Comparison)
	}
	below := newCanvas(c.style)
	below.verdicts(r, whole)
	l := newLadder(r, c.style.Verbosity == Verbose)
	if whole {
		l.split(l.sections())
	} else {
		l = shortLadder(r, max(screen-c.lines()-below.lines()-2, leastLadder))
	}
	if len(l.rows) > 0 {
		c.end()
		c.drawLadder(l)
	}
	if whole {
		c.hidden(l)
		if len(r.Histories) > 0 {
			c.end()
			c.histories(r.Histories)
		}
	}
	c.buf = append(c.buf, below.buf...)
	c.outcomeLine(r)
}

// lines is how many lines there are.
func (c *canvas) lines() int { return bytes.Count(c.buf[c.began:], []byte("\n")) }

// verdicts is what stands below the ladder: where the witnesses disagree, and the claims.
func (c *canvas) verdicts(r *Run, whole bool) {
	if whole && len(r.Disagreements) > 0 {
		c.end()
		c.disagreements(r.Disagreements)
	}
	if len(r.Discrepancies) > 0 {
		c.end()
		c.discrepancies(r.Discrepancies)
	}
	if len(r.Findings) > 0 {
		c.end()
		c.findings(r.Findings, r.Why)
	}
	c.end()
}

func (c *canvas) outcomeLine(r *Run) {
	mark, i, text := c.outcome(r)
	c.put(i, mark)
	c.put(plain, " ")
	c.wrapped(bold, text)
}

// heading says what was done, where, and what of it could not be seen.
func (c *canvas) heading(r *Run, numbered bool) {
	if numbered {
		c.put(dim, "run "+strconv.Itoa(r.Run)+" ")
	}
	c.put(bold, c.clip(c.clean(r.Scenario), 40))
	c.put(dim, " ("+c.clean(string(r.Network)+", "+string(r.Family))+")")
	if r.Title != "" {
		c.put(plain, ": ")
		c.wrapped(plain, c.clean(r.Title))
	} else {
		c.end()
	}
	if id, ok := r.selfConnected(); ok {
		c.field("", id+" is at both ends: each packet leaves it and comes back to it")
	}
	if c.style.Verbosity != Normal {
		c.field("network", networkText(r))
		c.field("sockets", socketText(r.Sockets, c.to))
		c.field("witnesses", witnessText(r.Witnesses))
		return
	}
	if r.Network != journal.Wire || r.Over != "" {
		c.field("network", networkText(r))
	}
	c.field("not seen", blindText(r.Witnesses))
}

func (c *canvas) field(name, value string) {
	if value == "" {
		return
	}
	c.put(dim, "  "+name)
	c.pad(13)
	c.wrapped(plain, c.clean(value))
}

// hidden says what the ladder left out.
func (c *canvas) hidden(l *ladder) {
	if len(l.hidden) == 0 {
		return
	}
	total := 0
	kinds := make([]journal.Kind, 0, len(l.hidden))
	for k, n := range l.hidden {
		total += n
		kinds = append(kinds, k)
	}
	slices.SortStableFunc(kinds, func(a, b journal.Kind) int {
		return cmp.Or(l.hidden[b]-l.hidden[a], cmp.Compare(a, b))
	})
	parts := make([]string, len(kinds))
	for i, k := range kinds {
		parts[i] = grouped(int64(l.hidden[k])) + " " + c.clean(string(k))
	}
	c.put(plain, "  ")
	c.wrapped(dim, c.ellipsis+" "+count(int64(total), "more event")+" with --verbose: "+strings.Join(parts, ", "))
}

// histories writes a table: a line for each state a socket stood in, a column
// for each witness with the event in which it saw it, or that it did not.
func (c *canvas) histories(hs []claim.History) {
	var (
		witnesses []journal.Witness
		id, name  = 4, 11
	)
	for i := range hs {
		id = max(id, min(cellsOf(c.clean(hs[i].Socket)), 8))
		for _, s := range hs[i].States {
			for _, w := range s.Witnesses {
				if !slices.Contains(witnesses, w) {
					witnesses = append(witnesses, w)
				}
			}
		}
	}
	var (
		ms    = 4 + id
		from  = ms + 11 + name + 3
		width = 11
	)
	c.put(bold, "States")
	c.rightAlign(dim, "ms", ms+9)
	c.pad(from)
	for i, w := range witnesses {
		c.put(dim, c.clip(c.clean(string(w)), width-1))
		c.pad(from + (i+1)*width)
	}
	c.end()
	for i := range hs {
		for k := range hs[i].States {
			s := &hs[i].States[k]
			if k == 0 {
				c.put(plain, "  "+c.clip(c.clean(hs[i].Socket), id))
			}
			c.rightAlign(dim, millis(s.T), ms+9)
			c.pad(ms + 11)
			c.put(stateInk(s.State), c.clip(c.clean(s.State), name+1))
			c.pad(from)
			for n, w := range witnesses {
				c.cell(s, w)
				c.pad(from + (n+1)*width)
			}
			c.end()
		}
	}
}

// cell names the event in which a witness saw a state.
func (c *canvas) cell(s *claim.Stand, w journal.Witness) {
	if i := slices.Index(s.Witnesses, w); i >= 0 && i < len(s.Events) {
		c.put(plain, "#"+strconv.Itoa(s.Events[i]))
		return
	}
	c.put(dim, c.none)
}

func (c *canvas) disagreements(ds []claim.Disagreement) {
	c.put(bold, "Disagreements")
	c.end()
	for i := range ds {
		d := &ds[i]
		c.put(warn, "  ! ")
		c.wrapped(plain, strings.TrimSpace(c.clean(d.Socket)+": "+c.clean(d.Text)+c.cite(d.Events)))
	}
}

// discrepancies are what keeps findings from being more than inconclusive.
func (c *canvas) discrepancies(ds []tcp.Discrepancy) {
	c.put(alarm, "Discrepancies")
	c.put(dim, " the witnesses contradict each other: what concerns these is inconclusive")
	c.end()
	for i := range ds {
		c.put(alarm, "  "+string(ds[i].Rule))
		c.pad(5)
		c.wrapped(plain, c.clean(DiscrepancyText(&ds[i]))+c.cite(ds[i].Events))
	}
}

// cite lists the events that something rests on.
func (c *canvas) cite(events []int) string {
	if len(events) == 0 {
		return ""
	}
	return " (" + ranges(events, "#", ", ", c.ellipsis) + ")"
}

// mostCited is how many events are named that something rests on, where nobody asks for all.
const mostCited = 3

// citeFew is cite where nobody asks for all.
func (c *canvas) citeFew(events []int) string {
	if c.style.Verbosity == Verbose || len(events) <= mostCited {
		return c.cite(events)
	}
	return strings.TrimSuffix(c.cite(events[:mostCited]), ")") + ", " + c.ellipsis + ")"
}

// findings lists them. One reason for many of them is told once; why is the run's, and
// stands below.
func (c *canvas) findings(fs []claim.Finding, why string) {
	yes, no, open := verdicts(fs)
	c.put(bold, "Claims")
	c.put(dim, " "+strconv.Itoa(yes)+" confirmed, "+strconv.Itoa(no)+" refuted, "+strconv.Itoa(open)+" inconclusive")
	c.end()
	id := 4
	for i := range fs {
		id = max(id, min(cellsOf(c.clean(fs[i].Claim)), 8))
	}
	told := map[string]string{why: ""}
	for i := range fs {
		f := fs[i]
		if f.Verdict == claim.Inconclusive && len(f.Events) == 0 {
			if instead, again := told[f.Because]; again {
				f.Because = instead
			} else {
				told[f.Because] = "for the same reason"
			}
		}
		c.finding(&f, id)
	}
}

// finding is a line for what the document says, and, where that is not just so, why.
func (c *canvas) finding(f *claim.Finding, id int) {
	mark, how := c.verdict(f.Verdict)
	c.put(how, "  "+mark)
	c.put(bold, " "+c.clip(c.clean(f.Claim), id))
	column := 4 + id + 1
	c.pad(column)
	c.put(how, c.clip(c.clean(string(f.Verdict)), 12))
	column += 14
	if c.style.Width < 80 { // the statement gets lines of its own
		column = 6
		c.end()
	}
	c.pad(column)
	statement := c.clean(f.Statement)
	if f.Quantity != "" {
		statement += " (" + c.clean(string(f.Quantity)) + ")"
	}
	c.wrapped(plain, statement)
	if (f.Verdict != claim.Confirmed || c.style.Verbosity != Normal) && (f.Because != "" || len(f.Events) > 0) {
		c.pad(column)
		c.wrapped(dim, c.clean(f.Because)+c.citeFew(f.Events))
	}
	if f.Source != "" && c.style.Verbosity == Verbose {
		c.pad(column)
		c.wrapped(dim, "source: "+c.clean(f.Source))
	}
}

func (c *canvas) verdict(v claim.Verdict) (mark string, i ink) {
	switch v {
	case claim.Confirmed:
		return c.yes, good
	case claim.Refuted:
		return c.no, bad
	}
	return c.unclear, warn
}

// outcome is the line that sums a run up.
func (c *canvas) outcome(r *Run) (mark string, i ink, text string) {
	mark, i = c.unclear, warn
	switch r.Outcome {
	case claim.Reproduced:
		mark, i = c.yes, good
	case claim.NotReproduced:
		mark, i = c.no, bad
	}
	text = r.Scenario + " " + outcomeName(r.Outcome)
	if r.Why != "" {
		text += ": " + r.Why
	}
	return mark, i, strings.TrimSpace(c.clean(text))
}
