package cli

import (
	"net/netip"
	"strconv"
	"strings"

	"sockproof/lib/journal"
)

// Address reads a flag whose value is ADDRESS:PORT, or PORT of loopback. Of names it
// knows localhost alone (RFC 6761 §6.3): a resolver would be an eighth of the binary.
func (c *Context) Address(flag string) (netip.AddrPort, error) {
	value := c.String(flag)
	at, err := netip.ParseAddrPort(onLoopback(value, c.Family()))
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	switch {
	case err != nil:
		return at, Usagef("flag %q: value %q: want a port, or an address and a port like 127.0.0.1:6379 or [::1]:6379, or localhost:6379; other names are not looked up", dashed(flag), value)
	case c.Bool("4") && !at.Addr().Is4(), c.Bool("6") && at.Addr().Is4():
		return at, Usagef("flag %q: value %q: %s is not of the family asked for", dashed(flag), value, at.Addr())
	}
	return at, nil
}

// ListenAddress reads a flag that says where to listen. Where others can reach that,
// it is refused, unless the command has --allow-remote for it, and that is given.
func (c *Context) ListenAddress(flag string, remote bool) (netip.AddrPort, error) {
	at, err := c.Address(flag)
	if err != nil || at.Addr().IsLoopback() || remote && c.Bool(AllowRemoteFlag) {
		return at, err
	}
	lets := ""
	if remote {
		lets = dashed(AllowRemoteFlag) + " lets them, else "
	}
	return at, Usagef("flag %q: value %q: others can reach %s; %swant a loopback address like 127.0.0.1", dashed(flag), c.String(flag), at.Addr(), lets)
}

// AllowRemoteFlag lets a command deal with other machines.
const AllowRemoteFlag = "allow-remote"

// onLoopback adds the address to a port that stands alone, and replaces localhost.
func onLoopback(value string, f journal.Family) string {
	port, is := strings.CutPrefix(value, "localhost:")
	if _, err := strconv.ParseUint(value, 10, 16); err == nil {
		port, is = value, true
	}
	switch {
	case !is:
		return value
	case f == journal.IPv6:
		return "[::1]:" + port
	}
	return "127.0.0.1:" + port
}

// FamilyOf is that of an address.
func FamilyOf(at netip.AddrPort) journal.Family {
	if at.Addr().Is4() {
		return journal.IPv4
	}
	return journal.IPv6
}
