package main

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"sockproof/lib/repro"
)

// The ways in which the peer of a victim misbehaves.
const (
	modeRST         = "rst"          // close with SO_LINGER {1, 0}
	modeClose       = "close"        // an orderly close: what is sent then draws a RST
	modeCloseUnread = "close-unread" // close with data unread
	modeShutWR      = "shut-wr"      // shutdown(SHUT_WR): the victim reads the end, and may go on sending
)

// victimCommand runs a program whose peer misbehaves.
func victimCommand() repro.Command {
	return repro.Command{
		Name: "victim", Usage: "run a program on a TCP connection whose other end misbehaves, and see what becomes of it",
		ArgsUsage: "[-- CMD ARGS ...]",
		Flags: []cli.Flag{
			repro.Choice("mode", "what the peer does", modeRST, modeRST, modeClose, modeCloseUnread, modeShutWR),
			&cli.StringFlag{Name: "after", Usage: "when it has read `BYTES`; without it and --after-time: 1, or after a second"},
			&cli.StringFlag{Name: "after-time", Usage: "after a `DURATION` like 200ms"},
			&cli.StringFlag{Name: "listen", Usage: "instead of running CMD: be that peer for whoever connects to `PORT`"},
			&cli.StringFlag{Name: "connect", Usage: "instead of running CMD: be that peer for the server at `ADDRESS:PORT`"},
			&cli.BoolFlag{Name: "allow-remote", Usage: "let --connect leave this machine"},
			&cli.StringFlag{Name: "times", Usage: "with --listen: end after `N` connections"},
			repro.PayloadFlag(),
			repro.FormatFlag(),
		},
		Accepts: append([]string{"color", "4", "6"}, repro.EvidenceFlags...),
		Exit:    "0 no signal killed it, 1 one did, 2 bad usage, 3 there was no victim, it had not ended, or output lost",
		Examples: []repro.Example{
			{Line: "lingerreset victim --after 4096 -- ./client --quick", Does: "the other end resets after 4096 bytes"},
			{Line: "lingerreset victim --listen 9000 --mode close-unread", Does: "a server that closes with the request unread"},
		},
		Do: doVictim,
	}
}

// victim is what is to be done.
type victim struct {
	mode      string
	bytes     int64         // read before; 0: however many
	wait      time.Duration // before; 0: however long
	argv      []string
	path      string // of the program
	listen    uint16
	connect   netip.AddrPort
	times     int // 0: without end
	listening bool
	calling   bool
}

// patience is how long a victim that says nothing is waited for, where nobody
// says.
const patience = time.Second

// victimOf reads the command line.
func victimOf(c *repro.Context) (*victim, error) {
	v := &victim{mode: c.CLI.String("mode"), argv: c.Args, listening: c.CLI.IsSet("listen"), calling: c.CLI.IsSet("connect")}
	for _, read := range []func(*repro.Context) error{v.readAfter, v.readWhom} {
		if err := read(c); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func usagef(format string, args ...any) error {
	return &repro.UsageError{Text: fmt.Sprintf(format, args...)}
}

func (v *victim) readAfter(c *repro.Context) error {
	bytes, wait := c.CLI.String("after"), c.CLI.String("after-time")
	var err error
	switch {
	case c.CLI.IsSet("after") && c.CLI.IsSet("after-time"):
		return usagef("flags --after and --after-time exclude each other: give one")
	case c.CLI.IsSet("after"):
		if v.bytes, err = strconv.ParseInt(bytes, 10, 64); err != nil || v.bytes < 1 {
			return usagef("flag \"--after\": value %q: want a number of bytes, from 1", bytes)
		}
	case c.CLI.IsSet("after-time"):
		if v.wait, err = time.ParseDuration(wait); err != nil || v.wait <= 0 {
			return usagef("flag \"--after-time\": value %q: want a duration like 200ms or 10s", wait)
		}
	default:
		v.bytes, v.wait = 1, patience
	}
	return nil
}

// readWhom reads who the victim is: a program, whoever connects, or a server.
func (v *victim) readWhom(c *repro.Context) error {
	n := 0
	for _, given := range []bool{len(v.argv) > 0, v.listening, v.calling} {
		if given {
			n++
		}
	}
	switch {
	case n == 0:
		return usagef("victim: no victim: want -- CMD ARGS, --listen PORT or --connect ADDRESS:PORT")
	case n > 1:
		return usagef("victim: CMD, --listen and --connect exclude each other: give one")
	case c.CLI.IsSet("times") && !v.listening:
		return usagef("flag \"--times\" is for --listen only")
	case c.CLI.Bool("allow-remote") && !v.calling:
		return usagef("flag \"--allow-remote\" is for --connect only")
	}
	if c.CLI.IsSet("times") {
		times, err := strconv.Atoi(c.CLI.String("times"))
		if err != nil || times < 1 {
			return usagef("flag \"--times\": value %q: want a whole number, from 1", c.CLI.String("times"))
		}
		v.times = times
	}
	switch {
	case v.listening:
		port, err := strconv.ParseUint(c.CLI.String("listen"), 10, 16)
		if err != nil || port == 0 {
			return usagef("flag \"--listen\": value %q: want a port from 1 to 65535", c.CLI.String("listen"))
		}
		v.listen = uint16(port)
	case v.calling:
		return v.readServer(c)
	default:
		return v.find()
	}
	return nil
}

// readServer reads the address of the server to be called.
func (v *victim) readServer(c *repro.Context) error {
	at, ok := addressOf(c.CLI.String("connect"), c.CLI.Bool("6"))
	if !ok {
		return usagef("flag \"--connect\": value %q: want an address and a port like 127.0.0.1:6379 or [::1]:6379, or localhost:6379; other names are not looked up", c.CLI.String("connect"))
	}
	if !at.Addr().IsLoopback() && !c.CLI.Bool("allow-remote") {
		return usagef("flag \"--connect\": value %q: %s is not this machine; --allow-remote lets the peer misbehave towards others", c.CLI.String("connect"), at.Addr())
	}
	v.connect = at
	return nil
}

// addressOf reads HOST:PORT. Of names it knows localhost alone (RFC 6761 §6.3): a
// resolver would be an eighth of the binary.
func addressOf(s string, ipv6 bool) (netip.AddrPort, bool) {
	if port, ok := strings.CutPrefix(s, "localhost:"); ok {
		s = "127.0.0.1:" + port
		if ipv6 {
			s = "[::1]:" + port
		}
	}
	at, err := netip.ParseAddrPort(s)
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), err == nil && at.Port() != 0
}
