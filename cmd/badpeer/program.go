package main

import (
	"sockproof/lib/cli"
	"sockproof/lib/scenario"
)

// program runs other programs.
var program = cli.Program{
	Name:     "badpeer",
	Summary:  "run a program against a peer that misbehaves, and say whether it copes",
	Alone:    &noMode,
	Commands: commands(),
	Unlisted: scenarios(),
	Examples: []cli.Example{
		{Line: "badpeer reset -- ./client --addr {addr}", Does: "CMD is a client, and its server resets the connection"},
		{Line: "badpeer late --protocol http -- python3 client.py {url}", Does: "does it take a late reply for another request's?"},
		{Line: "badpeer half-close --server 3000 -- ./server 3000", Does: "CMD is a server, and its client half-closes"},
		{Line: "badpeer cut --upstream 5432 -- ./app --db {addr}", Does: "the peer stands before a real server, whatever it speaks"},
		{Line: "badpeer late --protocol resp --listen 6400", Does: "no CMD: serve until ^C, and report"},
	},
}

// noMode says that a mode is wanted.
var noMode = cli.Command{
	Usage:   "run a program against a peer that misbehaves, and say whether it copes",
	Exit:    exits,
	Accepts: []string{"version"},
	Do: func(*cli.Context) (int, error) {
		return cli.ExitUsage, cli.Usagef("no mode: want %s, or judge or verify; badpeer help MODE tells more", modesThat(func(*mode) bool { return true }))
	},
}

const exits = "0 the program met the peer and copes, 1 it does not, 2 bad usage, 3 it never met the peer, or it cannot be decided, or output lost"

func commands() (all []cli.Command) {
	for _, m := range modes {
		all = append(all, cli.Command{
			Name: m.name, Usage: m.usage, ArgsUsage: "[-- CMD ARGS ...]", Flags: commonFlags(m),
			Accepts: append([]string{"color", "4", "6", "quiet"}, cli.EvidenceFlags...), Exit: exits + ". It copes when " + m.copes,
			Do: func(c *cli.Context) (int, error) { return doMode(c, m) },
		})
	}
	return append(all, judgeCommand())
}

func scenarios() (all []scenario.Scenario) {
	for _, m := range modes {
		all = append(all, m.scenario(nil))
	}
	return all
}
