// Package journal holds what the witnesses saw in one run, as numbered events
// on one clock. It is the only thing that is judged: producers append to it and
// know nothing of claims, judges and renderers read it and know nothing of
// sockets. It builds and works on every platform.
package journal

import (
	"encoding/json"
	"slices"
	"strings"
)

// Kind says what an event is about; the payload of that name is set.
type Kind string

// The kinds of event. Readers pass over the ones they do not know.
const (
	KindCall      Kind = "call"      // a system call, as the program made it
	KindPacket    Kind = "packet"    // a packet, where it left or entered a host
	KindState     Kind = "state"     // a witness saw a socket's state change
	KindSample    Kind = "sample"    // a witness read a socket's timer and queues
	KindDestroyed Kind = "destroyed" // the kernel told that it has destroyed a socket
	KindReset     Kind = "reset"     // the kernel sent or took a RST, and why
	KindProcess   Kind = "process"   // a child process began, ended or was signalled
	KindCounter   Kind = "counter"   // a kernel counter moved between start and end
	KindSetting   Kind = "setting"   // a kernel setting was changed for the run
	KindRule      Kind = "rule"      // a filter on the wire acted
	KindTable     Kind = "table"     // a witness listed the sockets of a host
	KindFold      Kind = "fold"      // many like events, counted instead of kept
	KindAnswer    Kind = "answer"    // what an application made of a request
	KindNote      Kind = "note"      // a remark by the scenario
)

// Event is one thing one witness saw. Exactly the payload named by Kind is set.
type Event struct {
	N      int    `json:"n"`                // unique in a document, rising in the order of recording
	Run    int    `json:"run"`              // the run it belongs to, from 1
	T      int64  `json:"t_ns"`             // when it was observed, nanoseconds since the run began (CLOCK_MONOTONIC)
	Host   string `json:"host,omitempty"`   // "a", "b"; empty where it concerns no single host
	Socket string `json:"socket,omitempty"` // "a1": the first socket of host a
	Kind   Kind   `json:"kind"`

	Call      *Call      `json:"call,omitempty"`
	Packet    *Packet    `json:"packet,omitempty"`
	State     *State     `json:"state,omitempty"`
	Sample    *Sample    `json:"sample,omitempty"`
	Destroyed *Destroyed `json:"destroyed,omitempty"`
	Reset     *Reset     `json:"reset,omitempty"`
	Process   *Process   `json:"process,omitempty"`
	Counter   *Counter   `json:"counter,omitempty"`
	Setting   *Setting   `json:"setting,omitempty"`
	Rule      *Rule      `json:"rule,omitempty"`
	Table     *Table     `json:"table,omitempty"`
	Fold      *Fold      `json:"fold,omitempty"`
	Answer    *Answer    `json:"answer,omitempty"`
	Note      *Note      `json:"note,omitempty"`

	// Unknown keeps, as it was read, the payload of a kind this version does
	// not know, so that a journal passes through without loss.
	Unknown json.RawMessage `json:"-"`
}

// payload is a kind, and whether an event has its payload.
type payload struct {
	kind  Kind
	there bool
}

// payloads are those of all kinds that this version knows.
func (e *Event) payloads() [14]payload {
	return [...]payload{
		{KindCall, e.Call != nil},
		{KindPacket, e.Packet != nil},
		{KindState, e.State != nil},
		{KindSample, e.Sample != nil},
		{KindDestroyed, e.Destroyed != nil},
		{KindReset, e.Reset != nil},
		{KindProcess, e.Process != nil},
		{KindCounter, e.Counter != nil},
		{KindSetting, e.Setting != nil},
		{KindRule, e.Rule != nil},
		{KindTable, e.Table != nil},
		{KindFold, e.Fold != nil},
		{KindAnswer, e.Answer != nil},
		{KindNote, e.Note != nil},
	}
}

// hasPayload says whether the payload that Kind names is there; a state has a witness too.
func (e *Event) hasPayload() bool {
	for _, p := range e.payloads() {
		if p.kind == e.Kind {
			return p.there && (e.State == nil || e.State.Witness != "")
		}
	}
	return len(e.Unknown) > 0
}

// hasSeveral says whether more than one payload is there.
func (e *Event) hasSeveral() bool {
	some := len(e.Unknown) > 0
	for _, p := range e.payloads() {
		if some && p.there {
			return true
		}
		some = some || p.there
	}
	return false
}

// isField says whether a kind's name is, in any case, for the decoder ignores
// it, one of the fields every event has, or of a payload this version knows.
func isField(kind string) bool {
	names := []string{"n", "run", "t_ns", "host", "socket", "kind"}
	for _, p := range (&Event{}).payloads() {
		names = append(names, string(p.kind))
	}
	return slices.ContainsFunc(names, func(f string) bool { return strings.EqualFold(f, kind) })
}
