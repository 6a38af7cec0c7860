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
			cli.Number("late-every", "the reply to one request in `N` is late", "10", 1, cli.Many),
			clientsLateBy(),
			&urfave.StringFlag{Name: "listen", Value: "0", DefaultText: "0, a free port", Usage: "listen on `ADDRESS:PORT`, or on PORT of loopback"},
			&urfave.BoolFlag{Name: cli.AllowRemoteFlag, Usage: "let --listen take an address that others can reach"},
			cli.Number("requests", "end when `N` requests have been answered", "", 1, cli.Many),
			cli.Duration("for", "end after a `DURATION` like 10s", "", maxDuration),
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

// maxDuration bounds what may be asked for.
const maxDuration = 24 * time.Hour

// serveOptionsOf reads the command line.
func serveOptionsOf(c *cli.Context) (o *responder.Config, err error) {
	o = &responder.Config{
		Protocol: responder.Protocol(c.String("protocol")), Payload: c.Bool("payload"), LateEvery: int64(c.Number("late-every")),
		LateBy: c.Duration(lateByFlag), For: c.Duration("for"), Requests: int64(c.Number("requests")),
	}
	if err := c.NoArgs(); err != nil {
		return nil, err
	}
	o.Listen, err = listenAddress(c)
	return o, err
}

// listenAddress reads where to listen.
func listenAddress(c *cli.Context) (netip.AddrPort, error) {
	if !c.IsSet("listen") && c.Bool(cli.AllowRemoteFlag) {
		return netip.AddrPort{}, cli.Usagef("flag \"--allow-remote\" is for --listen only")
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
