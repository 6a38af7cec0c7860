package main

import (
	"fmt"
	"strconv"
	"strings"
)

// messageSize is the length of every request and every reply, in bytes: so a
// reader knows where one ends, and a reply can take another's place.
const messageSize = 32

// The words with which messages begin.
const (
	askWord   = "ask"
	replyWord = "reply"
)

// question is what a request asks and a reply answers: its number on the
// connection, which clients count, and whose it is. Number and name together name
// one request of a connection.
type question struct {
	number int
	user   string
}

func (q question) String() string { return strconv.Itoa(q.number) + " " + q.user }

// request is the request in the bytes that are sent.
func (q question) request() []byte { return message(askWord, q.String()) }

// reply is the reply in the bytes that are sent.
func (q question) reply(prize string) []byte { return message(replyWord, q.String()+": "+prize) }

// message pads a line to messageSize.
func message(word, rest string) []byte {
	return fmt.Appendf(nil, "%-*s\n", messageSize-1, word+" "+rest)
}

// parse reads whose message bytes are, one that begins with a word; ok: they are
// one.
func parse(b []byte, word string) (q question, rest string, ok bool) {
	if len(b) != messageSize {
		return q, "", false
	}
	f := strings.SplitN(strings.TrimRight(string(b), " \n"), " ", 3)
	if len(f) != 3 || f[0] != word {
		return q, "", false
	}
	n, err := strconv.Atoi(f[1])
	user, prize, _ := strings.Cut(f[2], ": ")
	return question{n, user}, prize, err == nil && user != ""
}

// said is a message without its padding, for a reader.
func said(b []byte) string { return strings.TrimRight(string(b), " \n") }
