package main

import (
	"sockproof/lib/cli"
	"sockproof/lib/live"
)

// look finds the sockets of this machine that are stuck on their way to an end.
var look = cli.Command{
	Usage:   "find the sockets of this machine that are stuck half closed, and whose bug that is; --fail-over does not count TIME_WAIT",
	Flags:   append(append(live.OptionFlags(), scanEveryFlags()...), cli.FormatFlag()),
	Accepts: []string{"color", "version"},
	Exit:    "0 looked, 1 with --fail-over: more were found, 2 bad usage, 3 it could not look, or output lost",
	Do:      doScan,
}

func doScan(c *cli.Context) (int, error) {
	o, err := live.OptionsOf(c)
	if err != nil {
		return cli.ExitUsage, err
	}
	every, err := scanEveryOf(c)
	if err != nil {
		return cli.ExitUsage, err
	}
	s, err := openStuckScanner(o.Place)
	if err != nil {
		return cli.ExitInconclusive, err
	}
	defer s.close()
	w := scanWatch{Context: c, options: o, scan: s.scan}
	if every.interval == 0 {
		return w.once()
	}
	return w.rounds(every)
}
