package evidence

import (
	"slices"
	"strings"
	"testing"

	"sockproof/lib/journal"
)

// TestFolds: what was counted instead of kept can be any number of things, but no
// other number than it says.
func TestFolds(t *testing.T) {
	folded := func() journal.Journal {
		p := &play{cross(t, addrA, addrB)}
		p.add(journal.Event{Kind: journal.KindFold, Fold: &journal.Fold{Times: 3, Events: 5, Counts: []journal.FoldedCount{{What: "x", Count: 3}, {What: "a", Count: 1}, {What: "b", Count: 1}}}})
		p.add(journal.Event{Kind: journal.KindFold, Fold: &journal.Fold{Times: 2}})
		p.add(journal.Event{Host: "a", Socket: "a1", Kind: journal.KindFold, Fold: &journal.Fold{Times: 7, Events: 7, Counts: []journal.FoldedCount{{What: "read, 9 bytes in all", Count: 7}}}})
		p.add(journal.Event{Host: "a", Socket: "a1", Kind: journal.KindFold, Fold: &journal.Fold{Counts: []journal.FoldedCount{{What: "read, 0 bytes in all"}}}})
		p.add(journal.Event{Host: "a", Kind: journal.KindPacket, Packet: &journal.Packet{
			Src: addrA, Dst: addrB, Flags: journal.ACK, At: journal.AtDelivered,
			Bulk: &journal.Bulk{Packets: 5_000, IPBytes: 80_000_000, TCPBytes: 79_000_000, SHA256: strings.Repeat("0", 64), Flags: "ACK"},
		}})
		return p.Journal
	}
	fold := func(j *journal.Journal) *journal.Fold { return j.Events[9].Fold }
	bulk := func(j *journal.Journal) *journal.Packet { return j.Events[13].Packet }
	wantContradictions(t, folded, map[string]contradiction{
		"none":               {func(j *journal.Journal) { fold(j).Times = 0 }, ", event 10: 0 repetitions with 5 events are none"},
		"negative":           {func(j *journal.Journal) { fold(j).Times = -1_000_000_002_500 }, ", event 10: -1000000002500 repetitions"},
		"beyond all":         {func(j *journal.Journal) { fold(j).Times = 1_000_000_002_500 }, ", event 10: 1000000002500 repetitions with 5 events are none, or more than a run of 99000 ns has"},
		"fewer events":       {func(j *journal.Journal) { fold(j).Events = -5 }, ", event 10: it counts 3 times"},
		"more events":        {func(j *journal.Journal) { fold(j).Events = 6 }, ", event 10: it counts 5 events, of which there are 6"},
		"nothing of a kind":  {func(j *journal.Journal) { fold(j).Counts[2].Count = 0 }, `, event 10: it counts 0 times "b"`},
		"less than nothing":  {func(j *journal.Journal) { fold(j).Counts[0].Count, fold(j).Counts[2].Count = 4, -1 }, `, event 10: it counts -1 times "b"`},
		"twice":              {func(j *journal.Journal) { fold(j).Counts[2].What = "a" }, `, event 10: it counts "a" out of order, or twice`},
		"in another order":   {func(j *journal.Journal) { slices.Reverse(fold(j).Counts) }, ", event 10: it counts "},
		"of no attempt":      {func(j *journal.Journal) { j.Events[10].Fold.Times = -2 }, ", event 11: -2 repetitions"},
		"a socket's":         {func(j *journal.Journal) { j.Events[11].Fold.Times = 8 }, ", event 12: it counts a socket's calls of one kind"},
		"less than a call":   {func(j *journal.Journal) { f := j.Events[12].Fold; f.Times, f.Events = -1, -1 }, ", event 13: it counts 0 times"},
		"bulk beyond all":    {func(j *journal.Journal) { bulk(j).Bulk.Packets = 1<<63 - 1 }, ", event 14: it cannot be bulk: {Packets:9223372036854775807"},
		"bulk of nothing":    {func(j *journal.Journal) { bulk(j).Bulk.Packets = 0 }, ", event 14: it cannot be bulk"},
		"bulk of air":        {func(j *journal.Journal) { bulk(j).Bulk.IPBytes = 79_000_001 }, ", event 14: it cannot be bulk"},
		"bulk of giants":     {func(j *journal.Journal) { bulk(j).Bulk.IPBytes = 1 << 40 }, ", event 14: it cannot be bulk"},
		"bulk with a number": {func(j *journal.Journal) { bulk(j).Seq = 7 }, ", event 14: it is bulk, and one packet"},
		"bulk's flags":       {func(j *journal.Journal) { bulk(j).Bulk.Flags = "FIN" }, ", event 14: it is bulk, and one packet"},
		"bulk, copied":       {func(j *journal.Journal) { bulk(j).Copy = true }, ", event 14: it is bulk, and one packet"},
	})
	j := captured(cross(t, addrA, addrB), journal.Loopback)
	p := &play{j}
	p.add(folded().Events[13])
	wantFound(t, rendered(t, New(reportOf(p.Journal), How{Repeat: 1})), elsewhere(), "journal.jsonl, run 1, event 10: only the wire carries bulk")
}

// TestSumsSaturate: nothing becomes small by being too much.
func TestSumsSaturate(t *testing.T) {
	const most = 1<<63 - 1
	for _, tt := range [][3]int64{{1, 2, 3}, {most, 1, most}, {most, most, most}, {-5, 3, 3}, {3, -5, 3}} {
		if got := plus(tt[0], tt[1]); got != tt[2] {
			t.Errorf("%d and %d: %d", tt[0], tt[1], got)
		}
	}
}
