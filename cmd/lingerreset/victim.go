package main

import (
	"net/netip"
	"time"

	urfave "github.com/urfave/cli/v2"

	"sockproof/lib/cli"
)

// The ways in which the peer of a victim misbehaves.
const (
	modeRST         = "rst"          // close with SO_LINGER {1, 0}
	modeClose       = "close"        // an orderly close: what is sent then draws a RST
	modeCloseUnread = "close-unread" // close with data unread
	modeShutWR      = "shut-wr"      // shutdown(SHUT_WR): the victim reads the end, and may go on sending
)

// victimCommand runs a program whose peer misbehaves.
func victimCommand() cli.Command {
	return cli.Command{
		Name: "victim", Usage: "run a program on a TCP connection whose other end misbehaves, and see what becomes of it",
		ArgsUsage: "[-- CMD ARGS ...]",
		Flags: []urfave.Flag{
			cli.Choice("mode", "what the peer does", modeRST, modeRST, modeClose, modeCloseUnread, modeShutWR),
			cli.Number("after", "when it has read `BYTES`; without it and --after-time: 1, or after a second", "", 1, maxBytes),
			cli.Duration("after-time", "after a `DURATION` like 200ms", "", 0),
			&urfave.StringFlag{Name: "listen", Usage: "instead of running CMD: be that peer for whoever connects to `ADDRESS:PORT`, or to PORT of loopback"},
			&urfave.StringFlag{Name: "connect", Usage: "instead of running CMD: be that peer for the server at `ADDRESS:PORT`, or at PORT of loopback"},
			&urfave.BoolFlag{Name: cli.AllowRemoteFlag, Usage: "let --connect leave this machine"},
			cli.Number("times", "with --listen: end after `N` connections", "", 1, cli.Many),
			cli.PayloadFlag(),
			cli.FormatFlag(),
		},
		Accepts: append([]string{"color", "4", "6"}, cli.EvidenceFlags...),
		Exit:    "0 no signal killed it, 1 one did, 2 bad usage, 3 there was no victim, it had not ended, or output lost",
		Examples: []cli.Example{
			{Line: "lingerreset victim --after 4096 -- ./client --quick", Does: "the other end resets after 4096 bytes"},
			{Line: "lingerreset victim --listen 9000 --mode close-unread", Does: "a server that closes with the request unread"},
		},
		Do: doVictim,
	}
}

// maxBytes bounds --after.
const maxBytes = 1 << 40

// victim is what is to be done.
type victim struct {
	mode      string
	bytes     int64         // read before; 0: however many
	wait      time.Duration // before; 0: however long
	argv      []string
	path      string         // of the program
	at        netip.AddrPort // where to listen, or whom to call
	times     int            // 0: without end
	listening bool
	calling   bool
}

// patience is how long a victim that says nothing is waited for, where nobody
// says.
const patience = time.Second

// victimOf reads the command line.
func victimOf(c *cli.Context) (*victim, error) {
	v := &victim{
		mode: c.String("mode"), bytes: int64(c.Number("after")), wait: c.Duration("after-time"), argv: c.Args,
		listening: c.IsSet("listen"), calling: c.IsSet("connect"),
	}
	if v.bytes == 0 && v.wait == 0 {
		v.bytes, v.wait = 1, patience
	}
	if err := c.NotBoth("after", "after-time"); err != nil {
		return nil, err
	}
	return v, v.readWhom(c)
}

// readWhom reads who the victim is: a program, whoever connects, or a server.
func (v *victim) readWhom(c *cli.Context) error {
	n := 0
	for _, given := range []bool{len(v.argv) > 0, v.listening, v.calling} {
		if given {
			n++
		}
	}
	switch {
	case n == 0:
		return cli.Usagef("victim: no victim: want -- CMD ARGS, --listen ADDRESS:PORT or --connect ADDRESS:PORT")
	case n > 1:
		return cli.Usagef("victim: CMD, --listen and --connect exclude each other: give one")
	case c.IsSet("times") && !v.listening:
		return cli.Usagef("flag \"--times\" is for --listen only")
	case c.Bool(cli.AllowRemoteFlag) && !v.calling:
		return cli.Usagef("flag \"--allow-remote\" is for --connect only")
	}
	v.times = int(c.Number("times"))
	switch {
	case v.listening:
		return v.readListen(c)
	case v.calling:
		return v.readServer(c)
	}
	return v.find()
}

// readListen reads where to listen: at a port that whoever connects can know.
func (v *victim) readListen(c *cli.Context) (err error) {
	if v.at, err = c.ListenAddress("listen", false); err == nil && v.at.Port() == 0 {
		return cli.Usagef("flag \"--listen\": value %q: want a port from 1 to 65535", c.String("listen"))
	}
	return err
}

// readServer reads the address of the server to be called.
func (v *victim) readServer(c *cli.Context) (err error) {
	given := c.String("connect")
	v.at, err = c.Address("connect")
	switch {
	case err != nil:
		return err
	case v.at.Port() == 0:
		return cli.Usagef("flag \"--connect\": value %q: want a port from 1 to 65535", given)
	case !v.at.Addr().IsLoopback() && !c.Bool(cli.AllowRemoteFlag):
		return cli.Usagef("flag \"--connect\": value %q: %s is not this machine; --allow-remote lets the peer misbehave towards others", given, v.at.Addr())
	}
	return nil
}
