package main

import (
	"sockproof/lib/live"
	"sockproof/lib/repro"
)

// scanCommand finds the sockets of this machine that are stuck on their way to
// an end.
func scanCommand() repro.Command {
	return repro.Command{
		Name: "scan", Usage: "find the sockets of this machine that are stuck half closed, and whose bug that is; --fail-over does not count TIME_WAIT",
		Flags:   append(append(live.OptionFlags(), scanEveryFlags()...), repro.FormatFlag()),
		Accepts: []string{"color"},
		Exit:    "0 looked, 1 with --fail-over: more were found, 2 bad usage, 3 it could not look, or output lost",
		Examples: []repro.Example{
			{Line: "halfclose scan --every 5s", Does: "again each five seconds, and what grew"},
			{Line: "halfclose scan --fail-over 100", Does: "exit status 1 if more than a hundred are stuck, for monitoring"},
		},
		Do: doScan,
	}
}

func doScan(c *repro.Context) (int, error) {
	o, err := live.OptionsOf(c)
	if err != nil {
		return repro.ExitUsage, err
	}
	every, err := scanEveryOf(c.CLI)
	if err != nil {
		return repro.ExitUsage, err
	}
	s, err := openStuckScanner(o.Place)
	if err != nil {
		return repro.ExitInconclusive, err
	}
	defer s.close()
	w := scanWatch{Context: c, options: o, scan: s.scan}
	if every.interval == 0 {
		return w.once()
	}
	return w.rounds(every)
}
