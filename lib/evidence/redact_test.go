package evidence

import (
	"bytes"
	"strings"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/packet"
	"sockproof/lib/privacy"
	"sockproof/lib/report"
)

// secrets are what the machine of these tests is called.
var secrets = privacy.Names{
	Hosts: []string{"Snowwhite.example.org", "snowwhite"}, Users: []string{"grumpy", "doc7"}, Homes: []string{"/home/grumpy", "/srv/doc7"},
}

const (
	secretA  = "10.20.30.40:5001"
	secretB  = "10.20.30.50:5002"
	secretA6 = "[fd12::40]:5001"
	secretB6 = "[fd12::50]:5002"
)

// revealing is a journal of the host's own stack that has a secret wherever one
// can be.
func revealing(t testing.TB, a, b journal.Address) journal.Journal {
	const said = "grumpy at snowwhite, in /home/grumpy/lib/x.so, of /home/grumpy, from 10.20.30.40 by fd12::40%eth0 to [fd12::50]:7"
	j := cross(t, a, b)
	j.Stopped, j.NetworkWhy, j.Witnesses[1].Reason = "", said, said
	p := &script{j}
	p.segment(t, a, b, packet.PSH|packet.ACK, "GET / HTTP/1.1\r\nHost: SNOWWHITE\r\nFrom: grumpy@x\r\n\r\n")
	p.Journal = captured(p.Journal, journal.HostNet)
	for _, e := range []journal.Event{
		{Kind: journal.KindCall, Call: &journal.Call{Op: "write", Args: []string{"a1", said}, Out: said, Kept: said, Data: []byte("I am grumpy")}},
		{Kind: journal.KindProcess, Process: &journal.Process{Event: "started", How: said}},
		{Kind: journal.KindSetting, Setting: &journal.Setting{Name: "n", Old: said, New: said}},
		{Kind: journal.KindRule, Rule: &journal.Rule{Host: "a", Text: said}},
		{Kind: journal.KindTable, Table: &journal.Table{Witness: journal.SockDiag, States: []string{"LISTEN"}, Sockets: []string{said, "LISTEN " + string(a)}}},
		{Kind: journal.KindAnswer, Answer: &journal.Answer{Policy: "naive", Did: "taken", Request: said, Reply: said, Asked: 1}},
		{Kind: journal.KindNote, Note: &journal.Note{Text: said}},
		{Kind: journal.KindPacket, Host: "a", Packet: &journal.Packet{At: journal.AtDelivered, Proto: "udp", Src: "10.20.30.40", Dst: "10.20.30.50", Bytes: []byte{0x45, 10, 20, 30, 40}, Reason: said}},
	} {
		p.add(e)
	}
	return p.Journal
}

// secretBundle is a bundle of such journals.
func secretBundle(t testing.TB, names *privacy.Names) *Bundle {
	v4, v6 := revealing(t, secretA, secretB), revealing(t, secretA6, secretB6)
	v6.Family, v6.Run = journal.IPv6, 2
	for i := range v6.Events {
		v6.Events[i].N, v6.Events[i].Run = v6.Events[i].N+len(v4.Events), 2
		if p := v6.Events[i].Packet; p != nil && p.Of != 0 {
			p.Of += len(v4.Events)
		}
	}
	r := reportOf(v4, v6)
	r.Machine.Privilege = "grumpy, uid 1000"
	r.Machine.Settings["motd"] = "snowwhite"
	r.Runs[0].Title += " (alone cannot be had here: open /home/grumpy/tun: EACCES)"
	return New(r, How{
		Command: []string{"/home/grumpy/bin/simopen", "cross", "--evidence=/home/grumpy/e.zip", "--label", "of grumpy", "http://snowwhite/doc7"},
		Label:   "the machine of grumpy", Repeat: 1, Names: names, Judge: judged, Theirs: true,
	})
}

// finds searches what a bundle says for a name, in any case.
func finds(b []byte, name string) bool {
	return bytes.Contains(bytes.ToLower(b), bytes.ToLower([]byte(name)))
}

// everything is all that a bundle says: its files as they are, and what stands in
// them as base64.
func everything(t testing.TB, b *Bundle) map[string][]byte {
	all := map[string][]byte{}
	for name, content := range rendered(t, b) {
		all[name] = content
	}
	for i := range b.Report.Runs {
		for _, e := range b.Report.Runs[i].Events {
			if e.Packet != nil {
				all["packets"] = append(all["packets"], e.Packet.Bytes...)
			}
			if e.Call != nil {
				all["data"] = append(all["data"], e.Call.Data...)
			}
		}
	}
	return all
}

