package main

import "fmt"

// ruleKinds are the segments that a rule may be about. A rule can't count
// bytes of data: what is pushed has some, and the last of them.
var ruleKinds = []struct{ name, match string }{
	{"syn", "tcp flags & (fin|syn|rst|ack) == syn"},
	{"syn-ack", "tcp flags & (fin|syn|rst|ack) == syn|ack"},
	{"ack", "tcp flags & (fin|syn|rst|psh|ack) == ack"},
	{"data", "tcp flags & (syn|rst|psh) == psh"},
	{"fin", "tcp flags & fin == fin"},
	{"rst", "tcp flags & rst == rst"},
}

// rules is a ruleset with one rule at one hook, which counts what matches.
func rules(hook, match, action string) setup {
	return setup{Rules: fmt.Sprintf("table inet world { chain c { type filter hook %s priority 0; meta l4proto tcp %s counter %s; }; }\n", hook, match, action)}
}

// ruleWorlds drop and reject segments in the namespace's own firewall: behind
// what a capture sees, before the host has counted what arrives, and after it has
// counted what leaves. The sender's kernel is given an error for a segment that
// is refused on its way out.
func ruleWorlds() (all []world) {
	verdicts := []struct{ name, rule string }{
		{"drop", "drop"},
		{"drop-second", "numgen inc mod 2 == 0 drop"},
		{"reject", "reject"},
		{"reset", "reject with tcp reset"},
	}
	for _, kind := range ruleKinds {
		for _, hook := range []string{"input", "output"} {
			for _, v := range verdicts {
				name := "nft-" + hook + "-" + kind.name + "-" + v.name
				all = append(all, world{name: name, segment: kind.name, setup: rules(hook, kind.match, v.rule), share: 16})
			}
		}
	}
	return all
}

// mangledWorlds change segments, or deliver them twice.
func mangledWorlds() (all []world) {
	changes := []struct{ name, segment, match, action string }{
		{"window-0", "", "tcp flags & syn == 0", "tcp window set 0"},
		{"window-1", "", "tcp flags & syn == 0", "tcp window set 1"},
		{"window-top", "", "tcp flags & syn == 0", "tcp window set 65535"},
		{"syn-window-100", "syn", "tcp flags & syn == syn", "tcp window set 100"},
		{"mss-88", "syn", "tcp flags & syn == syn", "tcp option maxseg size set 88"},
		{"mss-536", "syn", "tcp flags & syn == syn", "tcp option maxseg size set 536"},
		{"sequence-1", "data", "tcp flags & (syn|psh) == psh", "tcp sequence set 1"},
		{"ack-1", "ack", "tcp flags & (syn|psh|rst|ack) == ack", "tcp ackseq set 1"},
		{"data-changed", "data", "tcp flags & (syn|psh) == psh", "@ih,0,8 set 0x21"},
		{"fin-hidden", "fin", "tcp flags & fin == fin", "tcp flags set ack"},
		{"syn-hidden", "syn-ack", "tcp flags & (syn|ack) == syn|ack", "tcp flags set ack"},
		{"rst-to-ack", "rst", "tcp flags & rst == rst", "tcp flags set ack"},
		{"ports", "data", "tcp flags & (syn|psh) == psh", "tcp dport set 9"},
		{"urgent", "data", "tcp flags & (syn|psh) == psh", "tcp urgptr set 1"},
	}
	for _, c := range changes {
		for _, hook := range []string{"input", "output"} {
			all = append(all, world{name: "mangle-" + hook + "-" + c.name, segment: c.segment, setup: rules(hook, c.match, c.action), share: 16})
		}
	}
	// The copy has a mark, and is not copied again. Only lo is there from the start.
	twice := setup{Rules: "table netdev world { chain c { type filter hook ingress device lo priority 0; meta mark 0 meta l4proto tcp counter meta mark set 1 dup to lo; }; }\n"}
	return append(all, world{name: "mangle-twice", nets: []string{"loopback", "host"}, setup: twice, share: 4})
}
