package evidence

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"sockproof/lib/journal"
	"sockproof/lib/pcapng"
)

// capture checks that the capture has the journals' packets and no others.
func (v *verifier) capture() {
	got, err := pcapng.Decode(v.files[fileCapture])
	if err != nil {
		v.problem(Problem{File: fileCapture, Text: err.Error()})
		return
	}
	v.canonicalCapture(got)
	want := v.bundle.captureOf()
	v.captured(got, want)
	events := v.seenEvents()
	for i := range max(len(got.Packets), len(want.Packets)) {
		p := Problem{File: fileCapture}
		if i < len(events) {
			p.Run, p.Event = events[i].Run, events[i].N
		}
		switch {
		case i >= len(want.Packets):
			p.Text = fmt.Sprintf("packet %d is not in %s", i+1, fileJournal)
		case i >= len(got.Packets):
			p.Text = fmt.Sprintf("packet %d of %s is missing", i+1, fileJournal)
		case !samePacket(&got.Packets[i], &want.Packets[i]):
			p.Text = fmt.Sprintf("packet %d is not that of %s", i+1, fileJournal)
		case !slices.Equal(namesIn(got.Packets[i].Comment), namesIn(want.Packets[i].Comment)):
			p.Text = fmt.Sprintf("the comment of packet %d, %q, names other events or states than %q", i+1, got.Packets[i].Comment, want.Packets[i].Comment)
		default:
			continue
		}
		v.problem(p)
		return
	}
	v.checked("%s of the capture: the same bytes, times and directions as in the journal, and no others", count(int64(len(got.Packets)), "packet"))
}

// seenEvents are the events that are packets of the capture.
func (v *verifier) seenEvents() []*journal.Event {
	var events []*journal.Event
	for i := range v.Report.Runs {
		r := &v.Report.Runs[i]
		at := packetBytes(r)
		for k := range r.Events {
			if e := &r.Events[k]; e.Packet != nil && isSeen(e.Packet) && at(e) != nil {
				events = append(events, e)
			}
		}
	}
	return events
}

// samePacket compares all but the words of comments.
func samePacket(a, b *pcapng.Packet) bool {
	return a.Interface == b.Interface && a.T == b.T && a.Direction == b.Direction && bytes.Equal(a.Data, b.Data)
}

// captured checks what a capture says beside its packets.
func (v *verifier) captured(got, want *pcapng.Capture) {
	problem := func(format string, args ...any) {
		v.problem(Problem{File: fileCapture, Text: fmt.Sprintf(format, args...)})
	}
	g, w := got.Section, want.Section
	g.Comment, w.Comment = "", ""
	if g != w {
		problem("its section says %+v, not %+v", g, w)
	}
	if !slices.EqualFunc(got.Interfaces, want.Interfaces, func(a, b pcapng.Interface) bool { return a.Name == b.Name }) {
		problem("its interfaces are not the hosts of %s", fileJournal)
	}
	if !slices.Equal(got.Names, want.Names) {
		problem("its names of addresses are not those of %s", fileJournal)
	}
	if !slices.EqualFunc(got.Statistics, want.Statistics, sameStatistics) {
		problem("its statistics are not those of %s", fileJournal)
	}
}

// sameStatistics compares all but the words of comments.
func sameStatistics(a, b pcapng.Statistics) bool {
	if !slices.Equal(namesIn(a.Comment), namesIn(b.Comment)) {
		return false
	}
	a.Comment, b.Comment = "", ""
	return a == b
}

// namesIn are the words of a comment that are no language's: numbers, states, sockets,
// witnesses. However it is put, these stay.
func namesIn(comment string) []string {
	words := strings.FieldsFunc(comment, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return slices.DeleteFunc(words, func(w string) bool {
		return !strings.ContainsFunc(w, func(r rune) bool { return r == '_' || unicode.IsDigit(r) }) && (len(w) < 2 || strings.ToUpper(w) != w)
	})
}