var hidden = []string{
	"snowwhite", "grumpy", "doc7", "example.org", "10.20.30.", "fd12:", "eth0",
	"\x0a\x14\x1e\x28", "\x0a\x14\x1e\x32", "\xfd\x12\x00\x00", // the addresses' bytes
}

// TestNamedAsAnAddress: a machine may be called by its address, and that is replaced
// where addresses are, port by port, not as a word.
func TestNamedAsAnAddress(t *testing.T) {
	names := &privacy.Names{Hosts: []string{"10.20.30.40", "127.0.0.1", "192.0.2.1"}, Users: []string{"::1"}}
	mustHold(t, rendered(t, secretBundle(t, names)))
	b := New(reportOf(cross(t, addrA, addrB)), How{Repeat: 1, Names: names, Judge: judged})
	if n := len(b.Machine.Privacy.Replaced); n != 0 {
		t.Errorf("replaced: %+v", b.Machine.Privacy.Replaced)
	}
	mustHold(t, rendered(t, b))
}

// TestWhatAScenarioSendsStays: it is the same for everybody, and who knows it could
// read off the name that was taken out of it.
func TestWhatAScenarioSendsStays(t *testing.T) {
	p := &script{cross(t, addrA, addrB)}
	p.segment(t, addrA, addrB, packet.PSH|packet.ACK, "ask 1 alice")
	p.add(journal.Event{Host: "a", Kind: journal.KindCall, Socket: "a1", Call: &journal.Call{Op: "write", Args: []string{"a1", "11"}, Result: 11, Data: []byte("ask 1 alice")}})
	p.add(journal.Event{Kind: journal.KindAnswer, Answer: &journal.Answer{Policy: "naive", Did: "taken", Request: "ask 1 alice", Asked: 1}})
	b := New(reportOf(p.Journal), How{Repeat: 1, Names: &privacy.Names{Users: []string{"alice", "a1"}, Hosts: []string{"ask"}}, Judge: judged})
	if n := len(b.Machine.Privacy.Replaced); n != 0 {
		t.Errorf("replaced: %+v", b.Machine.Privacy.Replaced)
	}
	if b.Report.Runs[0].Events[len(b.Report.Runs[0].Events)-1].Answer.Request != "ask 1 alice" {
		t.Errorf("%+v", b.Report.Runs[0].Events)
	}
	mustHold(t, rendered(t, b))
}

func TestNamesNobody(t *testing.T) {
	b := secretBundle(t, &secrets)
	for file, content := range everything(t, b) {
		for _, name := range hidden {
			if finds(content, name) {
				t.Errorf("%s has %q", file, name)
			}
		}
	}
	mustHold(t, rendered(t, b))
	if got := strings.Join(b.Machine.Command, " "); got != "simopen cross --evidence=e.zip --label of user-1 user-2" {
		t.Errorf("command: %s", got)
	}
	// What is searched for is there to be found.
	open := everything(t, secretBundle(t, nil))
	for _, name := range hidden {
		found := false
		for _, content := range open {
			found = found || finds(content, name)
		}
		if !found && name != "doc7" && name != "example.org" { // the command's, reduced to base names
			t.Errorf("%q is nowhere, even with --no-redact", name)
		}
	}
}

// TestReplacesConsistently: what was equal stays so, in text and in packets.
func TestReplacesConsistently(t *testing.T) {
	b := secretBundle(t, &secrets)
	for i, want := range []string{"198.51.100.", "[2001:db8:ffff::"} {
		run := &b.Report.Runs[i]
		local := run.Sockets[0].Local.AddrPort()
		if !strings.HasPrefix(string(run.Sockets[0].Local), want) || run.Sockets[0].Local != run.Sockets[1].Remote {
			t.Errorf("sockets %+v", run.Sockets)
		}
		seen := 0
		for _, e := range run.Events {
			if e.Packet == nil || e.Packet.Proto != "" || len(e.Packet.Bytes) == 0 {
				continue
			}
			p, err := packet.Decode(e.Packet.Bytes)
			if err != nil || !p.ChecksumOK() {
				t.Errorf("event %d: %v, checksum right: %v", e.N, err, p.ChecksumOK())
			}
			if journal.AddressOf(p.Src) != e.Packet.Src || journal.AddressOf(p.Dst) != e.Packet.Dst || p.Src != local && p.Dst != local {
				t.Errorf("event %d: %v > %v, said to be %s > %s", e.N, p.Src, p.Dst, e.Packet.Src, e.Packet.Dst)
			}
			seen++
		}
		if seen != 4 {
			t.Errorf("%d packets", seen)
		}
		if run.Outcome != "reproduced" {
			t.Errorf("judged as %s", run.Outcome)
		}
	}
	var what []string
	for _, r := range b.Machine.Privacy.Replaced {
		what = append(what, r.What)
	}
	for _, want := range []string{"address", "host name", "user name", "home folder", "packet that is not plain TCP"} {
		if !strings.Contains(strings.Join(what, ", "), want) {
			t.Errorf("that a %s was replaced is not said: %v", want, what)
		}
	}
	story := string(rendered(t, b)[fileStory])
	if !strings.Contains(story, "host name: replaced with host-2, ") {
		t.Errorf("not said in the story:\n%s", story)
	}
}

