package main

import (
	"fmt"
	"net/netip"
	"time"

	urfave "github.com/urfave/cli/v2"

	"sockproof/cmd/staleresp/internal/responder"
	"sockproof/lib/cli"
	"sockproof/lib/report"
)

// serveCommand is a server for the user's own client.
func serveCommand() cli.Command {
	return cli.Command{
		Name: "serve", Usage: "a server some of whose replies are late, for your client: does it go on over a connection that owes it a reply?",
		Flags: []urfave.Flag{
			cli.Choice("protocol", "what it speaks", string(responder.Line), protocolNames()...),
			&urfave.StringFlag{Name: "late-every", Value: "10", Usage: "the reply to one request in `N` is late"},
			clientsLateBy(),
			&urfave.StringFlag{Name: "listen", Value: "0", DefaultText: "0, a free port", Usage: "listen on `ADDRESS:PORT`, or on PORT of loopback"},
			&urfave.BoolFlag{Name: cli.AllowRemoteFlag, Usage: "let --listen take an address that others can reach"},
			&urfave.StringFlag{Name: "requests", Usage: "end when `N` requests have been answered"},
			&urfave.StringFlag{Name: "for", Usage: "end after a `DURATION` like 10s"},
			&urfave.BoolFlag{Name: "payload", Usage: "show what clients sent, not only its length and hash"},
			cli.FormatFlag(),
		},
		Accepts: []string{"color", "4", "6"},
		Exit:    "0 no connection was used again that owed a reply, 1 one was, 2 bad usage, 3 no reply was late, it could not listen, or output lost",
		Examples: []cli.Example{
			{Line: "staleresp serve --protocol resp --late-every 10 --listen 127.0.0.1:6399", Does: "a Redis of which each tenth reply is late"},
			{Line: "staleresp serve --protocol line --requests 100", Does: "a free port, named on the first line; it ends after 100 requests"},
		},
		Do: doServe,
	}
}

func protocolNames() (names []string) {
	for _, p := range responder.Protocols {
		names = append(names, string(p))
	}
	return names
}

// serveOptionsOf reads the command line.
func serveOptionsOf(c *cli.Context) (*responder.Config, error) {
	o := &responder.Config{Protocol: responder.Protocol(c.CLI.String("protocol")), Payload: c.CLI.Bool("payload")}
	if err := noArgs(c); err != nil {
		return nil, err
	}
	every, err := wholeNumber(c, "late-every", 1, maxRequests)
	if err != nil {
		return nil, err
	}
	o.LateEvery = int64(every)
	if o.LateBy, err = durationFlag(c, lateByFlag); err != nil {
		return nil, err
	}
	if c.CLI.IsSet("for") {
		if o.For, err = durationFlag(c, "for"); err != nil {
			return nil, err
		}
	}
	if c.CLI.IsSet("requests") {
		n, err := wholeNumber(c, "requests", 1, maxRequests)
		if err != nil {
			return nil, err
		}
		o.Requests = int64(n)
	}
	o.Listen, err = listenAddress(c)
	return o, err
}

// maxDuration bounds what may be asked for.
const maxDuration = 24 * time.Hour

// durationFlag reads a flag whose value is a time.
func durationFlag(c *cli.Context, flag string) (time.Duration, error) {
	d, err := time.ParseDuration(c.CLI.String(flag))
	if err != nil || d < time.Millisecond || d > maxDuration {
		return 0, usagef("flag %q: value %q: want a duration from 1ms to %v, like 300ms or 10s", "--"+flag, c.CLI.String(flag), maxDuration)
	}
	return d, nil
}

// listenAddress reads where to listen.
func listenAddress(c *cli.Context) (netip.AddrPort, error) {
	if !c.CLI.IsSet("listen") && c.CLI.Bool(cli.AllowRemoteFlag) {
		return netip.AddrPort{}, usagef("flag \"--allow-remote\" is for --listen only")
	}
	return c.ListenAddress("listen", true)
}

// doServe serves until it is interrupted, or as long as it shall.
func doServe(c *cli.Context) (int, error) {
	o, err := serveOptionsOf(c)
	if err != nil {
		return cli.ExitUsage, err
	}
	r := newServeReport(o)
	o.Listening = func(at string) {
		r.Listen = at
		if c.Format() == "json" { // stdout gets one document, at the end
			fmt.Fprintf(c.Errs, "listening on %s\n", report.Printable(at))
			return
		}
		_ = c.TextOrJSON(nil, r.writeListening) // its error ends the server
	}
	o.Settled = func(l *responder.Late) {
		r.add(l)
		if c.Format() != "json" {
			_ = c.TextOrJSON(nil, (*lateLine)(l).write)
		}
	}
	began := time.Now()
	r.Counts, err = responder.Run(c.Ctx, o)
	if err != nil {
		return cli.ExitInconclusive, fmt.Errorf("serve: %w", err)
	}
	r.ElapsedNS = int64(time.Since(began))
	r.conclude()
	return r.exit(), c.TextOrJSON(r, r.write)
}
