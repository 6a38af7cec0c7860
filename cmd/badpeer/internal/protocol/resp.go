package protocol

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/alicebob/miniredis/v2/server"
)

// respServer is RESP, the protocol of Redis, in its versions 2 and 3
// (https://redis.io/docs/latest/develop/reference/protocol-spec/). Where a command ends is
// found here, in bounded memory; the library reads its words, and writes the answers to
// what clients ask first.
type respServer struct {
	setup *server.Server
	out   bytes.Buffer
	to    *bufio.Writer
	peer  *server.Peer
}

func newRESPServer() *respServer {
	s := &respServer{setup: server.NewServerConn()}
	s.to = bufio.NewWriter(&s.out)
	s.peer = server.NewPeer(s.to)
	ok := func(p *server.Peer, _ string, _ []string) { p.WriteOK() }
	for name, do := range map[string]server.Cmd{
		"HELLO": hello, "PING": ping, "INFO": info, "CLIENT": ok, "AUTH": ok, "SELECT": ok, "READONLY": ok, "QUIT": ok,
		"COMMAND": func(p *server.Peer, _ string, _ []string) { p.WriteLen(0) },
	} {
		_ = s.setup.Register(name, do) // fails only if it is there already
	}
	return s
}

// redisVersion is what clients look at to see which commands they may use.
const redisVersion = "7.0.0"

// hello agrees on the version of the protocol.
func hello(p *server.Peer, _ string, args []string) {
	version := 2
	switch {
	case len(args) == 0 && p.Resp3:
		version = 3
	case len(args) == 0 || args[0] == "2":
	case args[0] == "3":
		version = 3
	default:
		p.WriteError("NOPROTO unsupported protocol version")
		return
	}
	p.Resp3 = version == 3
	p.Block(func(w *server.Writer) {
		w.WriteMapLen(3)
		w.WriteBulk("server")
		w.WriteBulk("badpeer")
		w.WriteBulk("version")
		w.WriteBulk(redisVersion)
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

// info is asked to see whether the server has loaded its data.
func info(p *server.Peer, _ string, _ []string) {
	p.WriteBulk("# Server\r\nredis_version:" + redisVersion + "\r\nloading:0\r\n")
}

func (s *respServer) Next(in []byte) (Request, int, error) {
	at := 0
	for { // a command without words is none
		switch n, empty, err := emptyCommand(in[at:]); {
		case err != nil:
			return Request{}, 0, err
		case empty:
			at += n
			continue
		}
		break
	}
	if string(in[at:]) == "\r" {
		return Request{}, 0, nil
	}
	n, err := respSize(in[at:], "*", "$")
	if err != nil || n == 0 {
		return Request{}, 0, err
	}
	words, err := respWords(in[at : at+n])
	if err != nil {
		return Request{}, 0, err
	}
	text := strings.Join(words, " ")
	r := Request{Text: []byte(text), Same: text, Kin: strings.Join(words[:min(2, len(words))], " ")}
	if s.setup.IsRegisteredCommand(words[0]) {
		r.Setup = s.answer(words)
		r.Last = strings.EqualFold(words[0], "QUIT")
	}
	return r, at + n, nil
}

// emptyCommand says whether an empty line or an array of no words is here.
func emptyCommand(in []byte) (n int, empty bool, err error) {
	for _, nothing := range []string{"\r\n", "*0\r\n"} {
		if bytes.HasPrefix(in, []byte(nothing)) {
			return len(nothing), true, nil
		}
	}
	if len(in) > 0 && in[0] != '*' && in[0] != '\r' {
		return 0, false, fmt.Errorf("%s: want an array of bulk strings, as *1 and $4 and PING", oneLine(string(in[:min(len(in), 40)])))
	}
	return 0, false, nil
}

// respWords are the words of a command that is whole.
func respWords(command []byte) (words []string, err error) {
	parsed, err := server.ParseReply(bufio.NewReader(bytes.NewReader(command)))
	if err != nil {
		return nil, fmt.Errorf("%s: want an array of bulk strings", oneLine(err.Error()))
	}
	all, _ := parsed.([]any)
	for _, word := range all {
		text, is := word.(string)
		if !is {
			return nil, errors.New("a word is null: want an array of bulk strings")
		}
		words = append(words, text)
	}
	if len(words) == 0 {
		return nil, errors.New("an array is null: want an array of bulk strings")
	}
	return words, nil
}

// answer is the answer to a command that is not counted.
func (s *respServer) answer(words []string) []byte {
	s.setup.Dispatch(s.peer, words)
	s.peer.Flush()
	_ = s.to.Flush() // a buffer in memory takes everything
	defer s.out.Reset()
	return bytes.Clone(s.out.Bytes())
}

func (s *respServer) Reply(_ Request, body string) []byte {
	return fmt.Appendf(nil, "$%d\r\n%s\r\n", len(body), body)
}

func (s *respServer) Cut(r Request, body string, how Cut) ([]byte, bool, error) {
	if how != CutLength {
		return nil, false, noCut("resp", how)
	}
	return half(s.Reply(r, body), body), true, nil
}

func (s *respServer) Refuse(err error) []byte {
	return []byte("-ERR Protocol error: " + err.Error() + "\r\n")
}
