package main

import "sockproof/lib/cli"

// program looks, and changes nothing.
var program = cli.Program{
	Name:     "sockscan",
	Summary:  "what this machine's TCP sockets suffer from, now",
	Alone:    &lookCommand,
	Commands: []cli.Command{explainCommand(), portCommand(), resetsCommand(), watchCommand()},
	Examples: []cli.Example{
		{Line: "sockscan", Does: "the stuck sockets of this machine: whose, how old, and whose bug it is"},
		{Line: "sockscan --every 5s", Does: "again each five seconds, and what grew"},
		{Line: "sockscan --fail-over 100", Does: "exit status 1 if more than a hundred are stuck, for monitoring"},
		{Line: "sockscan port 8080", Does: "is a server safe on this port? exit status 1: no"},
	},
}
