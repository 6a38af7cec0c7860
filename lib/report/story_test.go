package report

import (
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"sockproof/lib/journal"
)

func storyOf(w io.Writer, r *Report) error {
	return Story(w, r, Circumstances{
		Command: []string{r.Tool.Name, "--label", "it's one", "--evidence", "e.zip"}, Label: "it's <one>", Notes: []string{"nothing was replaced"},
	})
}

// TestStoryFitsAnIssue lets a run be far longer than an issue, and checks that the
// diagram says what it leaves out.
func TestStoryFitsAnIssue(t *testing.T) {
	s := newScript("long", journal.Wire).socket("a1", "192.0.2.1:1", "192.0.2.2:2").socket("b1", "192.0.2.2:2", "192.0.2.1:1")
	for range 5_000 {
		s.call("a1", "write", 5, "", `"hello"`)
		s.call("b1", "read", 5, "", "16")
	}
	for _, runs := range []int{1, 3, 40} {
		r := &Report{}
		for range runs {
			r.Runs = append(r.Runs, NewRun(s.j, "", "reproduced", "it was", nil))
		}
		var b strings.Builder
		if err := storyOf(&b, r); err != nil {
			t.Fatal(err)
		}
		if n := utf8.RuneCountInString(b.String()); n > 65_536 || n < 30_000 {
			t.Errorf("%d runs: a story of %d characters", runs, n)
		}
		for diagram := range strings.SplitSeq(b.String(), "```mermaid") {
			if n := utf8.RuneCountInString(diagram); n > 50_000 {
				t.Errorf("%d runs: a diagram of %d characters", runs, n)
			}
		}
		if n := strings.Count(b.String(), " rows not shown"); n != runs {
			t.Errorf("%d of %d diagrams say that rows are missing", n, runs)
		}
		if !strings.Contains(b.String(), "Note over h0: 1: a1 write") || !strings.Contains(b.String(), "10,000: b1 read") && !strings.Contains(b.String(), "10000: b1 read") {
			t.Error("the beginning or the end is missing")
		}
	}
}

// TestStepsForgetWhatIsRandom compares two runs whose clocks and numbers differ, and how
// many attempts and how much bulk it took.
func TestStepsForgetWhatIsRandom(t *testing.T) {
	run := func(port string, isn uint32) *Run {
		from := journal.Address("192.0.2.1:" + port)
		id := "a" + port
		s := newScript("cross", journal.Wire).socket(id, from, "192.0.2.2:80").socket("b1", "192.0.2.2:80", from)
		for _, at := range []string{journal.AtSent, journal.AtDelivered} {
			s.add(journal.Event{Host: "a", Kind: journal.KindPacket, Packet: &journal.Packet{
				Src: from, Dst: "192.0.2.2:80", Flags: journal.SYN, Seq: isn, At: at, Options: []string{"mss 1460", "TS val " + port + " ecr 0"},
			}})
		}
		data := journal.Packet{Src: from, Dst: "192.0.2.2:80", Flags: journal.PSH | journal.ACK, At: journal.AtDelivered}
		bulk := data
		bulk.Bulk = &journal.Bulk{Packets: 1, TCPBytes: int64(1000 * isn)}
		data.Seq, data.Ack, data.Len = isn+1+uint32(bulk.Bulk.TCPBytes), 5, 9
		s.add(journal.Event{Host: "b", Kind: journal.KindPacket, Packet: &bulk})
		s.add(journal.Event{Host: "b", Kind: journal.KindPacket, Packet: &data})
		s.seen(id, "", journal.SynSent, journal.TCPInfo)
		r := NewRun(s.j, "", "reproduced", "", nil)
		return &r
	}
	a, b := run("1", 7), run("2", 8)
	if a.PacketSteps()[0].Text != "a:1 → b:2 sent SYN seq=0 len=0 <mss 1460, TS>" || a.StateSteps()[0].Text != "a1 SYN_SENT" {
		t.Errorf("%v, %v", a.PacketSteps(), a.StateSteps())
	}
	if got := a.PacketSteps()[3].Text; got != "a:1 → b:2 delivered PSH,ACK seq=1 ack=0 len=9" {
		t.Error(got)
	}
	if d := cmp.Diff(a.PacketSteps(), b.PacketSteps(), cmp.AllowUnexported(Step{})) + cmp.Diff(a.StateSteps(), b.StateSteps(), cmp.AllowUnexported(Step{})); d != "" {
		t.Error(d)
	}
}
