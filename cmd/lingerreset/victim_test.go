package main

import (
	"strings"
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// events makes a journal of a victim's run of some events, in order; those behind
// mark belong to the teardown.
func events(status journal.WitnessStatus, played int, all ...journal.Event) *journal.Journal {
	j := &journal.Journal{
		Run: 1, Network: journal.HostNet, Witnesses: []journal.WitnessStatus{status}, Played: played,
		Sockets: []journal.Socket{{ID: "b2", Host: "b", Local: "127.0.0.1:1", Remote: "127.0.0.1:2"}},
	}
	for i := range all {
		all[i].N, all[i].Run = i+1, 1
	}
	j.Events = all
	return j
}

func calls(op string) journal.Event {
	return journal.Event{Socket: "b2", Kind: journal.KindCall, Call: &journal.Call{Op: op}}
}

func segment(from, to journal.Address, flags journal.Flags) journal.Event {
	return journal.Event{Kind: journal.KindPacket, Packet: &journal.Packet{Src: "127.0.0.1:" + from, Dst: "127.0.0.1:" + to, Flags: flags, At: journal.AtDelivered}}
}

func folded(what string) journal.Event {
	return journal.Event{Kind: journal.KindFold, Fold: &journal.Fold{Counts: []journal.FoldedCount{{What: what, Count: 3}}}}
}

// TestWhoseReset: a RST is told with its sender; none is claimed that was not
// seen, and none denied that could not be.
func TestWhoseReset(t *testing.T) {
	attached := journal.WitnessStatus{Name: journal.Packets, Status: journal.Attached}
	lossy := attached
	lossy.Lost = 7
	absent := journal.WitnessStatus{Name: journal.Packets, Status: journal.Unavailable, Reason: "AF_PACKET: EPERM"}
	syn, data := segment("2", "1", journal.SYN), segment("2", "1", journal.ACK)
	for name, tt := range map[string]struct {
		due  string
		j    *journal.Journal
		want string
	}{
		"the peer's":                      {dueNow, events(attached, 0, syn, calls("close"), segment("1", "2", journal.RST|journal.ACK)), "from the peer, 127.0.0.1:1, seen on lo"},
		"the victim's":                    {dueNever, events(attached, 0, syn, calls("shutdown"), segment("2", "1", journal.RST)), "from the victim, 127.0.0.1:2, seen on lo"},
		"none":                            {dueLater, events(attached, 0, syn, calls("close"), data), "none was seen on lo"},
		"before the peer did anything":    {dueLater, events(attached, 0, syn, segment("1", "2", journal.RST), calls("close")), "none was seen on lo"},
		"of the peer's letting go":        {dueNever, events(attached, 0, syn, calls("shutdown"), calls("close"), segment("1", "2", journal.RST)), "none was seen on lo"},
		"of the teardown":                 {dueLater, events(attached, 3, syn, calls("close"), data, segment("1", "2", journal.RST)), "none was seen on lo"},
		"another connection's":            {dueLater, events(attached, 0, syn, calls("close"), segment("9", "2", journal.RST)), "none was seen on lo"},
		"among what was folded":           {dueNever, events(attached, 0, calls("shutdown"), folded("packet RST,ACK delivered")), "one was seen on lo"},
		"none among what was folded":      {dueNever, events(attached, 0, calls("shutdown"), folded("packet ACK delivered")), "none was seen on lo"},
		"none, but packets were missed":   {dueNow, events(lossy, 0, syn, calls("close")), "due at once; none was seen on lo, but 7 packets were missed there"},
		"nothing was watched":             {dueNow, events(absent, 0, calls("close")), "due at once (not watched: AF_PACKET: EPERM)"},
		"nothing of it passed lo":         {dueNow, events(attached, 0, calls("close"), segment("8", "9", journal.RST)), "due at once (not watched: the connection does not pass lo)"},
		"none is due and none was folded": {dueNever, events(attached, 0, calls("shutdown"), folded("read")), "none is due (not watched: the connection does not pass lo)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := resetOf(tt.j, &misbehaved{Did: "something", due: tt.due, socketID: "b2"}); got != tt.want {
				t.Errorf("%s; want %s", got, tt.want)
			}
		})
	}
	if got := resetOf(events(attached, 0), &misbehaved{}); got != "" {
		t.Errorf("the victim ended first: RST %q", got)
	}
}

