package main

import "sockproof/lib/repro"

var program = repro.Program{
	Name: "halfclose", Summary: "TCP connections that end", Scenarios: []repro.Scenario{{Name: "none"}},
	Commands: []repro.Command{scanCommand()},
}
