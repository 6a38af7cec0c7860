package main

import (
	"cmp"
	"io"
	"net/netip"
	"time"

	"sockproof/cmd/badpeer/internal/protocol"
	"sockproof/cmd/badpeer/internal/token"
	"sockproof/lib/journal"
	"sockproof/lib/live"
	"sockproof/lib/scenario"
)

const (
	// endless is longer than anybody waits.
	endless = 1000 * time.Hour
	// backlog is the listener's queue.
	backlog = 128
	// tail is how long what a program had left in its sockets is waited for when it has ended.
	tail = 200 * time.Millisecond
	// farewell is how long a program that is asked to end (SIGTERM) is waited for.
	farewell = time.Second
)

// play is one run of the program against the peer.
type play struct {
	*plan
	t           *scenario.T
	player      player
	listener    *scenario.Listener
	first       *scenario.End // a socket of the peer's, for facts that are no connection's
	at          netip.AddrPort
	cmd         *scenario.Command
	clients     *live.Clients
	conns       []*conn
	victims     []victim
	holders     []holder
	facts       []fact
	began       time.Time
	acted       bool      // the peer has misbehaved
	watched     time.Time // the holders were looked for
	looked      time.Time
	left        bool // the program has ended, and has left processes behind
	crowded     bool // --max-connections was reached, and this is noted
	output      *captured
	readyTo     io.Writer
	requests    map[token.Token]string // that were asked, by their tokens
	lateReplies map[token.Token]string // the requests to which a reply was sent late
	texts       map[string]string      // of requests, by what stands for them in the journal
}

// steps run the program, and let the peer misbehave.
func (p *play) steps(t *scenario.T) {
	p.t, p.began = t, time.Now()
	t.Host("a").In(func() (err error) {
		p.clients, err = live.OpenClients()
		return err
	})
	defer p.clients.Close()
	defer p.output.close()
	defer p.closeHolders()
	p.player = p.mode.play(p)
	switch {
	case p.server.IsValid():
		p.beClient()
	case p.stdio:
		p.beStandard()
	default:
		p.beServer()
	}
	p.finish()
}

// beServer listens, and lets the program come.
func (p *play) beServer() {
	l := p.t.Host("b").Socket(scenario.Opt(journal.SOReuseAddr, 1), scenario.At(p.listenAt()))
	p.first = l
	p.prepare(l)
	p.plans()
	p.start()
	p.loop()
}

// beStandard makes the connection that is the program's standard input and output.
func (p *play) beStandard() {
	client, server := p.t.Listen(0).Connect()
	p.first, p.at = server, server.Local()
	p.plans()
	client.SetBlocking()
	p.exec(scenario.Program{Standard: client})
	p.t.AtOnce(func() { client.Close() })
	c := p.take(server)
	c.mine = true
	p.note(met, c, nil, "its standard input and output")
	p.player.opened(c)
	p.loop()
}

// prepare makes the listener.
func (p *play) prepare(e *scenario.End) {
	if own, is := p.player.(interface{ listen(e *scenario.End) }); is {
		own.listen(e)
	} else {
		p.listener = e.Listen(backlog)
	}
	p.at = e.Local()
	p.ready(p.at)
}

// plans notes what was asked for, as far as the verdict rests on it.
func (p *play) plans() { p.note(planned, nil, nil, "%s", p.words()) }

// loop goes on until there is nothing more to be seen.
func (p *play) loop() {
	until := p.timeout
	if p.serves() {
		until = endless
	}
	p.t.Await(until, func() bool {
		p.turn()
		return p.over()
	})
}

// serves says whether the peer is there for whoever connects, and runs no program.
func (p *play) serves() bool { return p.cmd == nil && !p.server.IsValid() }

// over says whether the run is.
func (p *play) over() bool {
	switch {
	case p.cmd != nil && p.cmd.Ended():
		return p.acted || !p.leftBehind()
	case p.serves() && p.connections == 0:
		return false // until it is interrupted
	case p.connections > 0 && len(p.conns) >= p.connections && p.allClosed():
		return true
	}
	return p.player.done()
}

// leftBehind says whether the program has ended and left processes that still run, as one does
// that goes into the background. They are looked for now and then.
func (p *play) leftBehind() bool {
	if time.Since(p.looked) > lookEvery {
		p.looked = time.Now()
		left, err := p.cmd.Tree()
		p.left = len(left) > 0 || err != nil
	}
	return p.left
}

// lookEvery is how often.
const lookEvery = 50 * time.Millisecond

func (p *play) allClosed() bool {
	for _, c := range p.conns {
		if c.open() {
			return false
		}
	}
	return true
}

// turn takes in what has come on every connection.
func (p *play) turn() {
	p.keepWatch() // first: it takes a while, and what comes meanwhile is not left to wait
	p.accept()
	for _, c := range p.conns {
		c.turn()
		if c.open() && !c.bad && p.idle > 0 && time.Since(c.opened) > p.idle && c.counted == 0 && c.read == 0 {
			p.note(limited, c, nil, "--idle %v: nothing came, and the connection was closed", p.idle)
			c.close()
		}
	}
	p.player.turn()
}

// accept takes the connections that wait.
func (p *play) accept() {
	for p.listener != nil && p.listener.IsOpen() && p.listener.Queue() > 0 {
		if p.openConns() >= p.maxConnections {
			if !p.crowded {
				p.crowded = true
				p.note(limited, nil, nil, "--max-connections %d: the others wait", p.maxConnections)
			}
			return
		}
		e := p.listener.Accept()
		if e == nil {
			return
		}
		c := p.take(e)
		p.whose(c)
		if p.upstream.IsValid() {
			c.up = p.dial(c)
		}
		if c.mine {
			p.player.opened(c)
		}
	}
}

func (p *play) openConns() (n int) {
	for _, c := range p.conns {
		if c.open() {
			n++
		}
	}
	return n
}

// take makes a connection of a socket.
func (p *play) take(e *scenario.End) *conn {
	codec, _, err := protocol.New(p.protocol)
	p.t.Must(err) // was checked
	c := &conn{play: p, end: e, far: cmp.Or(e.Remote(), e.Peer()), codec: codec, opened: time.Now()}
	p.conns = append(p.conns, c)
	return c
}

// finish waits for the rest, and notes how it stands.
func (p *play) finish() {
	if p.cmd == nil {
		return
	}
	over := p.cmd.Ended()
	if !over {
		p.keptUp() // at once, as long as all that has come until now is taken in
	}
	p.watchHolders()
	if over {
		p.t.Await(tail, func() bool { p.turn(); return p.allClosed() && !p.outlived() })
		p.output.wait()
		p.fates()
	} else {
		p.fates()
		p.note(alive, nil, nil, "after %v", time.Since(p.began).Round(time.Millisecond))
		p.note(stopped, nil, nil, "by the peer, when nothing more was to be seen")
		p.cmd.Terminate()
		p.t.Await(farewell, p.cmd.Ended)
	}
	p.examine()
}

// keptUp notes if the peer is what the program waits for.
func (p *play) keptUp() {
	waiting := 0
	if p.listener != nil && p.listener.IsOpen() {
		waiting = p.listener.Queue()
	}
	for _, c := range p.conns {
		if c.mine && c.open() && !c.bad && !c.deaf && !c.fin && c.end.Unread() > 0 {
			waiting++
		}
	}
	if waiting > 0 && !p.crowded {
		p.note(limited, nil, nil, "the peer did not keep up: %s wait for it", count(waiting, "connection"))
	}
}
