package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"sockproof/cmd/badpeer/internal/protocol"
	"sockproof/lib/cli"
	"sockproof/lib/journal"
)

// plan is what the command line asks for.
type plan struct {
	mode     *mode
	protocol string
	argv     []string
	path     string // of the program
	stdio    bool
	anyPeer  bool
	isolate  bool
	payload  bool

	listen, server, upstream netip.AddrPort
	family                   journal.Family

	after             int64 // bytes; 0: not given
	afterTime         time.Duration
	midReply          bool
	strict            bool
	expectAlive       bool
	safe, unsafe      bool
	when, how, send   string
	maxRSS            int64
	success, failure  *regexp.Regexp
	timeout, patience time.Duration
	idle              time.Duration
	connections       int // --listen: end after so many
	maxConnections    int
	times             int
	every             int // late: the first of so many; 0: the first of all
	replies           string
	requestField      string
	replyField        string
}

// planOf reads the command line of a mode.
func planOf(c *cli.Context, m *mode) (*plan, error) {
	p := &plan{
		mode: m, protocol: c.String("protocol"), argv: c.Args, family: c.Family(),
		stdio: c.Bool("stdio"), anyPeer: c.Bool("any-peer"), isolate: c.Bool("isolate"), payload: c.Bool("payload"),
		midReply: c.Bool("mid-reply"), strict: c.Bool("strict"), expectAlive: c.String("expect") == "alive",
		safe: c.Bool("safe"), unsafe: c.Bool("unsafe"), when: c.String("when"), how: c.String("how"), send: c.String("send"),
		timeout: c.Duration("timeout"), patience: c.Duration("patience"), idle: c.Duration("idle"),
		connections: int(c.Number("connections")), maxConnections: int(c.Number("max-connections")), times: int(c.Number("times")), every: int(c.Number("every")),
		replies: c.String("replies"), requestField: c.String("request-field"), replyField: c.String("reply-field"),
	}
	p.patience = min(p.patience, p.timeout)
	for _, read := range []func(*cli.Context) error{p.readWhom, p.readWhen, p.readPatterns, p.readSize} {
		if err := read(c); err != nil {
			return nil, err
		}
	}
	return p, m.takes(p.protocol)
}

// readWhom reads who the program is, and where it meets the peer.
func (p *plan) readWhom(c *cli.Context) (err error) {
	for _, f := range []struct {
		flag string
		to   *netip.AddrPort
		read func(flag string) (netip.AddrPort, error)
	}{
		{"server", &p.server, func(flag string) (netip.AddrPort, error) { return remoteOK(c, flag) }},
		{"upstream", &p.upstream, func(flag string) (netip.AddrPort, error) { return remoteOK(c, flag) }},
		{"listen", &p.listen, func(flag string) (netip.AddrPort, error) { return c.ListenAddress(flag, true) }},
	} {
		if c.IsSet(f.flag) {
			if *f.to, err = f.read(f.flag); err != nil {
				return err
			}
		}
	}
	if err := p.fits(c.IsSet); err != nil {
		return err
	}
	switch {
	case len(p.argv) > 0:
		return p.find()
	case !p.listen.IsValid() && !p.server.IsValid():
		return cli.Usagef("%s: no program: want -- CMD ARGS, or --listen ADDRESS:PORT for whoever connects", p.mode.name)
	}
	return nil
}

// fits refuses what does not go together.
func (p *plan) fits(given func(flag string) bool) error {
	for _, f := range []struct {
		is       bool
		flag, of string
	}{
		{given("server") && !p.mode.asServer, "--server", "a mode in which CMD may be a server: " + modesThat(func(m *mode) bool { return m.asServer })},
		{given("upstream") && !p.mode.before, "--upstream", "a mode that needs to know no requests: " + modesThat(func(m *mode) bool { return m.before })},
		{p.stdio && len(p.argv) == 0, "--stdio", "CMD"},
		{p.stdio && (given("listen") || given("server") || given("upstream")), "--stdio", "CMD alone, without --listen, --server and --upstream"},
		{given("server") && (given("listen") || given("upstream")), "--server", "CMD that listens: not with --listen or --upstream"},
		{given("connections") && len(p.argv) > 0, "--connections", "--listen without CMD"},
		{p.expectAlive && len(p.argv) == 0, "--expect alive", "CMD"},
		{p.expectAlive && p.stdio, "--expect alive", "CMD that connects: --stdio has one connection alone"},
	} {
		if f.is {
			return cli.Usagef("%s: flag %q is for %s", p.mode.name, f.flag, f.of)
		}
	}
	return nil
}

