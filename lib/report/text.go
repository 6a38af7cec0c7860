package report

import (
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
	c.write(span{c.clean(tallyText(r.Tally)), bold})
	c.write(span{"\n", plain})
}

func (c *canvas) report(r *Report) {
	c.put(dim, c.clip(c.clean(toolLine(r)), c.style.Width))
	c.end()
	c.end()
	for i := range r.Runs {
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
		c.wrapped(bold, c.clean(tallyText(r.Tally)))
	}
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

func (c *canvas) run(r *Run, numbered bool) {
	c.heading(r, numbered)
	if l := newLadder(r, c.style.Verbosity == Verbose); len(l.rows) > 0 {
		c.end()
		c.drawLadder(l)
		c.hidden(l)
	}
	if len(r.Histories) > 0 {
		c.end()
		c.histories(r.Histories)
	}
	if len(r.Disagreements) > 0 {
		c.end()
		c.disagreements(r.Disagreements)
	}
	if len(r.Discrepancies) > 0 {
		c.end()
		c.discrepancies(r.Discrepancies)
	}
	if r.Comparison != nil {
		c.end()
		c.comparison(r.Comparison)
	}
	if len(r.Findings) > 0 {
		c.end()
		c.findings(r.Findings, r.Why)
	}
	c.end()
	mark, i, text := c.outcome(r)
	c.put(i, mark)
	c.put(plain, " ")
	c.wrapped(bold, text)
}

func (c *canvas) heading(r *Run, numbered bool) {
	if numbered {
		c.put(dim, "run "+strconv.Itoa(r.Run)+" ")
	}
	c.put(bold, c.clip(c.clean(r.Scenario), 40))
	if r.Title != "" {
		c.put(plain, ": ")
		c.wrapped(plain, c.clean(r.Title))
	} else {
		c.end()
	}
	c.field("network", networkText(r))
	c.field("sockets", socketText(r.Sockets, c.to))
	if id, ok := r.selfConnected(); ok {
		c.field("", id+" is at both ends: each packet leaves it and comes back to it")
	}
	c.field("witnesses", witnessText(r.Witnesses))
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
	slices.SortFunc(kinds, func(a, b journal.Kind) int {
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

func (c *canvas) finding(f *claim.Finding, id int) {
	mark, how := c.verdict(f.Verdict)
	c.put(how, "  "+mark)
	c.put(bold, " "+c.clip(c.clean(f.Claim), id))
	c.pad(4 + id + 1)
	c.put(how, c.clip(c.clean(string(f.Verdict)), 12))
	column := 4 + id + 1 + 14
	if c.style.Width < 80 { // the statement gets lines of its own
		column = 6
		c.end()
	}
	c.pad(column)
	c.wrapped(plain, c.clean(f.Statement))
	if f.Because != "" || len(f.Events) > 0 {
		c.pad(column)
		c.wrapped(dim, c.clean(f.Because)+c.cite(f.Events))
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
