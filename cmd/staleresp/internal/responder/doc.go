// Package responder is a server for other people's clients, some of whose replies are
// late. It writes down each late reply, and what arrived next on its connection:
// whether the client went on over a connection that owed it a reply is seen from
// this end, and needs nobody's log.
//
// Every protocol is read through the same arrivals, parsed by a converse function of
// its own, and answered by the same stream.
//
// What it replies is a token of the request (package token), so that a client's
// log can be judged.
package responder
