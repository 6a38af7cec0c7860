package live

import (
	"errors"

	urfave "github.com/urfave/cli/v2"

	"sockproof/lib/cli"
)

// Limit is how many a scan may find before that is a failure.
type Limit int

// NoLimit is the limit of a scan without --fail-over.
const NoLimit Limit = -1

// limitFlag sets the limit. It is made anew for each command.
func limitFlag() urfave.Flag {
	return cli.Number("fail-over", "exit 1 if more than `N` are found; without it, finding some is no failure", "", 0, cli.Many)
}

// limitOf reads the flag.
func limitOf(c *cli.Context) Limit {
	if !c.IsSet("fail-over") {
		return NoLimit
	}
	return Limit(c.Number("fail-over"))
}

// Exit is the exit code of a scan that found so many: with a limit, 1 above
// it. A dump with gaps proves more than the limit, never that there are not more.
func (l Limit) Exit(found int, complete bool) int {
	switch {
	case l == NoLimit:
		return 0
	case found > int(l):
		return cli.ExitNotReproduced
	case !complete:
		return cli.ExitInconclusive
	}
	return 0
}

// ErrIncomplete is that a scan may have missed sockets, however often it tried.
var ErrIncomplete = errors.New("scan: the table changed during the dump, every time: sockets may be missing from the list; run it again")
