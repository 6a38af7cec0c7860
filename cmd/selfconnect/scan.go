package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/urfave/cli/v2"

	"sockproof/lib/repro"
)

// scanCommand lists the self-connected sockets that exist on this machine.
func scanCommand() repro.Command {
	return repro.Command{
		Name: "scan", Usage: "list the self-connected sockets of this machine",
		Flags: append(placeFlags(), &cli.StringFlag{
			Name: "fail-over", Usage: "exit 1 if more than `N` are found; without it, finding some is no failure",
		}),
		Accepts: []string{"format", "color"},
		Do:      doScan,
	}
}

// noLimit is the limit of a scan without --fail-over.
const noLimit = -1

// errIncomplete is that a scan may have missed sockets, however often it tried.
var errIncomplete = errors.New("scan: the table changed during the dump, every time: sockets may be missing from the list; run it again")

func doScan(c *repro.Context) (int, error) {
	if len(c.Args) > 0 {
		return repro.ExitUsage, usagef("scan: argument %q: it takes none", c.Args[0])
	}
	limit, err := limitOf(c.CLI)
	if err != nil {
		return repro.ExitUsage, err
	}
	p, err := placeOf(c.CLI)
	if err != nil {
		return repro.ExitUsage, err
	}
	r, err := scan(p)
	if err != nil {
		return repro.ExitInconclusive, err
	}
	err = c.TextOrJSON(r, r.write)
	if err == nil && !r.Complete {
		err = errIncomplete
	}
	return r.exit(limit), err
}

// limitOf reads --fail-over.
func limitOf(c *cli.Context) (int, error) {
	if !c.IsSet("fail-over") {
		return noLimit, nil
	}
	n, err := strconv.Atoi(c.String("fail-over"))
	if err != nil || n < 0 {
		return 0, usagef("flag \"--fail-over\": value %q: want a whole number, 0 or more", c.String("fail-over"))
	}
	return n, nil
}

// scanned is what a scan found.
type scanned struct {
	Schema    string          `json:"schema"`
	Namespace string          `json:"namespace,omitempty"` // looked into, if not the caller's own
	Sockets   []scannedSocket `json:"sockets"`
	Found     int             `json:"found"`
	// OwnersNotVisible counts the sockets that have an owner whom this process
	// may not see; OwnersReason says what would help.
	OwnersNotVisible int    `json:"owners_not_visible"`
	OwnersReason     string `json:"owners_reason,omitempty"`
	SocketsSeen      int    `json:"sockets_seen"` // TCP sockets looked at: all but listeners
	// Complete: the kernel did not say that its table changed during the dump.
	Complete bool `json:"complete"`
}

// scannedSocket is one self-connected socket.
type scannedSocket struct {
	State   string `json:"state"`
	Address string `json:"address"` // local and remote alike
	Family  string `json:"family"`  // of the socket: an IPv6 one may carry IPv4
	// UID and Inode are absent where no descriptor is left: then the kernel
	// names no owner (TIME_WAIT), or no longer (an orphan).
	UID    *uint32 `json:"uid,omitempty"`
	Inode  uint64  `json:"inode,omitempty"`
	Owners []owner `json:"owners"` // several after a fork
	// LeftMS is how long TIME_WAIT still blocks the port.
	LeftMS uint32 `json:"time_wait_left_ms,omitempty"`
}

// owner is a process that holds a descriptor of the socket.
type owner struct {
	PID     int    `json:"pid"`
	Program string `json:"program"` // empty: it ended meanwhile
}

// exit is the exit code: with a limit, 1 above it. A dump with gaps proves more
// sockets than the limit, never that there are not more.
func (r *scanned) exit(limit int) int {
	switch {
	case limit == noLimit:
		return 0
	case r.Found > limit:
		return repro.ExitNotReproduced
	case !r.Complete:
		return repro.ExitInconclusive
	}
	return 0
}

// write shows the result as text.
func (r *scanned) write(w io.Writer) {
	where := ""
	if r.Namespace != "" {
		where = " in " + r.Namespace
	}
	among := plural(r.SocketsSeen, "TCP socket")
	if r.Found == 0 {
		fmt.Fprintf(w, "no self-connected socket among %s%s\n", among, where)
		return
	}
	fmt.Fprintf(w, "%s among %s%s\n", plural(r.Found, "self-connected socket"), among, where)
	width := 0
	for i := range r.Sockets {
		width = max(width, len(r.Sockets[i].title()))
	}
	for i := range r.Sockets {
		s := &r.Sockets[i]
		fmt.Fprintf(w, "  %-11s  %-*s  %s\n", s.State, width, s.title(), s.holder())
	}
	if n := r.OwnersNotVisible; n == 1 {
		fmt.Fprintf(w, "1 socket's owner not visible: %s\n", r.OwnersReason)
	} else if n > 1 {
		fmt.Fprintf(w, "%d sockets' owners not visible: %s\n", n, r.OwnersReason)
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