// find looks for the program as a shell would.
func (p *plan) find() (err error) {
	if p.path, err = exec.LookPath(p.argv[0]); err != nil {
		return cli.Usagef("%s: program %q: %v; want a program's name or path", p.mode.name, p.argv[0], errors.Unwrap(err))
	}
	return nil
}

// remoteOK reads an address to connect to: of this machine, unless --allow-remote is given.
func remoteOK(c *cli.Context, flag string) (netip.AddrPort, error) {
	at, err := c.Address(flag)
	switch {
	case err != nil:
		return at, err
	case at.Port() == 0:
		return at, cli.Usagef("flag \"--%s\": value %q: want a port from 1 to 65535", flag, c.String(flag))
	case !at.Addr().IsLoopback() && !c.Bool(cli.AllowRemoteFlag):
		return at, cli.Usagef("flag \"--%s\": value %q: %s is not this machine; --allow-remote lets the peer misbehave towards others", flag, c.String(flag), at.Addr())
	case c.Bool("isolate"):
		return at, cli.Usagef("flags --%s and --isolate exclude each other: in a network namespace of its own %s is not reachable", flag, at)
	}
	return at, nil
}

// readWhen reads --after: bytes, or a time.
func (p *plan) readWhen(c *cli.Context) error {
	text := c.String("after")
	if text == "" {
		return nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 && text != "0" {
		p.afterTime = d
		return nil
	}
	_, err := fmt.Sscanf(text, "%d", &p.after)
	return err // was checked
}

func (p *plan) readPatterns(c *cli.Context) (err error) {
	for flag, to := range map[string]**regexp.Regexp{"success": &p.success, "error": &p.failure} {
		if text := c.String(flag); text != "" {
			if *to, err = regexp.Compile(text); err != nil {
				return cli.Usagef("flag \"--%s\": value %q: %v; want a regular expression of Go's (RE2)", flag, text, err)
			}
		}
	}
	if p.safe && p.unsafe {
		return cli.Usagef("flags --safe and --unsafe exclude each other: give one")
	}
	return nil
}

func (p *plan) readSize(c *cli.Context) (err error) {
	if text := c.String("max-rss"); text != "" {
		p.maxRSS, err = size(text)
	}
	return err
}

// size reads a number of bytes, like 256MiB.
func size(text string) (int64, error) {
	digits := strings.TrimRight(text, "KMGiB")
	unit, known := map[string]int64{"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[text[len(digits):]]
	var n int64
	if _, err := fmt.Sscanf(digits, "%d", &n); err != nil || !known || n <= 0 || n > 1<<20 && unit > 1<<20 {
		return 0, errors.New("want a number of bytes, like 256MiB or 1GiB")
	}
	return n * unit, nil
}

// modesThat names some modes.
func modesThat(is func(m *mode) bool) string {
	var names []string
	for _, m := range modes {
		if is(m) {
			names = append(names, m.name)
		}
	}
	return cli.OrList(names)
}

// words are the plan as far as the verdict rests on it.
func (p *plan) words() string {
	words := []string{p.mode.name, p.protocol}
	for word, is := range map[string]bool{
		"server": p.server.IsValid(), "strict": p.strict, "alive": p.expectAlive, "safe": p.safe, "unsafe": p.unsafe,
		"idle": p.when == "idle", "listen": p.mode.name == refuseName && p.listen.Port() != 0 && !p.isolate && !p.anyPeer, "success": p.success != nil, "error": p.failure != nil,
	} {
		if is {
			words = append(words, word)
		}
	}
	slices.Sort(words[2:])
	if p.maxRSS > 0 {
		words = append(words, fmt.Sprintf("max-rss=%d", p.maxRSS))
	}
	return strings.Join(words, " ")
}

// limit reads a number that was asked for; 0: none was.
func (r *record) limit(name string) (n int64) {
	for _, word := range strings.Fields(r.first(planned).Detail) {
		if digits, is := strings.CutPrefix(word, name+"="); is {
			_, _ = fmt.Sscanf(digits, "%d", &n) // a bundle that was altered has none
		}
	}
	return n
}

// protocolNames are the protocols.
var protocolNames = protocol.Names()