// TestHidesPayload: what a user's program sent is there as length and hash alone,
// with names kept and without.
func TestHidesPayload(t *testing.T) {
	for _, names := range []*privacy.Names{nil, {}} {
		b := New(reportOf(cross(t, addrA, addrB)), How{Repeat: 1, Names: names, HidePayload: true, Judge: judged})
		for file, content := range everything(t, b) {
			if finds(content, "hello") {
				t.Errorf("%s has what was sent", file)
			}
		}
		all := rendered(t, b)
		mustHold(t, all)
		const digest = `{"len":5,"sha256":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}`
		if !bytes.Contains(all[fileJournal], []byte(digest)) {
			t.Error("its length and hash are missing")
		}
		for i := range b.Report.Runs[0].Events {
			if p := b.Report.Runs[0].Events[i].Packet; p != nil && p.Payload != nil {
				p.Payload.Len++
			}
		}
		if !isFound(rendered(t, b)) {
			t.Error("another length is not found")
		}
	}
}

// TestNothingToHide: where nothing is replaced, no packet and no word changes.
func TestNothingToHide(t *testing.T) {
	j := cross(t, addrA, addrB)
	b := New(reportOf(j), How{Repeat: 1, Names: &secrets, Judge: func(journal.Journal) report.Run {
		t.Error("judged again for nothing")
		return report.Run{}
	}})
	if len(b.Machine.Privacy.Replaced) != 0 {
		t.Errorf("replaced: %+v", b.Machine.Privacy.Replaced)
	}
	for i := range j.Events {
		if p, q := j.Events[i].Packet, b.Report.Runs[0].Events[i].Packet; p != nil && !bytes.Equal(p.Bytes, q.Bytes) {
			t.Errorf("event %d has changed", j.Events[i].N)
		}
	}
}

// TestCommandOf: the arguments of a user's program are nobody's business.
func TestCommandOf(t *testing.T) {
	words := []string{"/usr/bin/badpeer", "reset", "--", "/opt/app", "--password", "hunter2"}
	for keeps, want := range map[bool]string{false: "badpeer reset -- app … …", true: "badpeer reset -- app --password hunter2"} {
		if got := strings.Join(commandOf(words, keeps), " "); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestOrdinaryNames: a name that is a word of the report's own, or a number, names
// nobody, and is left alone.
func TestOrdinaryNames(t *testing.T) {
	j := captured(cross(t, "127.0.0.1:5001", "127.0.0.1:5002"), journal.HostNet)
	r := reportOf(j)
	title := r.Runs[0].Title
	word, _, _ := strings.Cut(title, " ")
	b := New(r, How{Repeat: 1, Judge: judged, Names: &privacy.Names{Hosts: []string{word, "127", "5001"}, Users: []string{"connect"}}})
	if n := len(b.Machine.Privacy.Replaced); n != 0 || b.Report.Runs[0].Title != title {
		t.Errorf("%d replaced; title %q", n, b.Report.Runs[0].Title)
	}
	mustHold(t, rendered(t, b))
}

// TestChangedVerdict: evidence that would be judged differently is not written.
func TestChangedVerdict(t *testing.T) {
	r := reportOf(revealing(t, secretA, secretB))
	b := New(r, How{Repeat: 1, Names: &secrets, Judge: func(j journal.Journal) report.Run {
		run := judged(j)
		run.Outcome = claim.NotReproduced
		return run
	}})
	if _, err := b.render(); err == nil || !strings.Contains(err.Error(), "--no-redact") {
		t.Errorf("%v", err)
	}
}
