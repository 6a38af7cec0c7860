package responder

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/alicebob/miniredis/v2/server"

	"sockproof/cmd/staleresp/internal/token"
)

// What a command may have.
const (
	maxWords = 1024
	maxWord  = 1 << 16 // bytes
	maxHead  = 32      // bytes of the line that announces how many words, or how long one is
)

// respServer answers, at once and uncounted, what clients ask before they ask what
// they are there for.
func respServer() *server.Server {
	s := server.NewServerConn()
	ok := func(p *server.Peer, _ string, _ []string) { p.WriteOK() }
	for name, do := range map[string]server.Cmd{"HELLO": hello, "PING": ping, "CLIENT": ok, "AUTH": ok, "SELECT": ok} {
		_ = s.Register(name, do) // fails only if it is there already
	}
	return s
}

// hello agrees on the version of the protocol.
func hello(p *server.Peer, _ string, args []string) {
	version := 2
	if len(args) > 0 {
		switch args[0] {
		case "2":
		case "3":
			version = 3
		default:
			p.WriteError("NOPROTO unsupported protocol version")
			return
		}
	}
	p.Resp3 = version == 3
	p.Block(func(w *server.Writer) {
		w.WriteMapLen(3)
		w.WriteBulk("server")
		w.WriteBulk("staleresp")
		w.WriteBulk("version")
		w.WriteBulk("7.0.0") // clients look which commands they may use
		w.WriteBulk("proto")
		w.WriteInt(version)
	})
}

func ping(p *server.Peer, _ string, args []string) {
	if len(args) > 0 {
		p.WriteBulk(args[0])
		return
	}
	p.WriteInline("PONG")
}

// converseRESP answers each command with its token, whatever it is.
func converseRESP(s *stream) {
	commands := respServer()
	to := bufio.NewWriter(s.conn)
	peer := server.NewPeer(to)
	reply := func(a *answer, write func()) pending {
		return pending{answer: a, write: func() error {
			write()
			peer.Flush()
			return to.Flush() // the peer tells no errors; the writer remembers them
		}}
	}
	for {
		words, err := readCommand(s.from)
		switch {
		case s.came.err != nil:
			return // what has no end is no command
		case err != nil:
			p := reply(nil, func() { peer.WriteError("ERR Protocol error: " + err.Error()) })
			p.last = true
			s.reply(p)
			return
		case len(words) == 0:
			s.skip(s.more())
			continue
		}
		var p pending
		if commands.IsRegisteredCommand(words[0]) {
			s.pass(s.more())
			p = reply(nil, func() { commands.Dispatch(peer, words) })
		} else {
			request := []byte(strings.Join(words, " "))
			p = reply(s.ask(request, s.more()), func() { peer.WriteBulk(token.Of(request).String()) })
		}
		if !s.reply(p) {
			return
		}
	}
}

// errProtocol is that a client does not speak the protocol.
var errProtocol = errors.New("want an array of bulk strings")

// readCommand reads a command, the words of which the library parses. That one
// believes any length it is told, so lengths are looked at first.
func readCommand(r *bufio.Reader) (words []string, err error) {
	n, err := announced(r, '*', maxWords)
	if err != nil {
		return nil, err
	}
	if _, err := r.ReadSlice('\n'); err != nil {
		return nil, err
	}
	for range n {
		if _, err := announced(r, '$', maxWord); err != nil {
			return nil, err
		}
		word, err := server.ParseReply(r)
		if err != nil {
			return nil, err
		}
		text, is := word.(string)
		if !is {
			return nil, errProtocol
		}
		words = append(words, text)
	}
	return words, nil
}

// announced looks at the next line, which announces a number: *3 or $12.
func announced(r *bufio.Reader, kind byte, most int) (int, error) {
	for size := 1; size <= maxHead; size++ {
		head, err := r.Peek(size)
		if err != nil {
			return 0, err
		}
		if head[0] != kind {
			return 0, errProtocol
		}
		digits, whole := bytes.CutSuffix(head[1:], []byte("\r\n"))
		if !whole {
			continue
		}
		n, err := strconv.Atoi(string(digits))
		if err != nil || n < 0 || n > most {
			return 0, fmt.Errorf("%w, %c from 0 to %d", errProtocol, kind, most)
		}
		return n, nil
	}
	return 0, errProtocol
}
