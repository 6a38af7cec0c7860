package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"
)

// commands are what the binaries without scenarios do, as cells. SELF is this program,
// which is badpeer's client and sockscan's patient.
var commands = []cell{
	{binary: "sockscan", scenario: "scan", net: "host", command: "--format json"},
	{binary: "sockscan", scenario: "every-kind", net: "host", slow: true, command: "--kind all --sockets --format json"},
	{binary: "sockscan", scenario: "port", net: "host", command: "port 8080 40000 --format json"},
	{binary: "sockscan", scenario: "resets", net: "host", slow: true, command: "resets --for 1s --format json"},
	{binary: "sockscan", scenario: "watch", net: "host", slow: true, command: "watch --stuck 200ms --for 1s --format jsonl"},
	{binary: "badpeer", scenario: "reset", net: "host", command: "reset --format json --output client.log --timeout 10s --evidence evidence -- SELF client {addr}"},
	{binary: "badpeer", scenario: "silent", net: "host", slow: true, command: "silent --format json --output client.log --timeout 10s --evidence evidence -- SELF client {addr}"},
	{binary: "badpeer", scenario: "late", net: "host", slow: true, command: "late --protocol line --format json --output client.log --timeout 10s --evidence evidence -- SELF client {addr}"},
	{binary: "badpeer", scenario: "refuse", net: "host", command: "refuse --format json --output client.log --timeout 10s --evidence evidence -- SELF client {addr}"},
	{binary: "badpeer", scenario: "cut", net: "host", slow: true, command: "cut --isolate --format json --output client.log --timeout 10s --evidence evidence -- SELF client {addr}"},
}

// clientCommand makes this program a client of badpeer's.
const clientCommand = "client"

// beClient asks twice on one connection, and gives up on what does not come.
func beClient(args []string, _ io.Writer) error {
	if len(args) != 2 {
		return fmt.Errorf("%s: want an address", clientCommand)
	}
	c, err := net.DialTimeout("tcp", args[1], clientPatience)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	for range 2 {
		if err := c.SetDeadline(time.Now().Add(clientPatience)); err != nil {
			return err
		}
		if _, err := io.WriteString(c, "hello\n"); err != nil {
			return err
		}
		if _, err := c.Read(make([]byte, 100)); err != nil {
			return err
		}
	}
	return nil
}

// clientPatience is for one reply.
const clientPatience = 300 * time.Millisecond

// checkedArgs are those of a checked run: whatever can write evidence does.
func (c cell) checkedArgs(self string) []string {
	if c.command == "" {
		return append(c.argsWithin(c.checkedBound()), "--evidence", evidenceName)
	}
	args := strings.Fields(c.command)
	for i, a := range args {
		if a == "SELF" {
			args[i] = self
		}
	}
	return args
}

// decodeFor reads what a cell's binary says. A command without scenarios becomes a run:
// its verdict is the outcome, and what it has found are findings.
func (c cell) decode(stdout []byte) (run, error) {
	switch c.binary {
	case "badpeer":
		return decodePeer(stdout)
	case "sockscan":
		return decodeScan(c.scenario, stdout)
	}
	return decode(stdout)
}

func decodePeer(b []byte) (run, error) {
	var r struct {
		Verdict string
		Runs    []struct{ Why string }
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return run{}, fmt.Errorf("read the report: %w", err)
	}
	if len(r.Runs) != 1 {
		return run{}, fmt.Errorf("the report has %d runs", len(r.Runs))
	}
	if r.Verdict == "undecided" {
		r.Verdict = undecided
	}
	return run{Outcome: r.Verdict, Why: r.Runs[0].Why}, nil
}

// scanKinds are the kinds of finding that the patient has, and some that it has not.
var scanKinds = []string{"self-connected", "accept-queue", "close-wait", "ports", "descriptors", "zero-window", "dead-peer", "closing", "fin-wait2", "orphan", "syn-queue"}

// scanReport is what is looked at of sockscan's reports.
type scanReport struct {
	Findings []struct{ Kind string }
	Unseen   []struct{ Kinds []string }
	Ports    []struct {
		Port   int
		AtRisk bool `json:"at_risk"`
	}
	Each *struct {
		Rsts       []struct{}
		NotWatched string `json:"not_watched"`
	}
}

func (r scanReport) found(kind string) bool {
	for _, f := range r.Findings {
		if f.Kind == kind {
			return true
		}
	}
	return false
}

// unseen says whether such a finding could not have been seen.
func (r scanReport) unseen(kind string) bool {
	for _, u := range r.Unseen {
		if slices.Contains(u.Kinds, kind) {
			return true
		}
	}
	return false
}

func decodeScan(scenario string, b []byte) (run, error) {
	var r scanReport
	found := run{Outcome: "looked"}
	say := func(what string, is, unknown bool) {
		f := finding{Claim: what, Verdict: "refuted"}
		switch {
		case is:
			f.Verdict = "confirmed"
		case unknown:
			f.Verdict = undecided
		}
		found.Findings = append(found.Findings, f)
	}
	if scenario == "watch" {
		say("stuck", strings.Contains(string(b), "CLOSE_WAIT"), len(b) == 0)
		return found, nil
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return run{}, fmt.Errorf("read the report: %w", err)
	}
	switch scenario {
	case "port":
		for _, p := range r.Ports {
			say(fmt.Sprintf("port %d at risk", p.Port), p.AtRisk, false)
		}
	case "resets":
		say("RSTs", r.Each != nil && len(r.Each.Rsts) > 0, r.Each == nil || r.Each.NotWatched != "")
	default:
		for _, kind := range scanKinds {
			say(kind, r.found(kind), r.unseen(kind))
		}
	}
	return found, nil
}
