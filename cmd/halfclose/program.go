package main

import (
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/repro"
)

var ab = []string{"a", "b"}

var todo = claim.Phenomenon{Check: func(j *journal.Journal) claim.Finding { return claim.Unclear("x") }}

// program is the phenomenon and the ways to bring it about.
var program = repro.Program{
	Name:    "halfclose",
	Summary: "shutdown versus close, and every way a connection ends",
	Scenarios: []repro.Scenario{
		{Name: "endings", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "four-way", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "three-way", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo, DelayedACK: true},
		{Name: "merged-data", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo, DelayedACK: true},
		{Name: "late-data", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "unread", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "unsent", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "truncated", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "shared", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "threads", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "epoll", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "shut-read", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "orphan", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "half-open", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "exit", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "kill", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "leak", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
		{Name: "time-wait", Networks: journal.Networks(), Hosts: ab, Phenomenon: todo},
	},
	Plays: plays,
}
