package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	urfave "github.com/urfave/cli/v2"

	"sockproof/lib/cli"
	"sockproof/lib/journal"
	"sockproof/lib/live"
	"sockproof/lib/witness/tcpstate"
)

// options are what a look was asked for.
type options struct {
	place    live.Place
	allNetns bool
	limit    live.Limit
	every    time.Duration
	times    int
	kinds    []string // empty: those that are looked for where nobody says
	showAll  bool     // sockets one by one
	redact   bool
	output   string
	format   string
	portsAt  int
	idle     millis
	filter   filter
	asked    string // the flags that narrow what is told

	descriptorsAt int

	// What judging needs of a look as a whole.
	relays   map[int]*relay
	relayed  map[int]bool // the other sides of those
	mayRelay map[int32]bool
}

// filter is which sockets are wanted; the zero filter takes all.
type filter struct {
	pid        int
	program    string
	port       uint16 // at either end
	states     uint32 // a bit for each
	remote     netip.Prefix
	remotePort uint16
}

// lookFlags are the flags of a look.
func lookFlags() []urfave.Flag {
	return append(append(live.OptionFlags(), scanEveryFlags()...),
		&urfave.BoolFlag{Name: "all-netns", Usage: "look into every network namespace of this machine: containers and pods"},
		cli.Choices("kind", "what to look for", kindNames()...),
		&urfave.BoolFlag{Name: "sockets", Usage: "list the sockets of each finding, with their descriptors"},
		cli.Number("pid", "only sockets of process `PID`", "", 1, cli.Many),
		&urfave.StringFlag{Name: "program", Usage: "only sockets of programs with this `NAME`"},
		cli.Number("port", "only connections with `PORT` at either end", "", 1, 65535),
		cli.Choice("state", "only sockets in this state", "", stateNames()...),
		cli.Checked("remote", "only connections to `ADDRESS[:PORT]` or a network like 10.0.0.0/8", "", func(text string) error { _, _, err := parseRemote(text); return err }),
		cli.Number("ports-at", "say that ports are used up from `PERCENT` on", "80", 1, 100),
		cli.Number("descriptors-at", "say that descriptors are used up from `PERCENT` on", "80", 1, 100),
		cli.Duration("idle", "with --kind idle: connections silent for `DURATION`", "2h", 1000*time.Hour),
		&urfave.StringFlag{Name: "output", TakesFile: true, Usage: "write to `FILE`, replaced when the report is complete, instead of stdout"},
		&urfave.BoolFlag{Name: "redact", Usage: "mask addresses"},
		cli.Choice("format", "what stdout gets", formatText, formatText, formatJSON, formatJSONL, formatMetrics),
	)
}

// The formats of a look.
const (
	formatText    = "text"
	formatJSON    = "json"
	formatJSONL   = "jsonl"
	formatMetrics = "openmetrics"
)

