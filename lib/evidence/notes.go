package evidence

import (
	"fmt"

	"sockproof/lib/report"
)

// count is "1 run", "2 runs".
func count(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// leftOut counts what a run had and a bundle does not.
type leftOut struct {
	bulkPackets, bulkBytes int64 // counted and hashed by the wire
	folded                 int64 // repetitions, counted by the recorder
	withoutBytes           int64 // packets whose bytes were not kept
}

func leftOutOf(r *report.Run) leftOut {
	var l leftOut
	at := packetBytes(r)
	for i := range r.Events {
		e := &r.Events[i]
		switch {
		case e.Fold != nil:
			l.folded += int64(e.Fold.Times)
		case e.Packet == nil:
		case e.Packet.Bulk != nil:
			l.bulkPackets += e.Packet.Bulk.Packets
			l.bulkBytes += e.Packet.Bulk.IPBytes
		case at(e) == nil:
			l.withoutBytes++
		}
	}
	return l
}

// texts say what was left out, one thing each.
func (l leftOut) texts() []string {
	var t []string
	if l.bulkPackets > 0 {
		t = append(t, fmt.Sprintf("%s of bulk, %s, counted and hashed instead of kept", count(l.bulkPackets, "packet"), count(l.bulkBytes, "byte")))
	}
	if l.folded > 0 {
		t = append(t, fmt.Sprintf("%s like others, counted instead of kept", count(l.folded, "attempt")))
	}
	if l.withoutBytes > 0 {
		t = append(t, fmt.Sprintf("%s whose bytes were not kept: they were other programs'", count(l.withoutBytes, "packet")))
	}
	return t
}

// notes are what a reader of the bundle has to know of what is not in it.
func (b *Bundle) notes() []string {
	var notes []string
	for i := range b.Report.Runs {
		for _, t := range leftOutOf(&b.Report.Runs[i]).texts() {
			notes = append(notes, fmt.Sprintf("run %d: %s", b.Report.Runs[i].Run, t))
		}
	}
	if n := b.runsNotKept(); n > 0 {
		notes = append(notes, fmt.Sprintf("of repeated runs the first of each outcome is kept; %s more only counted", count(int64(n), "run")))
	}
	if n := b.Machine.Completed; n > 0 {
		notes = append(notes, fmt.Sprintf("%s completed, which the kernel leaves partial on lo", count(int64(n), "TCP checksum")))
	}
	if !b.Machine.Privacy.Redacted {
		notes = append(notes, "addresses and names are the machine's own: none was replaced")
	}
	for _, r := range b.Machine.Privacy.Replaced {
		notes = append(notes, fmt.Sprintf("%s: replaced with %s, %s", r.What, r.With, count(int64(r.Times), "time")))
	}
	return notes
}

// runsNotKept counts the runs that the tally has and the bundle has not.
func (b *Bundle) runsNotKept() int {
	t := b.Report.Tally
	return t.Reproduced + t.NotReproduced + t.Inconclusive - len(b.Report.Runs)
}
