package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sockproof/lib/live"
	"sockproof/lib/report"
)

// headline is a finding in one line.
func (f *finding) headline(l *look) string {
	return f.words(l).Replace(f.cause.head) + f.facts(l)
}

// words are what is put into a cause's texts.
func (f *finding) words(l *look) *strings.Replacer {
	words := []string{
		"{n}", plural("connection", f.sockets), "{who}", f.who(), "{peer}", f.peerText(), "{age}", f.oldest.String(), "{silence}", f.silence(l),
		"{service}", f.place.serviceText(), "{owner}", f.ownerText(), "{waits}", f.waitsText(),
	}
	return strings.NewReplacer(append(words, f.numberWords()...)...)
}

// numberWords are the numbers of findings that are not of single sockets.
func (f *finding) numberWords() []string {
	count := func(n uint32) string { return scanCount(int(n)) }
	switch {
	case f.queue != nil:
		q := f.queue
		return []string{"{waiting}", count(q.Waiting), "{room}", count(q.Limit + 1), "{limit}", count(q.Limit), "{drops}", count(q.Drops), "{dropping}", count(q.Dropping)}
	case f.handshakes != nil:
		h := f.handshakes
		return []string{"{retried}", scanCount(h.Retried), "{sources}", pluralOf("address", "addresses", h.Sources)}
	case f.ports != nil:
		p := f.ports
		return []string{"{free}", scanCount(p.Free), "{usable}", scanCount(p.Usable), "{source}", p.Source, "{cure}", p.Cure}
	case f.descriptors != nil:
		return []string{"{open}", scanCount(f.descriptors.Open), "{limit}", scanCount(f.descriptors.Limit)}
	case f.amount != nil:
		return []string{"{used}", scanCount(int(f.amount.Used)), "{most}", scanCount(int(f.amount.Most))}
	}
	return nil
}

// facts are what is told behind a headline, without what is nothing.
func (f *finding) facts(l *look) string {
	var facts []string
	add := func(n uint64, format string) {
		if n > 0 {
			facts = append(facts, fmt.Sprintf(format, scanCount(n)))
		}
	}
	add(f.unread, "%s B unread")
	add(f.unacked, "%s B not acknowledged")
	add(uint64(f.mptcp), "%s MPTCP")
	if f.listeners == 0 { // of those it is told how many
		add(uint64(f.shared), "%s held by other processes too")
	}
	if f.holders > 1 {
		facts = append(facts, scanCount(f.holders)+" processes hold it")
	}
	if f.listeners > 1 {
		facts = append(facts, "one of "+plural("listener", f.listeners)+" at this address")
	}
	if f.givesUp != (span{}) {
		facts = append(facts, "the kernel gives up in "+f.givesUp.String()+" by tcp_retries2, unless the program set TCP_USER_TIMEOUT")
	}
	if f.left > 0 {
		facts = append(facts, "the last ends in "+scanTime(f.left))
	}
	if p := f.ports; p != nil {
		facts = append(facts, p.facts())
	}
	if h := f.handshakes; h != nil && h.CookiesSent > 0 {
		facts = append(facts, fmt.Sprintf("this namespace sent %s cookies, %s came back, %s were wrong",
			scanCount(int(h.CookiesSent)), scanCount(int(h.CookiesGood)), scanCount(int(h.CookiesFailed))))
	}
	if d := l.descriptorsOf(f.owner); d != nil && (f.kind == &closeWait || f.queue != nil) {
		facts = append(facts, fmt.Sprintf("%s of %s descriptors used", scanCount(d.open), scanCount(d.limit)))
	}
	if len(facts) == 0 {
		return ""
	}
	return "; " + strings.Join(facts, ", ")
}

// facts say what takes the ports.
func (p *portNumbers) facts() string {
	var taken []string
	if p.Used > 0 {
		taken = append(taken, scanCount(p.Used)+" open")
	}
	if n := p.TimeWait - p.Reusable; n > 0 {
		taken = append(taken, fmt.Sprintf("%s TIME_WAIT, not reusable before %s", scanCount(n), scanTime(p.SoonestMS)))
	}
	text := "taken: " + strings.Join(taken, ", ")
	if p.Free == 0 {
		text += ": the next connect() fails, EADDRNOTAVAIL"
	}
	return text
}