func kindNames() (names []string) {
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// lookStates are the states that sockets are kept in.
var lookStates = map[string]uint8{
	journal.Established: tcpstate.Established, journal.FinWait1: tcpstate.FinWait1, journal.FinWait2: tcpstate.FinWait2,
	journal.TimeWait: tcpstate.TimeWait, journal.CloseWait: tcpstate.CloseWait, journal.LastAck: tcpstate.LastAck, journal.Closing: tcpstate.Closing,
}

func stateNames() (names []string) {
	for n := range lookStates {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// parseRemote reads an address, with or without a port, or a network.
func parseRemote(text string) (netip.Prefix, uint16, error) {
	if a, err := netip.ParseAddrPort(text); err == nil {
		return netip.PrefixFrom(a.Addr().Unmap(), a.Addr().Unmap().BitLen()), a.Port(), nil
	}
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), 0, nil
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return p, 0, nil
	}
	return netip.Prefix{}, 0, fmt.Errorf("want an address, an address and a port, or a network, like 192.0.2.1, [::1]:80 or 10.0.0.0/8")
}

// optionsOf reads the command line of a look.
func optionsOf(c *cli.Context) (*options, error) {
	common, err := live.OptionsOf(c)
	if err != nil {
		return nil, err
	}
	for _, other := range []string{"netns", "netns-of"} {
		if err := c.NotBoth("all-netns", other); err != nil {
			return nil, err
		}
	}
	if err := c.NotBoth("pid", "program"); err != nil {
		return nil, err
	}
	every, err := scanEveryOf(c)
	if err != nil {
		return nil, err
	}
	o := &options{
		place: common.Place, limit: common.Limit, allNetns: c.Bool("all-netns"), every: every.interval, times: every.times,
		showAll: c.Bool("sockets"), redact: c.Bool("redact"), output: c.String("output"), format: c.Format(),
		portsAt: int(c.Number("ports-at")), descriptorsAt: int(c.Number("descriptors-at")), idle: millis(c.Duration("idle").Milliseconds()),
	}
	if k := c.String("kind"); c.IsSet("kind") && k != "all" {
		o.kinds = strings.Split(k, ",")
	} else if c.IsSet("kind") {
		o.kinds = kindNames()
	}
	o.filter = filter{pid: int(c.Number("pid")), program: c.String("program"), port: uint16(c.Number("port"))}
	if s := c.String("state"); s != "" {
		o.filter.states = 1 << lookStates[s]
	}
	if r := c.String("remote"); r != "" {
		o.filter.remote, o.filter.remotePort, _ = parseRemote(r) // was checked
	}
	for _, name := range []string{"kind", "pid", "program", "port", "state", "remote"} {
		switch {
		case !c.IsSet(name), c.String(name) == "all":
		case name == "remote" && o.redact:
			o.asked = strings.TrimSpace(o.asked + " --" + name)
		default:
			o.asked = strings.TrimSpace(o.asked + " --" + name + " " + c.String(name))
		}
	}
	return o, nil
}

// chosen are the kinds that are looked for.
func (o *options) chosen() (all []*kind) {
	for _, k := range kinds() {
		if slices.Contains(o.kinds, k.name) || len(o.kinds) == 0 && !k.asked {
			all = append(all, k)
		}
	}
	return all
}

// hasKind says whether a kind is looked for.
func (o *options) hasKind(k *kind) bool {
	return slices.Contains(o.kinds, k.name) || len(o.kinds) == 0 && !k.asked
}

// asksIdle says whether TCP_INFO of all connections in use is asked for.
func (o *options) asksIdle() bool { return slices.Contains(o.kinds, idle.name) }

// isRelayed says whether a socket is the other side of one that a relay keeps open.
func (o *options) isRelayed(i int) bool { return o.relayed[i] }

// filtered says whether not all sockets are wanted.
func (o *options) filtered() bool { return o.filter != (filter{}) }

// wants says whether a socket is.
func (o *options) wants(l *look, i int) bool {
	f := &o.filter
	if !o.filtered() {
		return true
	}
	s := l.socket(i)
	switch {
	case f.states != 0 && f.states&(1<<s.state) == 0,
		f.port != 0 && s.local.port != f.port && s.remote.port != f.port,
		f.remote.IsValid() && !f.remote.Contains(s.remote.addr()),
		f.remotePort != 0 && s.remote.port != f.remotePort:
		return false
	}
	return o.wantsOwner(l.owner(s.owner))
}

// wantsOwner says whether a process's sockets are wanted.
func (o *options) wantsOwner(w *live.Owner) bool {
	switch f := &o.filter; {
	case f.pid == 0 && f.program == "":
		return true
	case w == nil:
		return false
	default:
		return (f.pid == 0 || w.PID == f.pid) && (f.program == "" || w.Program == f.program)
	}
}

func (o *options) wantsListener(l *look, v *listener) bool {
	f := &o.filter
	return f.states == 0 && !f.remote.IsValid() && (f.port == 0 || f.port == v.at.port) && o.wantsOwner(l.owner(v.owner))
}

// wantsProcess says whether what concerns a process as a whole is wanted.
func (o *options) wantsProcess(w *live.Owner) bool {
	f := &o.filter
	return f.states == 0 && f.port == 0 && !f.remote.IsValid() && o.wantsOwner(w)
}

// wantsPorts says whether the ports to a destination are; they belong to no process.
func (o *options) wantsPorts(to destination) bool {
	f := &o.filter
	return f.pid == 0 && f.program == "" && f.states == 0 && (f.port == 0 || f.port == to.to.port) &&
		(!f.remote.IsValid() || f.remote.Contains(to.to.addr())) && (f.remotePort == 0 || f.remotePort == to.to.port)
}

// scanEvery is how often a scan is made again.
type scanEvery struct {
	interval time.Duration // 0: once
	times    int           // 0: until it is interrupted
}

// scanEveryFlags set it.
func scanEveryFlags() []urfave.Flag {
	return []urfave.Flag{
		cli.Duration("every", "look again each `DURATION` of a second or more, until ^C, and show what has come", "", 0),
		cli.Number("times", "end --every after `N` looks", "", 1, cli.Many),
	}
}

// scanEveryOf reads the flags.
func scanEveryOf(c *cli.Context) (scanEvery, error) {
	e := scanEvery{interval: c.Duration("every"), times: int(c.Number("times"))}
	if c.IsSet("every") && e.interval < time.Second {
		return e, cli.Usagef("flag \"--every\": value %q: want a second or more", c.String("every"))
	}
	if e.times > 0 && e.interval == 0 {
		return e, cli.Usagef("flag \"--times\": value %q: it ends --every, which is not given", strconv.Itoa(e.times))
	}
	return e, nil
}
