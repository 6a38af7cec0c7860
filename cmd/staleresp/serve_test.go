package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"sockproof/cmd/staleresp/internal/responder"
)

func TestServeUsage(t *testing.T) {
	for args, want := range map[string]string{
		"serve 8080":                        `serve: argument "8080": it takes none`,
		"serve --protocol smtp":             `flag "--protocol": value "smtp": want line, http or resp`,
		"serve --late-every 0":              `flag "--late-every": value "0": want a whole number from 1 to`,
		"serve --late-every often":          `flag "--late-every": value "often"`,
		"serve --late-by never":             `flag "--late-by": value "never": want a duration from 1ms to 24h0m0s`,
		"serve --for -1s":                   `flag "--for": value "-1s"`,
		"serve --requests 0":                `flag "--requests": value "0": want a whole number from 1 to`,
		"serve --listen 65536":              `flag "--listen": value "65536": want a port, or an address and a port like 127.0.0.1:6379`,
		"serve --listen -1":                 `flag "--listen": value "-1": want a port`,
		"serve --listen example.org:80":     `flag "--listen": value "example.org:80"`,
		"serve --listen 127.0.0.1:65536":    `flag "--listen": value "127.0.0.1:65536"`,
		"serve --listen 0.0.0.0:0":          `flag "--listen": value "0.0.0.0:0": others can reach 0.0.0.0; --allow-remote lets them`,
		"serve --listen [::]:0":             `others can reach ::; --allow-remote lets them`,
		"serve --listen [::ffff:1.2.3.4]:0": `--allow-remote`,
		"serve --listen 127.0.0.1:0 -6":     `flag "--listen": value "127.0.0.1:0": 127.0.0.1 is not of the family asked for`,
		"serve --listen [::1]:0 -4":         `::1 is not of the family asked for`,
		"serve --allow-remote":              `flag "--allow-remote" is for --listen only`,
		"serve -4 -6":                       `flags -4 and -6 exclude each other`,
		"serve --format jsonl":              `value "jsonl": want text or json`,
		"serve --policy naive":              `flag "--policy" is for the command load only`,
	} {
		checkUsage(t, args, want)
	}
}

// An address that cannot be had is no mistake in the call.
func TestServeNoAddress(t *testing.T) {
	code, out, errs := runHere(t, "serve", "--listen", "192.0.2.1:0", "--allow-remote")
	if code != 3 || out != "" || !strings.HasPrefix(errs, "staleresp: serve: listen tcp 192.0.2.1:0: bind: ") || strings.Count(errs, "\n") != 1 {
		t.Errorf("exit %d, stdout %q, stderr %q", code, out, errs)
	}
}

// TestServeOutcomes: what is concluded from the counts.
func TestServeOutcomes(t *testing.T) {
	for _, tt := range []struct {
		counts  responder.Counts
		outcome string
		why     string
		exit    int
	}{
		{responder.Counts{}, serveInconclusive, "no request came", 3},
		{responder.Counts{Requests: 3}, serveInconclusive, "of 3 requests, of which one in 10 has a late reply, there is none", 3},
		{responder.Counts{Requests: 10, Late: 1, Pending: 1}, serveInconclusive, "there is none of which it is known what came of it", 3},
		{responder.Counts{Requests: 10, Late: 1, Ended: 1}, connectionsNotReused, "of 1 late replies, 1 were not waited for, and their connections ended", 0},
		{responder.Counts{Requests: 20, Late: 2, Ended: 1, Answered: 1}, connectionsNotReused, "1 were sent before anything else came", 0},
		{responder.Counts{Requests: 30, Late: 3, Ended: 1, Answered: 1, Reused: 1}, connectionsReused, "after 1 of 3 late replies the next request came, or began to, before the reply", 1},
	} {
		r := &serveReport{LateEvery: 10, Counts: tt.counts}
		r.conclude()
		if r.Outcome != tt.outcome || !strings.Contains(r.Why, tt.why) || r.exit() != tt.exit {
			t.Errorf("%+v: %s, %q, exit %d; want %s, … %s …, %d", tt.counts, r.Outcome, r.Why, r.exit(), tt.outcome, tt.why, tt.exit)
		}
	}
}

// What a client sent is shown by its length and hash and, where it is kept, so
// that it cannot act upon a terminal.
func TestLateLines(t *testing.T) {
	const ms = 1_000_000
	first := responder.Request{N: 10, AtNS: 5 * ms, Bytes: 3, SHA256: strings.Repeat("ab", 32)}
	shown := first
	shown.Payload = "\x1b[2J"
	next := responder.Request{N: 11, AtNS: 205 * ms, Bytes: 1234, SHA256: strings.Repeat("cd", 32)}
	for want, l := range map[string]responder.Late{
		"late #10 (3 bytes, sha256 abababababababab…) from c: REUSED: #11 (1,234 bytes, sha256 cdcdcdcdcdcdcdcd…) came on its connection 200ms after it, before its reply\n":   {Request: first, Became: responder.Reused, NextNS: 205 * ms, Next: &next},
		"late #10 (3 bytes, sha256 abababababababab…) from c: REUSED: #11 (1,234 bytes, sha256 cdcdcdcdcdcdcdcd…) came on its connection together with it, before its reply\n": {Request: first, Became: responder.Reused, NextNS: 5 * ms, Next: &next},
		"late #10 (3 bytes, sha256 abababababababab…) from c: REUSED: something that is not counted, or not whole, came on its connection 10ms after it, before its reply\n":   {Request: first, Became: responder.Reused, NextNS: 15 * ms},
		"late #10 (3 bytes, sha256 abababababababab…) from c: ended: the client ended the connection 100ms after it, before its reply\n":                                       {Request: first, Became: responder.Ended, EndedNS: 105 * ms},
		"late #10 (3 bytes, sha256 abababababababab…) from c: answered after 150ms; #11 (1,234 bytes, sha256 cdcdcdcdcdcdcdcd…) came on its connection 200ms after it\n":       {Request: first, Became: responder.Answered, SentNS: 155 * ms, NextNS: 205 * ms, Next: &next},
		"late #10 (3 bytes, sha256 abababababababab…) from c: answered after 150ms; the client had said 1ms after it that it sends no more (FIN), and took the reply\n":        {Request: first, Became: responder.Answered, SentNS: 155 * ms, FinNS: 6 * ms},
		"late #10 (3 bytes, sha256 abababababababab…) from c: answered after 150ms\n":                                                                                          {Request: first, Became: responder.Answered, SentNS: 155 * ms},
		"late #10 (3 bytes, sha256 abababababababab…) \"\\x1b[2J\" from c: pending when the server ended\n":                                                                    {Request: shown, Became: responder.Pending},
	} {
		l.Connection = "c"
		var b bytes.Buffer
		(*lateLine)(&l).write(&b)
		if b.String() != want {
			t.Errorf("got  %swant %s", b.String(), want)
		}
	}
}

// TestServeReportIsBounded: of many late replies the first are kept.
func TestServeReportIsBounded(t *testing.T) {
	r := newServeReport(&responder.Config{})
	for i := range 2 * keptReplies {
		r.add(&responder.Late{Connection: fmt.Sprint(i)})
	}
	if len(r.Replies) != keptReplies || r.Replies[0].Connection != "0" {
		t.Errorf("%d kept, the first %+v", len(r.Replies), r.Replies[0])
	}
}
