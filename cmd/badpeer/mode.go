package main

import (
	"slices"

	urfave "github.com/urfave/cli/v2"

	"sockproof/cmd/badpeer/internal/protocol"
	"sockproof/lib/cli"
	"sockproof/lib/tcp"
)

// journalView is a journal as claims read it.
type journalView = *tcp.View

// mode is one way in which a peer misbehaves.
type mode struct {
	name, usage string
	copes       string // when the program does
	untried     string // how a program that never gave the occasion can be made to
	// protocols are those in which it can be done; nil: all.
	protocols []string
	// asServer: CMD may be a server. before: the peer may stand before a real server.
	asServer, before bool
	flags            []urfave.Flag
	play             func(p *play) player
	judge            func(r *record) verdict
}

// player is what a peer does in one mode.
type player interface {
	// opened is told of each connection of the program's.
	opened(c *conn)
	// request is told of each whole request of the program's; those of others are answered.
	request(c *conn, r protocol.Request)
	// turn is called again and again.
	turn()
	// done says whether nothing more is to be seen, whether or not the program has ended.
	done() bool
}

// well behaves well: what other players leave to it.
type well struct{ *play }

func (well) opened(*conn)                          {}
func (w well) request(c *conn, r protocol.Request) { c.answer(r) }
func (well) turn()                                 {}
func (well) done() bool                            { return false }

// modes are all of them, in the order of the help.
var modes = []*mode{
	&resetMode, &closeMode, &closeUnreadMode, &halfCloseMode, &lateMode, &idleCloseMode, &truncateMode,
	&silentMode, &neverAcceptsMode, &noConnectMode, &refuseMode, &cutMode, &slowMode, &dupMode, &crossMode,
}

// takes says whether a mode can be played in a protocol.
func (m *mode) takes(protocol string) error {
	if m.protocols == nil || slices.Contains(m.protocols, protocol) {
		return nil
	}
	return cli.Usagef("%s: flag \"--protocol\": value %q: this mode needs to know what a request is: want %s", m.name, protocol, cli.OrList(m.protocols))
}