// who is the program of a finding.
func (f *finding) who() string {
	switch {
	case f.owner != nil:
		return processText(f.owner)
	case f.cause.isListeners() && f.listeners > 1:
		return "one of several that listen there"
	case f.hidden > 0, f.cause.isListeners():
		return "a program that is not visible"
	}
	return "no program any more"
}

// isListeners says whether the sockets of a cause wait in a listener's queue.
func (c *cause) isListeners() bool { return c == &neverAccepted || c == &notAccepted }

// peerText is with whom, and its program where it is on this machine.
func (f *finding) peerText() string {
	text := f.place.String()
	if f.place == (place{}) {
		text = "various peers"
	}
	if f.other != nil {
		text += " (" + processWords(f.other) + ")"
	}
	return text
}

func (f *finding) waitsText() string {
	if f.waitsFor == (endpoint{}) {
		return ""
	}
	at := scoped(f.waitsFor, f.place.iface).String()
	if f.waits == nil {
		return at
	}
	return at + " (" + processWords(f.waits) + ")"
}

// silence is for how long nothing has come from the peer of the one that waits longest.
func (f *finding) silence(l *look) string {
	longest, known := millis(0), false
	for _, i := range f.members {
		s := l.socket(int(i))
		quiet := min(s.acked, s.received)
		if f.cause == &peerReadsNot {
			quiet = s.sent
		}
		if f.cause == &idleUnnoticed {
			quiet = min(s.sent, s.received)
		}
		if quiet != untold {
			longest, known = max(longest, quiet), true
		}
	}
	if !known {
		return "an unknown time"
	}
	return scanTime(longest)
}

// ownerText is the program of a finding, for brackets.
func (f *finding) ownerText() string {
	if f.owner != nil {
		return processWords(f.owner)
	}
	return f.who()
}

// processWords are a process as processText has it, for brackets.
func processWords(o *live.Owner) string {
	text := "pid " + strconv.Itoa(o.PID)
	if o.Program != "" {
		text = report.Printable(o.Program) + ", " + text
	}
	if o.Unit != "" {
		text += ", " + report.Printable(o.Unit)
	}
	return text
}

// processText is a process by name, number and where it runs.
func processText(o *live.Owner) string {
	name := "pid " + strconv.Itoa(o.PID)
	if o.Unit != "" {
		name += ", " + report.Printable(o.Unit)
	}
	if o.Program != "" {
		return report.Printable(o.Program) + " (" + name + ")"
	}
	return name
}

// String says how old the oldest is.
func (a age) String() string {
	switch low, high := a.atLeast, a.atMost; {
	case low == untold && high == untold:
		return "at an unknown time"
	case high == untold:
		return "at least " + scanTime(low) + " ago"
	case low == untold:
		return "at most " + scanTime(high) + " ago"
	case scanTime(low) == scanTime(high):
		return scanTime(low) + " ago"
	default:
		return scanTime(low) + " to " + scanTime(high) + " ago"
	}
}

func (s span) String() string {
	if low, high := scanTime(s.atLeast), scanTime(s.atMost); low != high {
		return low + " to " + high
	}
	return scanTime(s.atLeast)
}

// scanTime is a time in the two largest units that one reads.
func scanTime(ms millis) string {
	d := time.Duration(ms) * time.Millisecond
	days, hours, minutes, seconds := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", ms)
	case d < time.Minute:
		return fmt.Sprintf("%d s", ms/1000)
	case d < time.Hour && (seconds == 0 || minutes >= 10):
		return fmt.Sprintf("%d m", minutes)
	case d < time.Hour:
		return fmt.Sprintf("%d m %d s", minutes, seconds)
	case days == 0:
		return fmt.Sprintf("%d h %d m", hours, minutes)
	}
	return fmt.Sprintf("%d d %d h", days, hours)
}

// scanCount writes a count with its thousands apart: 7,310.
func scanCount[N int | uint64](n N) string {
	s := strconv.FormatUint(uint64(n), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural is so many of something.
func plural(what string, n int) string { return pluralOf(what, what+"s", n) }

func pluralOf(one, many string, n int) string {
	if n == 1 {
		return "1 " + one
	}
	return scanCount(n) + " " + many
}
