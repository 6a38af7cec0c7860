package main

import (
	"errors"
	"strconv"
	"time"

	urfave "github.com/urfave/cli/v2"

	"sockproof/lib/cli"
)

// Bounds of what may be asked for.
const (
	mostConnections = 1000
	mostTimes       = 1000
	mostBytes       = 1 << 40
)

// commonFlags are those of every mode, made anew for each.
func commonFlags(m *mode) []urfave.Flag {
	flags := []urfave.Flag{
		cli.Choice("protocol", "what a request is", usualProtocol(m), protocolNames...),
		cli.Checked("listen", "be that peer at `ADDRESS:PORT`, or at PORT of loopback (0: any), for CMD, or without CMD for whoever connects", "", anything),
		&urfave.BoolFlag{Name: "stdio", Usage: "the connection is CMD's standard input and output"},
		&urfave.BoolFlag{Name: "any-peer", Usage: "take every connection for CMD's, whoever's it is"},
		&urfave.BoolFlag{Name: "isolate", Usage: "run CMD and the peer in a user and network namespace of their own: only loopback is reachable there"},
		&urfave.BoolFlag{Name: cli.AllowRemoteFlag, Usage: "let the peer deal with other machines"},
		cli.Duration("timeout", "how long CMD may run, a `DURATION`", usualTimeout(m), 0),
		cli.Duration("patience", "how long CMD may take to give up, or to listen; --timeout at most", "30s", 0),
		cli.Number("times", "run CMD `N` times: exit status 1 if any run failed, else 3 if any is undecided", "1", 1, mostTimes),
		cli.Number("connections", "with --listen and no CMD: end after `N` connections", "", 1, cli.Many),
		cli.Number("max-connections", "so many at once; the others wait", strconv.Itoa(mostConnections), 1, mostConnections),
		cli.Duration("idle", "close a connection on which nothing came for so long", "30s", 0),
		cli.Checked("success", "CMD has succeeded if its output matches `REGEX`; else if its exit status is 0", "", anything),
		cli.Checked("error", "CMD has reported an error if its output matches `REGEX`; else if its exit status is not 0", "", anything),
		&urfave.StringFlag{Name: "output", TakesFile: true, Usage: "write CMD's output to `FILE` instead of passing it on"},
		cli.Choice("format", "what stdout gets", "text", "text", "json", "junit", "tap"),
		cli.PayloadFlag(),
	}
	if m.asServer {
		flags = append(flags,
			&urfave.StringFlag{Name: "server", Usage: "CMD listens at `ADDRESS:PORT`, and the peer is its client; without CMD, the server that listens there"},
			&urfave.StringFlag{Name: "send", Usage: "with --server: ask `TEXT` instead of the protocol's usual request"})
	}
	if m.before {
		flags = append(flags, &urfave.StringFlag{Name: "upstream", Usage: "stand before the real server at `ADDRESS:PORT`, whatever it speaks"})
	}
	return append(flags, m.flags...)
}

func anything(text string) error {
	if text == "" {
		return errors.New("want a value")
	}
	return nil
}

// usualProtocol is what a mode needs, or none.
func usualProtocol(m *mode) string {
	if m.protocols == nil {
		return "raw"
	}
	return m.protocols[0]
}

func usualTimeout(m *mode) string {
	if m == &slowMode {
		return "90s" // dripFor, and what a program makes of it
	}
	return "60s"
}

func afterFlag() urfave.Flag {
	return cli.Checked("after", "when the peer has read so many `BYTES`, or after a DURATION like 200ms (with --server, bytes of the reply)", "", func(text string) error {
		d, err := time.ParseDuration(text)
		n, number := strconv.ParseUint(text, 10, 64)
		if err == nil && d > 0 || number == nil && n >= 1 && n <= mostBytes {
			return nil
		}
		return errors.New("want a number of bytes from 1, or a duration like 200ms")
	})
}

func whenFlags() []urfave.Flag {
	return []urfave.Flag{
		afterFlag(),
		&urfave.BoolFlag{Name: "before-reply", Usage: "when a whole request has come (the default, where there are requests)"},
		&urfave.BoolFlag{Name: "mid-reply", Usage: "after half of a reply"},
		cli.Choice("expect", "what CMD should do: end by itself, or stay alive and make another request", "end", "end", "alive"),
	}
}

func strictFlags() []urfave.Flag {
	return []urfave.Flag{&urfave.BoolFlag{Name: "strict", Usage: "a server that answers the FIN with a reset has failed, though RFC 9112 allows it"}}
}

func patienceFlags() []urfave.Flag {
	return []urfave.Flag{
		&urfave.StringFlag{Name: "replies", TakesFile: true, Usage: "judge what CMD says it got: `FILE`, or stdout, a line for each request: request<TAB>reply, or what judge takes"},
		&urfave.StringFlag{Name: "request-field", Usage: "with --replies: the `FIELD` of CSV or JSON lines that has the request"},
		&urfave.StringFlag{Name: "reply-field", Usage: "with --replies: the `FIELD` that has the reply"},
	}
}

func everyFlag() urfave.Flag {
	return cli.Number("every", "the reply to the first of each `N` requests is late; without it, that to the first of all", "", 2, cli.Many)
}

func retryFlags() []urfave.Flag {
	return []urfave.Flag{
		&urfave.BoolFlag{Name: "safe", Usage: "the requests may be made again"},
		&urfave.BoolFlag{Name: "unsafe", Usage: "the requests may not be made again"},
	}
}

func truncateFlags() []urfave.Flag {
	return []urfave.Flag{
		afterFlag(),
		cli.Choice("how", "how the reply says where it ends, and does not: by its length, by chunks (http), or by the end of the connection, which is a control", "length", "length", "chunked", "end"),
	}
}

func cutFlags() []urfave.Flag {
	return []urfave.Flag{cli.Choice("when", "when the path goes dead: with a request outstanding, or when the connection is idle after a reply", "outstanding", "outstanding", "idle")}
}

func slowFlags() []urfave.Flag {
	return []urfave.Flag{
		cli.Choice("how", "how slow", "drip", "drip", "zero-window"),
		cli.Checked("max-rss", "how much memory CMD may take, a `SIZE`", "256MiB", func(text string) error {
			_, err := size(text)
			return err
		}),
	}
}
