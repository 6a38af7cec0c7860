package main

import (
	"fmt"
	"io"
	"strconv"

	"sockproof/lib/cli"
	"sockproof/lib/live"
)

// scanCommand lists the self-connected sockets that exist on this machine.
func scanCommand() cli.Command {
	return cli.Command{
		Name: "scan", Usage: "list the self-connected sockets of this machine; TIME_WAIT counts, for it blocks the port",
		Flags:   append(live.OptionFlags(), cli.FormatFlag()),
		Accepts: []string{"color"},
		Exit:    "0 looked, 1 with --fail-over: more were found, 2 bad usage, 3 it could not look, or output lost",
		Examples: []cli.Example{
			{Line: "selfconnect scan --fail-over 0", Does: "exit status 1 if any is found, for monitoring"},
		},
		Do: doScan,
	}
}

func doScan(c *cli.Context) (int, error) {
	o, err := live.OptionsOf(c)
	if err != nil {
		return cli.ExitUsage, err
	}
	r, err := scan(o.Place)
	if err != nil {
		return cli.ExitInconclusive, err
	}
	err = c.TextOrJSON(r, r.write)
	if err == nil && !r.Complete {
		err = live.ErrIncomplete
	}
	return o.Limit.Exit(r.Found, r.Complete), err
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
	UID    *uint32      `json:"uid,omitempty"`
	Inode  uint64       `json:"inode,omitempty"`
	Owners []live.Owner `json:"owners"` // several after a fork
	// LeftMS is how long TIME_WAIT still blocks the port.
	LeftMS uint32 `json:"time_wait_left_ms,omitempty"`
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
	if r.OwnersNotVisible > 0 {
		fmt.Fprintln(w, live.NotVisible(r.OwnersNotVisible, r.OwnersReason))
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