// TestVictimReport: what is told of one victim, and the exit code.
func TestVictimReport(t *testing.T) {
	one := 1
	for name, tt := range map[string]struct {
		m    misbehaved
		code int
		want string
	}{
		"killed":                   {misbehaved{Victim: "yes", Did: "close()", Reset: "none was seen on lo", Signal: "SIGPIPE", SIGPIPE: "default", program: true}, 1, "SIGPIPE  default in it: unless it is blocked, a write to a connection that has ended kills\n  end      killed by SIGPIPE, 0s later\n"},
		"exited":                   {misbehaved{Victim: "cat", Did: "close()", Reset: "r", Status: &one, SIGPIPE: "handler", program: true}, 0, "handled in it, by itself or by its language's runtime\n  end      exited by itself with status 1, 0s later\n"},
		"ended first":              {misbehaved{Victim: "true", Status: &one, program: true}, 0, "true  exited by itself with status 1 after 0s, when its peer had read 0 bytes and done nothing else\n"},
		"interrupted":              {misbehaved{Victim: "cat", Did: "close()", Unfinished: true, program: true}, 3, "  end      still running when interrupted\n"},
		"interrupted before":       {misbehaved{Victim: "cat", Unfinished: true, program: true}, 3, "cat  was still there when interrupted, after 0s"},
		"a connection":             {misbehaved{Victim: "127.0.0.1:9", Did: "shutdown(SHUT_WR)", Reset: "none", Unfinished: true}, 3, "  end      still connected when interrupted\n"},
		"a connection, reset":      {misbehaved{Victim: "127.0.0.1:9"}, 0, "127.0.0.1:9  reset the connection after 0s"},
		"its side was ended":       {misbehaved{Victim: "127.0.0.1:9", Did: "close()", EndedSide: true}, 0, "  before   it had ended its own side\n"},
		"a name that is not plain": {misbehaved{Victim: "a\x1b[31mb", Did: "close()"}, 0, `a\x1b[31mb  the peer`},
	} {
		t.Run(name, func(t *testing.T) {
			r := victimReport{Victims: []misbehaved{tt.m}}
			var b strings.Builder
			r.write(&b)
			if !strings.Contains(b.String(), tt.want) || r.exit() != tt.code {
				t.Errorf("exit %d\n%s\nwant %d\n%s", r.exit(), b.String(), tt.code, tt.want)
			}
		})
	}
}

// TestVictimUsage: one line that names the flag, the value and what is accepted.
func TestVictimUsage(t *testing.T) {
	for args, want := range map[string]string{
		"":                                    "no victim: want -- CMD ARGS, --listen ADDRESS:PORT or --connect ADDRESS:PORT",
		"--mode burn -- cat":                  `flag "--mode": value "burn": want rst, close, close-unread or shut-wr`,
		"--after 0 -- cat":                    `flag "--after": value "0": want a whole number from 1 to 1099511627776`,
		"--after many -- cat":                 `flag "--after": value "many"`,
		"--after-time 0s -- cat":              `flag "--after-time": value "0s": want a duration longer than 0, like 10s, 500ms or 2m`,
		"--after-time soon -- cat":            `flag "--after-time": value "soon"`,
		"--after 1 --after-time 1s -- cat":    "exclude each other",
		"--listen 0":                          `flag "--listen": value "0": want a port from 1 to 65535`,
		"--listen http":                       `flag "--listen": value "http": want a port, or an address and a port like 127.0.0.1:6379`,
		"--listen 65536":                      `flag "--listen": value "65536": want a port, or an address and a port`,
		"--listen 127.0.0.1:0":                `flag "--listen": value "127.0.0.1:0": want a port from 1 to 65535`,
		"--listen 0.0.0.0:9000":               `flag "--listen": value "0.0.0.0:9000": others can reach 0.0.0.0; want a loopback address like 127.0.0.1`,
		"--listen 0.0.0.0:9 --allow-remote":   `--allow-remote" is for --connect only`,
		"--listen 127.0.0.1:9000 -6":          `flag "--listen": value "127.0.0.1:9000": 127.0.0.1 is not of the family asked for`,
		"--listen 1 --times 0":                `flag "--times": value "0": want a whole number from 1 to 1000000000`,
		"--times 3 -- cat":                    "--times\" is for --listen only",
		"--listen 1 --connect 127.0.0.1:1":    "exclude each other",
		"--listen 1 -- cat":                   "exclude each other",
		"--connect nowhere:80":                `flag "--connect": value "nowhere:80": want a port, or an address and a port`,
		"--connect 127.0.0.1:0":               `flag "--connect": value "127.0.0.1:0"`,
		"--connect 192.0.2.1:80":              "--allow-remote",
		"--connect 127.0.0.1:80 -6":           "is not of the family asked for",
		"--allow-remote -- cat":               "--allow-remote\" is for --connect only",
		"-4 -6 -- cat":                        "-4",
		"--format tap -- cat":                 `value "tap": want text or json`,
		"-- this-program-is-not-there at all": `program "this-program-is-not-there": executable file not found in $PATH; want a program's name or path`,
		"-- /etc/passwd":                      `program "/etc/passwd": permission denied`,
	} {
		t.Run(args, func(t *testing.T) {
			code, out, errs := journaltest.Command(t, "lingerreset", victimCommand(), strings.Fields(args)...)
			if code != 2 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, want) {
				t.Errorf("exit %d, stdout %q, stderr %q; want 2, none, … %s …", code, out, errs, want)
			}
		})
	}
}
